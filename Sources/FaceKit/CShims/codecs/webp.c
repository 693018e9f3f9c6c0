// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <stdlib.h>
#include <string.h>

#include "cfk_codecs.h"
#include "report.h"

#ifdef CFK_MORE_PICTURES

#include <webp/decode.h>
#include <webp/encode.h>

static cfk_codec_status decoding_failure(VP8StatusCode code, cfk_codec_message *message) {
    switch (code) {
        case VP8_STATUS_NOT_ENOUGH_DATA:
            return report(message, cfk_codec_truncated, "The data end before the picture does");
        case VP8_STATUS_OUT_OF_MEMORY:
            return report(message, cfk_codec_out_of_memory, "No memory for a WebP reader");
        case VP8_STATUS_UNSUPPORTED_FEATURE:
            return report(message, cfk_codec_unsupported, "Unsupported feature");
        default:
            return report(message, cfk_codec_damaged, "Bit stream error");
    }
}

cfk_codec_status cfk_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, size_t row_stride, uint8_t *pixels,
    cfk_codec_message *message) {
    message->text[0] = 0;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) return report(message, cfk_codec_unsupported, "The libwebp loaded is too old");
    VP8StatusCode code = WebPGetFeatures(bytes, count, &config.input);
    if (code != VP8_STATUS_OK) return decoding_failure(code, message);
    if (config.input.has_animation || (uint32_t)config.input.width != width ||
        (uint32_t)config.input.height != height || row_stride > INT32_MAX) {
        return report(message, cfk_codec_damaged, "The size differs from the header's");
    }
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)row_stride;
    config.output.u.RGBA.size = row_stride * (height - 1) + (size_t)width * 3;
    code = WebPDecode(bytes, count, &config);
    WebPFreeDecBuffer(&config.output);
    return code == VP8_STATUS_OK ? cfk_codec_ok : decoding_failure(code, message);
}

typedef struct growing_destination {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
} growing_destination;

static int append(const uint8_t *bytes, size_t count, const WebPPicture *picture) {
    growing_destination *destination = picture->custom_ptr;
    if (count > destination->capacity - destination->count) {
        size_t capacity = destination->capacity * 2;
        if (capacity < destination->count + count) capacity = destination->count + count;
        uint8_t *grown = realloc(destination->bytes, capacity);
        if (grown == NULL) return 0;
        destination->bytes = grown;
        destination->capacity = capacity;
    }
    memcpy(destination->bytes + destination->count, bytes, count);
    destination->count += count;
    return 1;
}

cfk_codec_status cfk_webp_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, cfk_encoded *encoded,
    cfk_codec_message *message) {
    encoded->bytes = NULL;
    encoded->count = 0;
    message->text[0] = 0;
    WebPConfig config;
    WebPPicture picture;
    if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, (float)quality) || !WebPPictureInit(&picture)) {
        return report(message, cfk_codec_unsupported, "The libwebp loaded is too old");
    }
    growing_destination destination = {NULL, 0, 0};
    picture.width = (int)width;
    picture.height = (int)height;
    picture.writer = append;
    picture.custom_ptr = &destination;
    const int is_whole =
        WebPPictureImportRGB(&picture, pixels, (int)(width * 3)) && WebPEncode(&config, &picture);
    const WebPEncodingError error = picture.error_code;
    WebPPictureFree(&picture);
    if (is_whole) {
        encoded->bytes = destination.bytes;
        encoded->count = destination.count;
        return cfk_codec_ok;
    }
    free(destination.bytes);
    switch (error) {
        case VP8_ENC_ERROR_OUT_OF_MEMORY:
        case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
        case VP8_ENC_ERROR_BAD_WRITE:
        case VP8_ENC_ERROR_FILE_TOO_BIG:
        case VP8_ENC_ERROR_PARTITION_OVERFLOW:
        case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
            return report(message, cfk_codec_out_of_memory, "No room for the encoded picture");
        default:
            return report(message, cfk_codec_unsupported, "The encoder refuses the picture");
    }
}

#else

cfk_codec_status cfk_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, size_t row_stride, uint8_t *pixels,
    cfk_codec_message *message) {
    (void)bytes, (void)count, (void)width, (void)height, (void)row_stride, (void)pixels;
    return report(message, cfk_codec_unsupported, "This build has no libwebp");
}

cfk_codec_status cfk_webp_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, cfk_encoded *encoded,
    cfk_codec_message *message) {
    (void)pixels, (void)width, (void)height, (void)quality;
    encoded->bytes = NULL;
    encoded->count = 0;
    return report(message, cfk_codec_unsupported, "This build has no libwebp");
}

#endif
