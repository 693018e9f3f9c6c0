// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <string.h>

#include "cfk_imaging.h"
#include "levels.h"

#pragma STDC FP_CONTRACT OFF

typedef float lanes __attribute__((vector_size(16)));
typedef int32_t integers __attribute__((vector_size(16)));
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

// Where a run of output pixels comes from: the pixel up and left, and how far beyond it.
enum { run_length = 64 };
typedef struct positions {
    int32_t left[run_length];
    int32_t top[run_length];
    float right_weight[run_length];
    float bottom_weight[run_length];
} positions;

// Splits a coordinate into pixel and fraction. What lies far outside, or is no number, goes to just outside, where all
// is 0. Shifted to be positive, so that truncation is floor.
always_inline void split(double coordinate, double limit, int32_t *pixel, float *fraction) {
    coordinate = coordinate > -2 ? coordinate : -2;
    coordinate = coordinate < limit ? coordinate : limit;
    *pixel = (int32_t)(coordinate + 2) - 2;
    *fraction = (float)(coordinate - *pixel);
}

always_inline void locate(
    const double *matrix, int32_t first, int32_t y, int32_t width, int32_t height, positions *run) {
    const double row_x = matrix[1] * y + matrix[2], row_y = matrix[4] * y + matrix[5];
    const double row_w = matrix[7] * y + matrix[8];
    if (matrix[6] == 0 && matrix[7] == 0 && matrix[8] == 1) {
        for (int32_t i = 0; i < run_length; i++) {
            const double x = first + i;
            split(matrix[0] * x + row_x, width, &run->left[i], &run->right_weight[i]);
            split(matrix[3] * x + row_y, height, &run->top[i], &run->bottom_weight[i]);
        }
    } else {
        for (int32_t i = 0; i < run_length; i++) {
            const double x = first + i, divisor = 1 / (matrix[6] * x + row_w);
            split((matrix[0] * x + row_x) * divisor, width, &run->left[i], &run->right_weight[i]);
            split((matrix[3] * x + row_y) * divisor, height, &run->top[i], &run->bottom_weight[i]);
        }
    }
}

always_inline bytes4 sample(
    const uint8_t *source, int32_t width, int32_t height, const positions *run, int32_t i) {
    const size_t stride = 3 * (size_t)width;
    const int32_t left = run->left[i], top = run->top[i];
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
    const lanes upper = a + (b - a) * run->right_weight[i], lower = c + (d - c) * run->right_weight[i];
    const lanes value = upper + (lower - upper) * run->bottom_weight[i] + 0.5f;
    return __builtin_convertvector(__builtin_convertvector(value, integers), bytes4);
}

always_inline void warp_rgb(
    const uint8_t *source, int32_t width, int32_t height, const double *matrix, int32_t output_width,
    int32_t output_height, uint8_t *output) {
    positions run;
    for (int32_t y = 0; y < output_height; y++) {
        uint8_t *row = output + 3 * (size_t)output_width * (size_t)y;
        for (int32_t first = 0; first < output_width; first += run_length) {
            locate(matrix, first, y, width, height, &run);
            const int32_t left = output_width - first, count = left < run_length ? left : run_length;
            for (int32_t i = 0; i < count; i++) {
                const bytes4 bytes = sample(source, width, height, &run, i);
                // The fourth byte is the next pixel's, which is written later; a row's last pixel has no next one.
                memcpy(row + 3 * (size_t)(first + i), &bytes, first + i + 1 < output_width ? 4 : 3);
            }
        }
    }
}

levels(
    cfk_warp_rgb, warp_rgb,
    (const uint8_t *source, int32_t width, int32_t height, const double *matrix, int32_t output_width,
     int32_t output_height, uint8_t *output),
    (source, width, height, matrix, output_width, output_height, output))
