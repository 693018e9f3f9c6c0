// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfk_codecs.h"
#include "report.h"

#ifdef CFK_MORE_PICTURES
#include <tiffio.h>
#endif

// Only since this version can messages and memory be handled per file instead of for the whole process.
#if defined(CFK_MORE_PICTURES) && TIFFLIB_VERSION >= 20221213

typedef struct tiff_job {
    const uint8_t *bytes;
    uint64_t count;
    uint64_t position;
    cfk_codec_message *message;
    bool ended;  // libtiff asked for bytes beyond the end
} tiff_job;

static tmsize_t read_bytes(thandle_t handle, void *bytes, tmsize_t count) {
    tiff_job *job = handle;
    const uint64_t left = job->position < job->count ? job->count - job->position : 0;
    uint64_t given = count < 0 ? 0 : (uint64_t)count;
    if (given > left) {
        job->ended = true;
        given = left;
    }
    if (given > 0) memcpy(bytes, job->bytes + job->position, given);
    job->position += given;
    return (tmsize_t)given;
}

static tmsize_t write_nothing(thandle_t handle, void *bytes, tmsize_t count) {
    (void)handle, (void)bytes, (void)count;
    return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    tiff_job *job = handle;
    const uint64_t base = whence == SEEK_CUR ? job->position : whence == SEEK_END ? job->count : 0;
    job->position = base + offset;
    return job->position;
}

static toff_t size_of(thandle_t handle) { return ((tiff_job *)handle)->count; }

static int close_nothing(thandle_t handle) {
    (void)handle;
    return 0;
}

// The first message is the cause, those after it are consequences.
static int keep_error(TIFF *tiff, void *context, const char *module, const char *format, va_list arguments) {
    (void)tiff, (void)module;
    cfk_codec_message *message = ((tiff_job *)context)->message;
    if (message->text[0] == 0) vsnprintf(message->text, sizeof message->text, format, arguments);
    return 1;
}

static int drop_warning(TIFF *tiff, void *context, const char *module, const char *format, va_list arguments) {
    (void)tiff, (void)context, (void)module, (void)format, (void)arguments;
    return 1;
}

static cfk_codec_status failure(const tiff_job *job, const char *text) {
    if (job->message->text[0] == 0) report(job->message, cfk_codec_damaged, text);
    return job->ended ? cfk_codec_truncated : cfk_codec_damaged;
}

// What photographs are stored with; the rest is rare, and in part decoded by code that few have looked at.
static bool is_known_compression(uint16_t compression) {
    switch (compression) {
        case COMPRESSION_NONE:
        case COMPRESSION_CCITTRLE:
        case COMPRESSION_CCITTFAX3:
        case COMPRESSION_CCITTFAX4:
        case COMPRESSION_CCITTRLEW:
        case COMPRESSION_LZW:
        case COMPRESSION_JPEG:
        case COMPRESSION_ADOBE_DEFLATE:
        case COMPRESSION_DEFLATE:
        case COMPRESSION_PACKBITS:
        case COMPRESSION_LZMA:
        case COMPRESSION_ZSTD:
        case COMPRESSION_WEBP:
            return true;
        default:
            return false;
    }
}

// libtiff multiplies colours with an alpha that they are independent of. Told that they have been multiplied already,
// it leaves them as stored. Returns whether they had been.
static bool keep_stored_colors(TIFF *tiff) {
    uint16_t count = 0, *kinds = NULL;
    if (!TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) || count == 0) return false;
    const bool is_multiplied = kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    uint16_t changed[16] = {EXTRASAMPLE_ASSOCALPHA};
    if (count <= 16) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, (int)count, changed);
    return is_multiplied;
}

static void store_row(const uint32_t *raster, uint32_t width, bool is_multiplied, uint8_t *row) {
    for (uint32_t x = 0; x < width; x++) {
        const uint32_t pixel = raster[x];
        row[3 * x] = (uint8_t)TIFFGetR(pixel);
        row[3 * x + 1] = (uint8_t)TIFFGetG(pixel);
        row[3 * x + 2] = (uint8_t)TIFFGetB(pixel);
    }
    if (!is_multiplied) return;
    for (uint32_t x = 0; x < width; x++) {
        const uint32_t alpha = TIFFGetA(raster[x]);
        if (alpha == 0 || alpha == 255) continue;
        for (uint32_t c = 0; c < 3; c++) {
            const uint32_t level = row[3 * x + c] * 255u / alpha;
            row[3 * x + c] = (uint8_t)(level < 255 ? level : 255);
        }
    }
}

// Decodes bands of whole strips or tiles, so that only a band is held twice.
static cfk_codec_status decode_bands(
    TIFF *tiff, const tiff_job *job, TIFFRGBAImage *image, bool is_multiplied, uint8_t *pixels) {
    const uint32_t width = image->width, height = image->height;
    uint32_t unit = 0;
    if (TIFFIsTiled(tiff)) {
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &unit);
    } else {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &unit);
    }
    if (unit == 0 || unit > height) unit = height;
    const uint32_t wanted = 64;
    uint32_t band = unit >= wanted ? unit : unit * (wanted / unit);
    if (band > height) band = height;
    uint32_t *raster = malloc((size_t)width * band * sizeof *raster);
    if (raster == NULL) return report(job->message, cfk_codec_out_of_memory, "No memory for a band of rows");
    cfk_codec_status status = cfk_codec_ok;
    for (uint32_t y = 0; y < height && status == cfk_codec_ok; y += band) {
        const uint32_t rows = height - y < band ? height - y : band;
        image->row_offset = (int)y;
        image->col_offset = 0;
        if (!TIFFRGBAImageGet(image, raster, width, rows)) {
            status = failure(job, "The pixels cannot be read");
            break;
        }
        for (uint32_t row = 0; row < rows; row++) {
            store_row(
                raster + (size_t)row * width, width, is_multiplied, pixels + 3 * (size_t)width * (y + row));
        }
    }
    free(raster);
    return status;
}

static cfk_codec_status decode(TIFF *tiff, const tiff_job *job, uint32_t width, uint32_t height, uint8_t *pixels) {
    char text[1024] = "";
    uint32_t columns = 0, rows = 0;
    uint16_t compression = COMPRESSION_NONE;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &columns);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &rows);
    if (columns != width || rows != height) {
        return report(job->message, cfk_codec_damaged, "The size differs from the header's");
    }
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    if (!is_known_compression(compression) || !TIFFIsCODECConfigured(compression)) {
        snprintf(job->message->text, sizeof job->message->text, "Compression %u", compression);
        return cfk_codec_unsupported;
    }
    const bool is_multiplied = keep_stored_colors(tiff);
    if (!TIFFRGBAImageOK(tiff, text)) return report(job->message, cfk_codec_unsupported, text);
    TIFFRGBAImage image;
    if (!TIFFRGBAImageBegin(&image, tiff, 1, text)) return failure(job, text);
    image.req_orientation = image.orientation;
    const cfk_codec_status status = decode_bands(tiff, job, &image, is_multiplied, pixels);
    TIFFRGBAImageEnd(&image);
    return status;
}

cfk_codec_status cfk_tiff_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, cfk_codec_message *message) {
    tiff_job job = {bytes, count, 0, message, false};
    message->text[0] = 0;
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL) return report(message, cfk_codec_out_of_memory, "No memory for a TIFF reader");
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_error, &job);
    TIFFOpenOptionsSetWarningHandlerExtR(options, drop_warning, &job);
    // A tile may be larger than the picture and a pixel have more samples than it shows, but not without end.
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)((uint64_t)width * height * 16 + ((uint64_t)64 << 20)));
    // "m": no mapping, so that every access passes `read_bytes`.
    TIFF *tiff = TIFFClientOpenExt(
        "picture", "rm", &job, read_bytes, write_nothing, seek, close_nothing, size_of, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    if (tiff == NULL) return failure(&job, "The directory cannot be read");
    const cfk_codec_status status = decode(tiff, &job, width, height, pixels);
    TIFFClose(tiff);
    return status;
}

#else

cfk_codec_status cfk_tiff_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, cfk_codec_message *message) {
    (void)bytes, (void)count, (void)width, (void)height, (void)pixels;
    return report(message, cfk_codec_unsupported, "This build has no libtiff, or one older than 4.5");
}

#endif
