// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_IMAGING_H
#define CFK_IMAGING_H

#include <stddef.h>
#include <stdint.h>

// Inner loops over pixels. All of them take sizes that the caller has checked against its buffers, and give the same
// bits on every processor: no fused multiply-add, no reordering.

/// One axis of a separable resampling: output `i` is the sum over `k` of `weights[i * taps + k]` times input
/// `first[i] + k`. Every `first[i]` is at least 0 and `first[i] + taps` at most the input's extent.
typedef struct cfk_axis {
    const int32_t *_Nonnull first;
    const float *_Nonnull weights;
    int32_t taps;
    int32_t count;
} cfk_axis;

/// Floats of scratch memory that the two resamplers need for an input of `width` columns and an output of `columns`.
size_t cfk_resample_scratch(int32_t width, int32_t columns);

/// Resamples interleaved 8-bit RGB to 8-bit RGB, rounding half to even. `source` is the first pixel of the region used,
/// `width` its columns and `row_stride` the bytes from one row to the next.
void cfk_resample_rgb(
    const uint8_t *_Nonnull source, size_t row_stride, int32_t width, cfk_axis columns, cfk_axis rows,
    float *_Nonnull scratch, uint8_t *_Nonnull output);

/// Resamples interleaved 8-bit RGB to planes of `(value - mean) * scale`; plane `i` holds channel `order[i]`.
void cfk_resample_planes(
    const uint8_t *_Nonnull source, size_t row_stride, int32_t width, cfk_axis columns, cfk_axis rows,
    const int32_t *_Nonnull order, const float *_Nonnull mean, const float *_Nonnull scale, float *_Nonnull scratch,
    float *_Nonnull output);

/// Averages blocks of 2x2 pixels, rounding half up; `width` and `height` are the output's.
void cfk_halve_rgb(const uint8_t *_Nonnull source, int32_t width, int32_t height, uint8_t *_Nonnull output);

/// Writes planes of `(value - mean) * scale` for 8-bit RGB, each `padded_width * padded_height` floats; plane `i` holds
/// channel `order[i]` and `padding[i]` right of and below the picture.
void cfk_planes(
    const uint8_t *_Nonnull source, int32_t width, int32_t height, const int32_t *_Nonnull order,
    const float *_Nonnull mean, const float *_Nonnull scale, const float *_Nonnull padding, int32_t padded_width,
    int32_t padded_height, float *_Nonnull output);

/// Samples 8-bit RGB bilinearly at `(m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5])`, divided by
/// `m[6] x + m[7] y + m[8]`, for every pixel (x, y) of the output; all that lies outside counts as 0.
void cfk_warp_rgb(
    const uint8_t *_Nonnull source, int32_t width, int32_t height, const double *_Nonnull matrix,
    int32_t output_width, int32_t output_height, uint8_t *_Nonnull output);

/// Brightness of 8-bit RGB by the weights of ITU-R BT.601, 15-bit fixed point, rounded.
void cfk_gray(const uint8_t *_Nonnull source, size_t count, uint8_t *_Nonnull output);

/// Sums the responses, and their squares, of the 4-neighbour Laplacian over 8-bit gray, mirrored at the edges without
/// repeating the edge itself.
void cfk_laplacian_sums(
    const uint8_t *_Nonnull gray, int32_t width, int32_t height, int64_t *_Nonnull sum, int64_t *_Nonnull squares);

#endif
