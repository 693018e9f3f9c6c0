// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <math.h>
#include <string.h>

#include "cfk_imaging.h"
#include "levels.h"

#pragma STDC FP_CONTRACT OFF

typedef float lanes __attribute__((vector_size(16)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));

// The pixel at `from` in floats; reads one byte more than the pixel has.
always_inline lanes load(const uint8_t *from) {
    bytes4 bytes;
    memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, lanes);
}

always_inline lanes load_or_zero(
    const uint8_t *source, int32_t width, int32_t height, int32_t x, int32_t y) {
    lanes result = {0, 0, 0, 0};
    if (x < 0 || y < 0 || x >= width || y >= height) return result;
    const uint8_t *from = source + 3 * ((size_t)y * (size_t)width + (size_t)x);
    result[0] = from[0];
    result[1] = from[1];
    result[2] = from[2];
    return result;
}

always_inline void warp_rgb(
    const uint8_t *source, int32_t width, int32_t height, const double *matrix, int32_t output_width,
    int32_t output_height, uint8_t *output) {
    const size_t stride = 3 * (size_t)width;
    const int is_affine = matrix[6] == 0 && matrix[7] == 0;
    const double common = is_affine ? 1 / matrix[8] : 1;
    for (int32_t y = 0; y < output_height; y++) {
        const double row_x = matrix[1] * y + matrix[2], row_y = matrix[4] * y + matrix[5];
        const double row_w = matrix[7] * y + matrix[8];
        uint8_t *to = output + 3 * (size_t)output_width * (size_t)y;
        for (int32_t x = 0; x < output_width; x++, to += 3) {
            const double divisor = is_affine ? common : 1 / (matrix[6] * x + row_w);
            const double from_x = (matrix[0] * x + row_x) * divisor, from_y = (matrix[3] * x + row_y) * divisor;
            // The comparison also sends NaN and what no integer holds to the border.
            if (!(from_x > -1 && from_x < width && from_y > -1 && from_y < height)) {
                to[0] = to[1] = to[2] = 0;
                continue;
            }
            // Shifted to be positive, so that truncation is floor.
            const int32_t left = (int32_t)(from_x + 1) - 1, top = (int32_t)(from_y + 1) - 1;
            const float right_weight = (float)(from_x - left), bottom_weight = (float)(from_y - top);
            lanes a, b, c, d;
            if (left >= 0 && top >= 0 && left + 2 < width && top + 1 < height) {
                const uint8_t *from = source + stride * (size_t)top + 3 * (size_t)left;
                a = load(from);
                b = load(from + 3);
                c = load(from + stride);
                d = load(from + stride + 3);
            } else {
                a = load_or_zero(source, width, height, left, top);
                b = load_or_zero(source, width, height, left + 1, top);
                c = load_or_zero(source, width, height, left, top + 1);
                d = load_or_zero(source, width, height, left + 1, top + 1);
            }
            const lanes upper = a + (b - a) * right_weight, lower = c + (d - c) * right_weight;
            const lanes value = upper + (lower - upper) * bottom_weight + 0.5f;
            to[0] = (uint8_t)value[0];
            to[1] = (uint8_t)value[1];
            to[2] = (uint8_t)value[2];
        }
    }
}

levels(
    cfk_warp_rgb, warp_rgb,
    (const uint8_t *source, int32_t width, int32_t height, const double *matrix, int32_t output_width,
     int32_t output_height, uint8_t *output),
    (source, width, height, matrix, output_width, output_height, output))
