// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "cfk_codecs.h"
#include "cfk_threads.h"
#include "report.h"

// More scans than any encoder writes; without a limit, a small progressive file can keep the decoder busy for hours.
enum { maximum_scans = 256 };

// Error handling shared by both directions. libjpeg passes its error manager back, which is this struct's first member.
typedef struct failure_handler {
    struct jpeg_error_mgr manager;
    jmp_buf escape;
    cfk_codec_message *message;
    bool missed_data;  // entropy-coded data ended before a block was complete
} failure_handler;

static void fail(j_common_ptr codec) {
    failure_handler *handler = (failure_handler *)codec->err;
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    snprintf(handler->message->text, sizeof handler->message->text, "%s", text);
    longjmp(handler->escape, 1);
}

static void note_warning(j_common_ptr codec, int level) {
    if (level < 0 && codec->err->msg_code == JWRN_HIT_MARKER) {
        ((failure_handler *)codec->err)->missed_data = true;
    }
}

static void print_nothing(j_common_ptr codec) { (void)codec; }

static void install(failure_handler *handler, cfk_codec_message *message) {
    memset(handler, 0, sizeof *handler);
    jpeg_std_error(&handler->manager);
    handler->manager.error_exit = fail;
    handler->manager.emit_message = note_warning;
    handler->manager.output_message = print_nothing;
    handler->message = message;
    message->text[0] = 0;
}

static cfk_codec_status status_of(int code) {
    switch (code) {
        case JERR_OUT_OF_MEMORY:
            return cfk_codec_out_of_memory;
        case JERR_BAD_PRECISION:
        case JERR_ARITH_NOTIMPL:
        case JERR_NOT_COMPILED:
        case JERR_SOF_UNSUPPORTED:
        case JERR_CONVERSION_NOTIMPL:
        case JERR_CCIR601_NOTIMPL:
        case JERR_FRACT_SAMPLE_NOTIMPL:
            return cfk_codec_unsupported;
        default:
            return cfk_codec_damaged;
    }
}

// A source over bytes in memory. libjpeg's own warns about a missing end marker even when no pixel needed it, so this
// one only remembers that the data ended; whether pixels were missing shows in `missed_data`.
typedef struct memory_source {
    struct jpeg_source_mgr manager;
    bool ended;
} memory_source;

static const JOCTET end_marker[2] = {0xFF, JPEG_EOI};

static void begin_source(j_decompress_ptr decoder) { (void)decoder; }

static boolean supply_end(j_decompress_ptr decoder) {
    memory_source *source = (memory_source *)decoder->src;
    source->ended = true;
    source->manager.next_input_byte = end_marker;
    source->manager.bytes_in_buffer = sizeof end_marker;
    return TRUE;
}

static void skip(j_decompress_ptr decoder, long count) {
    struct jpeg_source_mgr *source = decoder->src;
    if (count <= 0) return;
    if ((size_t)count > source->bytes_in_buffer) {
        supply_end(decoder);
        return;
    }
    source->next_input_byte += count;
    source->bytes_in_buffer -= (size_t)count;
}

static void end_source(j_decompress_ptr decoder) { (void)decoder; }

static void watch_scans(j_common_ptr codec) {
    j_decompress_ptr decoder = (j_decompress_ptr)codec;
    if (codec->is_decompressor && decoder->input_scan_number > maximum_scans) {
        failure_handler *handler = (failure_handler *)codec->err;
        snprintf(handler->message->text, sizeof handler->message->text, "More than %d scans", maximum_scans);
        codec->err->msg_code = JERR_BAD_PROGRESSION;
        longjmp(handler->escape, 1);
    }
}

// Turns one row of inverted CMYK into RGB: each ink's light times black's, over 255 and rounded.
static void rgb_from_inverted_cmyk(const uint8_t *cmyk, uint8_t *rgb, uint32_t width) {
    for (uint32_t x = 0; x < width; x++) {
        const unsigned black = cmyk[4 * x + 3];
        for (int ink = 0; ink < 3; ink++) {
            const unsigned product = cmyk[4 * x + ink] * black + 128;
            rgb[3 * x + ink] = (uint8_t)((product + (product >> 8)) >> 8);
        }
    }
}

static cfk_codec_status decode_rows(
    j_decompress_ptr decoder, uint32_t denominator, uint32_t width, uint32_t height, uint8_t *pixels,
    int32_t *rows_there, uint8_t **cmyk_row, cfk_codec_message *message) {
    const memory_source *source = (const memory_source *)decoder->src;
    const failure_handler *handler = (const failure_handler *)decoder->err;
    if (jpeg_read_header(decoder, FALSE) != JPEG_HEADER_OK) {
        return report(message, source->ended ? cfk_codec_truncated : cfk_codec_damaged, "No picture before the end");
    }
    const bool is_cmyk = decoder->jpeg_color_space == JCS_CMYK || decoder->jpeg_color_space == JCS_YCCK;
    decoder->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
    decoder->scale_num = 1;
    decoder->scale_denom = denominator;
    jpeg_calc_output_dimensions(decoder);
    if (decoder->output_width != width || decoder->output_height != height) {
        snprintf(
            message->text, sizeof message->text, "Frame of %ux%u where the header said %ux%u", decoder->output_width,
            decoder->output_height, width, height);
        return cfk_codec_damaged;
    }
    // Scans that follow one another all count, so with several of them a missing end means missing detail.
    const bool needs_end = jpeg_has_multiple_scans(decoder);
    jpeg_start_decompress(decoder);
    if (needs_end && source->ended) {
        return report(message, cfk_codec_truncated, "The data end before the last scan");
    }
    if (is_cmyk) {
        *cmyk_row = malloc((size_t)width * 4);
        if (*cmyk_row == NULL) return report(message, cfk_codec_out_of_memory, "No memory for a row");
    }
    const size_t stride = (size_t)width * 3;
    while (decoder->output_scanline < height) {
        uint8_t *row = pixels + stride * decoder->output_scanline;
        if (is_cmyk) {
            JSAMPROW rows[1] = {*cmyk_row};
            jpeg_read_scanlines(decoder, rows, 1);
            rgb_from_inverted_cmyk(*cmyk_row, row, width);
        } else {
            enum { batch = 8 };
            JSAMPROW rows[batch];
            const uint32_t left = height - decoder->output_scanline;
            const uint32_t wanted = left < batch ? left : batch;
            for (uint32_t i = 0; i < wanted; i++) rows[i] = row + stride * i;
            jpeg_read_scanlines(decoder, rows, wanted);
        }
        if (source->ended && handler->missed_data) {
            snprintf(
                message->text, sizeof message->text, "The data end in row %u of %u", decoder->output_scanline, height);
            return cfk_codec_truncated;
        }
        if (rows_there) cfk_set_rows_there(rows_there, (int32_t)decoder->output_scanline);
    }
    return cfk_codec_ok;
}

// What a decoding call owns. It lives in the caller of the function that calls setjmp, where it survives longjmp.
typedef struct decoding_job {
    struct jpeg_decompress_struct decoder;
    failure_handler handler;
    memory_source source;
    struct jpeg_progress_mgr progress;
    uint8_t *cmyk_row;
} decoding_job;

static cfk_codec_status decode(
    decoding_job *job, uint32_t denominator, uint32_t width, uint32_t height, uint8_t *pixels, int32_t *rows_there) {
    if (setjmp(job->handler.escape)) {
        const cfk_codec_status status = status_of(job->handler.manager.msg_code);
        return status == cfk_codec_damaged && job->source.ended ? cfk_codec_truncated : status;
    }
    jpeg_create_decompress(&job->decoder);
    job->decoder.src = &job->source.manager;
    job->decoder.progress = &job->progress;
    return decode_rows(
        &job->decoder, denominator, width, height, pixels, rows_there, &job->cmyk_row, job->handler.message);
}

cfk_codec_status cfk_jpeg_decode(
    const uint8_t *bytes, size_t count, uint32_t scale_denominator, uint32_t width, uint32_t height, uint8_t *pixels,
    int32_t *rows_there, cfk_codec_message *message) {
    decoding_job job;
    memset(&job, 0, sizeof job);
    install(&job.handler, message);
    job.decoder.err = &job.handler.manager;
    job.source.manager.next_input_byte = bytes;
    job.source.manager.bytes_in_buffer = count;
    job.source.manager.init_source = begin_source;
    job.source.manager.fill_input_buffer = supply_end;
    job.source.manager.skip_input_data = skip;
    job.source.manager.resync_to_restart = jpeg_resync_to_restart;
    job.source.manager.term_source = end_source;
    job.progress.progress_monitor = watch_scans;
    const cfk_codec_status status = decode(&job, scale_denominator, width, height, pixels, rows_there);
    jpeg_destroy_decompress(&job.decoder);
    free(job.cmyk_row);
    return status;
}

// A destination that grows. libjpeg's own frees the buffer that its caller still points to when growing fails.
typedef struct growing_destination {
    struct jpeg_destination_mgr manager;
    uint8_t *bytes;
    size_t capacity;
} growing_destination;

static void grow(j_compress_ptr encoder, size_t capacity) {
    growing_destination *destination = (growing_destination *)encoder->dest;
    uint8_t *bytes = realloc(destination->bytes, capacity);
    if (bytes == NULL) ERREXIT1(encoder, JERR_OUT_OF_MEMORY, 0);
    destination->manager.next_output_byte = bytes + destination->capacity;
    destination->manager.free_in_buffer = capacity - destination->capacity;
    destination->bytes = bytes;
    destination->capacity = capacity;
}

static void begin_destination(j_compress_ptr encoder) { grow(encoder, 65536); }

static boolean double_destination(j_compress_ptr encoder) {
    grow(encoder, ((growing_destination *)encoder->dest)->capacity * 2);
    return TRUE;
}

static void end_destination(j_compress_ptr encoder) { (void)encoder; }

typedef struct encoding_job {
    struct jpeg_compress_struct encoder;
    failure_handler handler;
    growing_destination destination;
} encoding_job;

static cfk_codec_status encode(
    encoding_job *job, const uint8_t *pixels, uint32_t width, uint32_t height, int quality) {
    struct jpeg_compress_struct *encoder = &job->encoder;
    if (setjmp(job->handler.escape)) return status_of(job->handler.manager.msg_code);
    jpeg_create_compress(encoder);
    encoder->dest = &job->destination.manager;
    encoder->image_width = width;
    encoder->image_height = height;
    encoder->input_components = 3;
    encoder->in_color_space = JCS_RGB;
    jpeg_set_defaults(encoder);
    jpeg_set_quality(encoder, quality, TRUE);
    jpeg_start_compress(encoder, TRUE);
    while (encoder->next_scanline < height) {
        JSAMPROW row[1] = {(JSAMPROW)(pixels + (size_t)encoder->next_scanline * width * 3)};
        jpeg_write_scanlines(encoder, row, 1);
    }
    jpeg_finish_compress(encoder);
    return cfk_codec_ok;
}

cfk_codec_status cfk_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, cfk_encoded *encoded,
    cfk_codec_message *message) {
    encoding_job job;
    memset(&job, 0, sizeof job);
    install(&job.handler, message);
    job.encoder.err = &job.handler.manager;
    job.destination.manager.init_destination = begin_destination;
    job.destination.manager.empty_output_buffer = double_destination;
    job.destination.manager.term_destination = end_destination;
    const cfk_codec_status status = encode(&job, pixels, width, height, quality);
    jpeg_destroy_compress(&job.encoder);
    const bool is_whole = status == cfk_codec_ok;
    if (!is_whole) free(job.destination.bytes);
    encoded->bytes = is_whole ? job.destination.bytes : NULL;
    encoded->count = is_whole ? job.destination.capacity - job.destination.manager.free_in_buffer : 0;
    return status;
}
