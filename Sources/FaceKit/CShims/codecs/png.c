// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "cfk_codecs.h"

// Z_RLE of zlib.h, which is not needed for anything else.
enum { zlib_run_lengths = 3 };

// Everything one call owns; libpng hands it back through its error and data pointers. It lives in the caller of the
// function that calls setjmp, where it survives longjmp.
typedef struct png_job {
    jmp_buf escape;
    cfk_codec_message *message;
    cfk_codec_status status;
    png_structp codec;
    png_infop info;
    png_bytep *rows;
    const uint8_t *source;
    size_t source_left;
    uint8_t *output;
    size_t output_count;
    size_t output_capacity;
} png_job;

static void leave(png_job *job, cfk_codec_status status, const char *text) {
    job->status = status;
    snprintf(job->message->text, sizeof job->message->text, "%s", text);
    longjmp(job->escape, 1);
}

static void fail(png_structp codec, png_const_charp text) { leave(png_get_error_ptr(codec), cfk_codec_damaged, text); }

static void ignore_warning(png_structp codec, png_const_charp text) {
    (void)codec;
    (void)text;
}

static void read_bytes(png_structp codec, png_bytep bytes, size_t count) {
    png_job *job = png_get_io_ptr(codec);
    if (count > job->source_left) leave(job, cfk_codec_truncated, "The data end before the picture does");
    memcpy(bytes, job->source, count);
    job->source += count;
    job->source_left -= count;
}

static void write_bytes(png_structp codec, png_bytep bytes, size_t count) {
    png_job *job = png_get_io_ptr(codec);
    if (count > job->output_capacity - job->output_count) {
        size_t capacity = job->output_capacity * 2;
        if (capacity - job->output_count < count) capacity = job->output_count + count;
        uint8_t *output = realloc(job->output, capacity);
        if (output == NULL) leave(job, cfk_codec_out_of_memory, "No memory for the encoded picture");
        job->output = output;
        job->output_capacity = capacity;
    }
    memcpy(job->output + job->output_count, bytes, count);
    job->output_count += count;
}

static void flush_nothing(png_structp codec) { (void)codec; }

static void read_picture(png_job *job, uint32_t width, uint32_t height, uint8_t *pixels) {
    png_structp codec = job->codec;
    png_set_read_fn(codec, job, read_bytes);
    png_set_user_limits(codec, width, height);
    // Colour profiles, texts and the like are never used here; unread, they cannot do harm either.
    png_set_keep_unknown_chunks(codec, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(codec, job->info);
    if (png_get_image_width(codec, job->info) != width || png_get_image_height(codec, job->info) != height) {
        leave(job, cfk_codec_damaged, "The size differs from the header's");
    }
    png_set_expand(codec);
    png_set_strip_16(codec);
    png_set_gray_to_rgb(codec);
    png_set_strip_alpha(codec);
    png_set_interlace_handling(codec);
    png_read_update_info(codec, job->info);
    const size_t stride = (size_t)width * 3;
    if (png_get_rowbytes(codec, job->info) != stride) leave(job, cfk_codec_unsupported, "Rows do not become RGB");
    job->rows = malloc(sizeof(png_bytep) * height);
    if (job->rows == NULL) leave(job, cfk_codec_out_of_memory, "No memory for row pointers");
    for (uint32_t y = 0; y < height; y++) job->rows[y] = pixels + stride * y;
    png_read_image(codec, job->rows);
}

static void decode(png_job *job, uint32_t width, uint32_t height, uint8_t *pixels) {
    if (setjmp(job->escape)) return;
    job->codec = png_create_read_struct(PNG_LIBPNG_VER_STRING, job, fail, ignore_warning);
    job->info = job->codec == NULL ? NULL : png_create_info_struct(job->codec);
    if (job->info == NULL) leave(job, cfk_codec_out_of_memory, "No memory for a PNG reader");
    read_picture(job, width, height, pixels);
}

cfk_codec_status cfk_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, cfk_codec_message *message) {
    png_job job;
    memset(&job, 0, sizeof job);
    job.message = message;
    job.source = bytes;
    job.source_left = count;
    message->text[0] = 0;
    decode(&job, width, height, pixels);
    png_destroy_read_struct(&job.codec, &job.info, NULL);
    free(job.rows);
    return job.status;
}

static void write_picture(png_job *job, const uint8_t *pixels, uint32_t width, uint32_t height) {
    png_structp codec = job->codec;
    png_set_write_fn(codec, job, write_bytes, flush_nothing);
    png_set_user_limits(codec, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(
        codec, job->info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    // Prediction by Paeth's filter, then run lengths and Huffman codes only: for photographs about the size of zlib's
    // middle levels in less than half of their time.
    png_set_filter(codec, PNG_FILTER_TYPE_BASE, PNG_FILTER_PAETH);
    png_set_compression_strategy(codec, zlib_run_lengths);
    png_write_info(codec, job->info);
    for (uint32_t y = 0; y < height; y++) png_write_row(codec, pixels + (size_t)y * width * 3);
    png_write_end(codec, NULL);
}

static void encode(png_job *job, const uint8_t *pixels, uint32_t width, uint32_t height) {
    if (setjmp(job->escape)) return;
    job->output_capacity = 65536;
    job->output = malloc(job->output_capacity);
    if (job->output == NULL) leave(job, cfk_codec_out_of_memory, "No memory for the encoded picture");
    job->codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, job, fail, ignore_warning);
    job->info = job->codec == NULL ? NULL : png_create_info_struct(job->codec);
    if (job->info == NULL) leave(job, cfk_codec_out_of_memory, "No memory for a PNG writer");
    write_picture(job, pixels, width, height);
}

cfk_codec_status cfk_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, cfk_encoded *encoded,
    cfk_codec_message *message) {
    png_job job;
    memset(&job, 0, sizeof job);
    job.message = message;
    message->text[0] = 0;
    encode(&job, pixels, width, height);
    png_destroy_write_struct(&job.codec, &job.info);
    if (job.status != cfk_codec_ok) free(job.output);
    encoded->bytes = job.status == cfk_codec_ok ? job.output : NULL;
    encoded->count = job.status == cfk_codec_ok ? job.output_count : 0;
    return job.status;
}
