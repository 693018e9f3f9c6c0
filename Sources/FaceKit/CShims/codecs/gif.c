// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cfk_codecs.h"
#include "report.h"

#ifdef CFK_MORE_PICTURES

#include <gif_lib.h>

typedef struct memory_source {
    const uint8_t *bytes;
    size_t left;
    bool ended;
} memory_source;

// At the very end a single byte is given as 0, an empty data block: pictures whose pixels are all there but whose
// closing bytes are missing then decode, while a picture that still needs pixels fails with `ended` set.
static int read_bytes(GifFileType *gif, GifByteType *bytes, int count) {
    memory_source *source = gif->UserData;
    if (source->left == 0 && count == 1) {
        source->ended = true;
        *bytes = 0;
        return 1;
    }
    size_t given = count < 0 ? 0 : (size_t)count;
    if (given > source->left) {
        source->ended = true;
        given = source->left;
    }
    memcpy(bytes, source->bytes, given);
    source->bytes += given;
    source->left -= given;
    return (int)given;
}

static cfk_codec_status failure(const memory_source *source, int error, cfk_codec_message *message) {
    if (error == D_GIF_ERR_NOT_ENOUGH_MEM) return report(message, cfk_codec_out_of_memory, "No memory for a GIF reader");
    const char *text = GifErrorString(error);
    // An end code before the last pixel is the encoder's way of stopping short.
    const bool is_short = source->ended || error == D_GIF_ERR_EOF_TOO_SOON;
    return report(message, is_short ? cfk_codec_truncated : cfk_codec_damaged, text ? text : "No picture");
}

// The 256 colours of the indices: a local or global table, black beyond its end; gray levels where there is no table.
static void fill_palette(const GifFileType *gif, uint8_t palette[256][3]) {
    const ColorMapObject *map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
    for (int i = 0; i < 256; i++) {
        if (map == NULL) {
            memset(palette[i], i, 3);
        } else if (i < map->ColorCount) {
            palette[i][0] = map->Colors[i].Red;
            palette[i][1] = map->Colors[i].Green;
            palette[i][2] = map->Colors[i].Blue;
        } else {
            memset(palette[i], 0, 3);
        }
    }
}

// Moves to the first image descriptor; `transparent` becomes the index of its graphic control extension, or -1.
static cfk_codec_status find_image(
    GifFileType *gif, const memory_source *source, int *transparent, cfk_codec_message *message) {
    *transparent = -1;
    for (;;) {
        GifRecordType type;
        if (DGifGetRecordType(gif, &type) == GIF_ERROR) return failure(source, gif->Error, message);
        if (type == IMAGE_DESC_RECORD_TYPE) {
            if (DGifGetImageDesc(gif) == GIF_ERROR) return failure(source, gif->Error, message);
            return cfk_codec_ok;
        }
        if (type != EXTENSION_RECORD_TYPE) return report(message, cfk_codec_damaged, "No picture before the end");
        int code;
        GifByteType *block;
        if (DGifGetExtension(gif, &code, &block) == GIF_ERROR) return failure(source, gif->Error, message);
        // Length, flags, delay (two bytes), transparent index.
        if (code == GRAPHICS_EXT_FUNC_CODE && block != NULL && block[0] >= 4 && (block[1] & 1)) *transparent = block[4];
        while (block != NULL) {
            if (DGifGetExtensionNext(gif, &block) == GIF_ERROR) return failure(source, gif->Error, message);
        }
    }
}

static cfk_codec_status decode_rows(
    GifFileType *gif, const memory_source *source, uint32_t width, int transparent, uint8_t *indices, uint8_t *pixels,
    uint32_t height, cfk_codec_message *message) {
    static const uint32_t starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    uint8_t palette[256][3];
    fill_palette(gif, palette);
    const uint32_t left = (uint32_t)gif->Image.Left, top = (uint32_t)gif->Image.Top;
    const uint32_t columns = (uint32_t)gif->Image.Width, rows = (uint32_t)gif->Image.Height;
    if (columns != width || rows != height) {
        const uint8_t *around = palette[transparent < 0 ? 0 : transparent];
        for (size_t i = 0; i < (size_t)width * height; i++) memcpy(pixels + 3 * i, around, 3);
    }
    const bool is_interlaced = gif->Image.Interlace;
    for (int pass = 0; pass < (is_interlaced ? 4 : 1); pass++) {
        for (uint32_t y = is_interlaced ? starts[pass] : 0; y < rows; y += is_interlaced ? steps[pass] : 1) {
            if (DGifGetLine(gif, indices, (int)columns) == GIF_ERROR) return failure(source, gif->Error, message);
            uint8_t *row = pixels + 3 * ((size_t)(top + y) * width + left);
            for (uint32_t x = 0; x < columns; x++) memcpy(row + 3 * x, palette[indices[x]], 3);
        }
    }
    return cfk_codec_ok;
}

cfk_codec_status cfk_gif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, cfk_codec_message *message) {
    memory_source source = {bytes, count, false};
    int error = 0;
    message->text[0] = 0;
    GifFileType *gif = DGifOpen(&source, read_bytes, &error);
    if (gif == NULL) return failure(&source, error, message);
    int transparent;
    uint8_t *indices = NULL;
    cfk_codec_status status = find_image(gif, &source, &transparent, message);
    if (status == cfk_codec_ok) {
        const GifImageDesc *image = &gif->Image;
        if (image->Left < 0 || image->Top < 0 || image->Width <= 0 || image->Height <= 0 ||
            (uint64_t)image->Left + (uint64_t)image->Width > width ||
            (uint64_t)image->Top + (uint64_t)image->Height > height) {
            status = report(message, cfk_codec_damaged, "The first frame differs from the header's");
        } else if ((indices = malloc((size_t)image->Width)) == NULL) {
            status = report(message, cfk_codec_out_of_memory, "No memory for a row");
        } else {
            status = decode_rows(gif, &source, width, transparent, indices, pixels, height, message);
        }
    }
    free(indices);
    DGifCloseFile(gif, &error);
    return status;
}

#else

cfk_codec_status cfk_gif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, cfk_codec_message *message) {
    (void)bytes, (void)count, (void)width, (void)height, (void)pixels;
    return report(message, cfk_codec_unsupported, "This build has no giflib");
}

#endif
