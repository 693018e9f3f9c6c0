// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <string.h>

#include "cfk_imaging.h"
#include "levels.h"

#pragma STDC FP_CONTRACT OFF

// Four neighbouring floats: one pixel and the first channel of the next, which the next store overwrites.
typedef float pixel __attribute__((vector_size(16)));
typedef int32_t bits4 __attribute__((vector_size(16)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));

// Room after each scratch row for the fourth lane of the last pixel.
enum { slack = 4 };

size_t cfk_resample_scratch(int32_t width, int32_t columns) {
    return 3 * ((size_t)width + (size_t)columns) + 2 * slack;
}

// Sums weighted rows. Weights of zero only fill an axis up to its taps, so their rows are left out.
always_inline void sum_rows(
    const uint8_t *source, size_t row_stride, size_t stride, int32_t first, const float *weights, int32_t taps,
    float *sums) {
    const uint8_t *rows[4];
    float row_weights[4];
    int32_t pending = 0;
    int is_first_pass = 1;
    for (int32_t k = 0; k < taps; k++) {
        if (weights[k] != 0) {
            rows[pending] = source + row_stride * (size_t)(first + k);
            row_weights[pending] = weights[k];
            pending++;
        }
        if (pending == 0 || (pending < 4 && k + 1 < taps)) continue;
        const uint8_t *a = rows[0], *b = rows[pending > 1 ? 1 : 0];
        const uint8_t *c = rows[pending > 2 ? 2 : 0], *d = rows[pending > 3 ? 3 : 0];
        const float wa = row_weights[0], wb = pending > 1 ? row_weights[1] : 0;
        const float wc = pending > 2 ? row_weights[2] : 0, wd = pending > 3 ? row_weights[3] : 0;
        if (!is_first_pass) {
            for (size_t i = 0; i < stride; i++) {
                sums[i] += ((float)a[i] * wa + (float)b[i] * wb) + ((float)c[i] * wc + (float)d[i] * wd);
            }
        } else if (pending > 2) {
            for (size_t i = 0; i < stride; i++) {
                sums[i] = ((float)a[i] * wa + (float)b[i] * wb) + ((float)c[i] * wc + (float)d[i] * wd);
            }
        } else if (pending > 1) {
            for (size_t i = 0; i < stride; i++) sums[i] = (float)a[i] * wa + (float)b[i] * wb;
        } else {
            for (size_t i = 0; i < stride; i++) sums[i] = (float)a[i] * wa;
        }
        is_first_pass = 0;
        pending = 0;
    }
    if (is_first_pass) memset(sums, 0, stride * sizeof(float));
}

always_inline pixel load(const float *values) {
    pixel result;
    memcpy(&result, values, sizeof result);
    return result;
}

// Where a row of sums goes: to floats, or rounded half to even to bytes.
typedef struct row_output {
    float *floats;
    uint8_t *bytes;
} row_output;

// Adding 1.5 * 2^23 leaves the rounded value in the low bits. Negative weights make sums that overshoot; a comparison
// gives all bits where it holds. The fourth byte is the next pixel's and is written again by it.
always_inline bytes4 rounded(pixel sum) {
    const pixel white = {255, 255, 255, 255};
    const bits4 too_large = sum > white;
    sum = (pixel)(((bits4)sum & ~too_large & (sum > 0)) | ((bits4)white & too_large));
    return __builtin_convertvector((bits4)(sum + 12582912.0f), bytes4);
}

always_inline void store(row_output output, int32_t x, int32_t count, pixel sum) {
    if (output.floats) {
        memcpy(output.floats + 3 * (size_t)x, &sum, sizeof sum);
        return;
    }
    const bytes4 bytes = rounded(sum);
    memcpy(output.bytes + 3 * (size_t)x, &bytes, x + 1 < count ? 4 : 3);
}

always_inline pixel weigh(const float *from, const float *weights, int32_t taps) {
    switch (taps) {
        case 1:
            return load(from) * weights[0];
        case 2:
            return load(from) * weights[0] + load(from + 3) * weights[1];
        case 3:
            return load(from) * weights[0] + load(from + 3) * weights[1] + load(from + 6) * weights[2];
        default: {
            pixel even = {0, 0, 0, 0}, odd = {0, 0, 0, 0};
            int32_t k = 0;
            for (; k + 1 < taps; k += 2) {
                even += load(from + 3 * k) * weights[k];
                odd += load(from + 3 * k + 3) * weights[k + 1];
            }
            return k < taps ? even + load(from + 3 * k) * weights[k] + odd : even + odd;
        }
    }
}

always_inline void sum_taps(const float *sums, cfk_axis columns, int32_t taps, row_output output) {
    const int32_t count = columns.count;
    for (int32_t x = 0; x + 1 < count; x++) {
        const float *from = sums + 3 * (size_t)columns.first[x], *weights = columns.weights + (size_t)taps * (size_t)x;
        store(output, x, INT32_MAX, weigh(from, weights, taps));
    }
    const int32_t x = count - 1;
    const float *from = sums + 3 * (size_t)columns.first[x], *weights = columns.weights + (size_t)taps * (size_t)x;
    store(output, x, count, weigh(from, weights, taps));
}

// The loop is compiled apart for the small numbers of taps that occur most.
always_inline void sum_columns(const float *sums, cfk_axis columns, row_output output) {
    switch (columns.taps) {
        case 1: return sum_taps(sums, columns, 1, output);
        case 2: return sum_taps(sums, columns, 2, output);
        case 3: return sum_taps(sums, columns, 3, output);
        default: return sum_taps(sums, columns, columns.taps, output);
    }
}

always_inline void resample_rgb(
    const uint8_t *source, size_t row_stride, int32_t width, cfk_axis columns, cfk_axis rows, float *scratch,
    uint8_t *output) {
    const size_t stride = 3 * (size_t)width, output_stride = 3 * (size_t)columns.count;
    memset(scratch + stride, 0, slack * sizeof(float));
    for (int32_t y = 0; y < rows.count; y++) {
        const float *weights = rows.weights + (size_t)rows.taps * (size_t)y;
        sum_rows(source, row_stride, stride, rows.first[y], weights, rows.taps, scratch);
        const row_output to = {NULL, output + output_stride * (size_t)y};
        sum_columns(scratch, columns, to);
    }
}

always_inline void resample_planes(
    const uint8_t *source, size_t row_stride, int32_t width, cfk_axis columns, cfk_axis rows,
    const int32_t *order, const float *mean, const float *scale, float *scratch, float *output) {
    const size_t stride = 3 * (size_t)width, plane = (size_t)columns.count * (size_t)rows.count;
    float *sums = scratch, *row = scratch + stride + slack;
    memset(sums + stride, 0, slack * sizeof(float));
    for (int32_t y = 0; y < rows.count; y++) {
        const float *weights = rows.weights + (size_t)rows.taps * (size_t)y;
        sum_rows(source, row_stride, stride, rows.first[y], weights, rows.taps, sums);
        const row_output to = {row, NULL};
        sum_columns(sums, columns, to);
        for (int32_t channel = 0; channel < 3; channel++) {
            const float *from = row + order[channel];
            float *to = output + plane * (size_t)channel + (size_t)columns.count * (size_t)y;
            for (int32_t x = 0; x < columns.count; x++) to[x] = (from[3 * x] - mean[channel]) * scale[channel];
        }
    }
}

always_inline void halve_rgb(const uint8_t *source, int32_t width, int32_t height, uint8_t *output) {
    const size_t stride = 6 * (size_t)width;
    for (int32_t y = 0; y < height; y++) {
        const uint8_t *a = source + 2 * stride * (size_t)y, *b = a + stride;
        uint8_t *to = output + 3 * (size_t)width * (size_t)y;
        for (int32_t x = 0; x < width; x++) {
            for (int32_t c = 0; c < 3; c++) {
                to[3 * x + c] = (uint8_t)((a[6 * x + c] + a[6 * x + 3 + c] + b[6 * x + c] + b[6 * x + 3 + c] + 2) >> 2);
            }
        }
    }
}

levels(
    cfk_resample_rgb, resample_rgb,
    (const uint8_t *source, size_t row_stride, int32_t width, cfk_axis columns, cfk_axis rows, float *scratch,
     uint8_t *output),
    (source, row_stride, width, columns, rows, scratch, output))

levels(
    cfk_resample_planes, resample_planes,
    (const uint8_t *source, size_t row_stride, int32_t width, cfk_axis columns, cfk_axis rows,
     const int32_t *order, const float *mean, const float *scale, float *scratch, float *output),
    (source, row_stride, width, columns, rows, order, mean, scale, scratch, output))

levels(
    cfk_halve_rgb, halve_rgb, (const uint8_t *source, int32_t width, int32_t height, uint8_t *output),
    (source, width, height, output))
