// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_CODECS_H
#define CFK_CODECS_H

#include <stddef.h>
#include <stdint.h>

// Decoding and encoding of pictures. No function here keeps state between calls, prints or ends the process. Those for
// GIF, TIFF and WebP give `cfk_codec_unsupported` in a build without their libraries.

/// What a codec call came to.
enum __attribute__((enum_extensibility(closed))) cfk_codec_status {
    cfk_codec_ok = 0,
    /// The data are damaged or contradict what the caller read from their header.
    cfk_codec_damaged = 1,
    /// The data end before the picture does.
    cfk_codec_truncated = 2,
    /// A kind of picture that the underlying library was built without.
    cfk_codec_unsupported = 3,
    /// Memory ran out.
    cfk_codec_out_of_memory = 4,
};
typedef enum cfk_codec_status cfk_codec_status;

/// The library's own sentence about a failure; empty, or ended by a zero byte.
typedef struct cfk_codec_message {
    char text[240];
} cfk_codec_message;

/// Bytes that an encoder made; freed by `cfk_encoded_free`.
typedef struct cfk_encoded {
    uint8_t *_Nullable bytes;
    size_t count;
} cfk_encoded;

/// Decodes a JPEG to 8-bit RGB, `width * height * 3` bytes from the top-left corner.
///
/// `scale_denominator` is 1, 2, 4 or 8; `width` and `height` are the JPEG's own divided by it and rounded up, and
/// anything else in the data is `cfk_codec_damaged`. CMYK is taken as inverted (Adobe's habit) whatever its markers
/// say, and converted without a colour profile. Where `rows_there` is not NULL, it is set to the number of rows that are
/// there as they come, by atomic stores that release them.
cfk_codec_status cfk_jpeg_decode(
    const uint8_t *_Nonnull bytes, size_t count, uint32_t scale_denominator, uint32_t width, uint32_t height,
    uint8_t *_Nonnull pixels, int32_t *_Nullable rows_there, cfk_codec_message *_Nonnull message);

/// Encodes 8-bit RGB as a baseline JPEG with chroma at half resolution; `quality` is 1...100, sides at most 65500.
cfk_codec_status cfk_jpeg_encode(
    const uint8_t *_Nonnull pixels, uint32_t width, uint32_t height, int quality, cfk_encoded *_Nonnull encoded,
    cfk_codec_message *_Nonnull message);

/// Decodes a PNG of any kind to 8-bit RGB, `width * height * 3` bytes from the top-left corner.
///
/// Alpha is dropped, 16-bit samples keep their high byte. `width` and `height` must be those of the PNG's header.
cfk_codec_status cfk_png_decode(
    const uint8_t *_Nonnull bytes, size_t count, uint32_t width, uint32_t height, uint8_t *_Nonnull pixels,
    cfk_codec_message *_Nonnull message);

/// Encodes 8-bit RGB as a PNG.
cfk_codec_status cfk_png_encode(
    const uint8_t *_Nonnull pixels, uint32_t width, uint32_t height, cfk_encoded *_Nonnull encoded,
    cfk_codec_message *_Nonnull message);

/// Decodes the first frame of a GIF to 8-bit RGB, `width * height * 3` bytes from the top-left corner.
///
/// `width` and `height` are the screen's, extended to hold the first frame. Around the frame lies the colour of its
/// transparent index, else of index 0; transparent pixels show the colour of their index.
cfk_codec_status cfk_gif_decode(
    const uint8_t *_Nonnull bytes, size_t count, uint32_t width, uint32_t height, uint8_t *_Nonnull pixels,
    cfk_codec_message *_Nonnull message);

/// Decodes the first page of a TIFF to 8-bit RGB, `width * height * 3` bytes in the order of storage.
///
/// Samples of 16 bits are rounded to 8, premultiplied colours are divided by their alpha, alpha is dropped and CMYK is
/// converted without a colour profile. `width` and `height` must be those of the first directory.
cfk_codec_status cfk_tiff_decode(
    const uint8_t *_Nonnull bytes, size_t count, uint32_t width, uint32_t height, uint8_t *_Nonnull pixels,
    cfk_codec_message *_Nonnull message);

/// Decodes a still WebP, or the chunks of one frame, to 8-bit RGB at `pixels`, with `row_stride` bytes from one row to
/// the next. Alpha is dropped. `width` and `height` must be those in the data.
cfk_codec_status cfk_webp_decode(
    const uint8_t *_Nonnull bytes, size_t count, uint32_t width, uint32_t height, size_t row_stride,
    uint8_t *_Nonnull pixels, cfk_codec_message *_Nonnull message);

/// Encodes 8-bit RGB as a lossy WebP; `quality` is 0...100, sides at most 16383.
cfk_codec_status cfk_webp_encode(
    const uint8_t *_Nonnull pixels, uint32_t width, uint32_t height, int quality, cfk_encoded *_Nonnull encoded,
    cfk_codec_message *_Nonnull message);

/// Frees what an encoder made; harmless on an empty result.
void cfk_encoded_free(cfk_encoded *_Nonnull encoded);

#endif
