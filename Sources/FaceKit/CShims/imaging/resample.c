// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <string.h>

#include "cfk_imaging.h"
#include "levels.h"

#pragma STDC FP_CONTRACT OFF

// Four neighbouring floats: one pixel and the first channel of the next, which the next store overwrites.
typedef float pixel __attribute__((vector_size(16), aligned(4)));

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

always_inline void store(float *values, pixel sum) { memcpy(values, &sum, sizeof sum); }

always_inline void sum_columns(const float *sums, cfk_axis columns, float *output) {
    const float *weights = columns.weights;
    const int32_t taps = columns.taps;
    if (taps == 1) {
        for (int32_t x = 0; x < columns.count; x++) {
            store(output + 3 * (size_t)x, load(sums + 3 * (size_t)columns.first[x]) * weights[x]);
        }
    } else if (taps == 2) {
        for (int32_t x = 0; x < columns.count; x++) {
            const float *from = sums + 3 * (size_t)columns.first[x];
            store(output + 3 * (size_t)x, load(from) * weights[2 * x] + load(from + 3) * weights[2 * x + 1]);
        }
    } else if (taps == 3) {
        for (int32_t x = 0; x < columns.count; x++) {
            const float *from = sums + 3 * (size_t)columns.first[x], *w = weights + 3 * (size_t)x;
            store(output + 3 * (size_t)x, load(from) * w[0] + load(from + 3) * w[1] + load(from + 6) * w[2]);
        }
    } else {
        for (int32_t x = 0; x < columns.count; x++) {
            const float *from = sums + 3 * (size_t)columns.first[x], *w = weights + (size_t)taps * (size_t)x;
            pixel even = {0, 0, 0, 0}, odd = {0, 0, 0, 0};
            int32_t k = 0;
            for (; k + 1 < taps; k += 2) {
                even += load(from + 3 * k) * w[k];
                odd += load(from + 3 * k + 3) * w[k + 1];
            }
            if (k < taps) even += load(from + 3 * k) * w[k];
            store(output + 3 * (size_t)x, even + odd);
        }
    }
}

// Adding 1.5 * 2^23 leaves the value, rounded half to even, in the low bits.
always_inline void round_to_bytes(const float *values, size_t count, uint8_t *bytes) {
    for (size_t i = 0; i < count; i++) {
        const float shifted = values[i] + 12582912.0f;
        int32_t bits;
        memcpy(&bits, &shifted, sizeof bits);
        bits -= 0x4B400000;
        bytes[i] = (uint8_t)(bits < 0 ? 0 : bits > 255 ? 255 : bits);
    }
}

always_inline void resample_rgb(
    const uint8_t *source, size_t row_stride, int32_t width, cfk_axis columns, cfk_axis rows, float *scratch,
    uint8_t *output) {
    const size_t stride = 3 * (size_t)width, output_stride = 3 * (size_t)columns.count;
    float *sums = scratch, *row = scratch + stride + slack;
    memset(sums + stride, 0, slack * sizeof(float));
    for (int32_t y = 0; y < rows.count; y++) {
        const float *weights = rows.weights + (size_t)rows.taps * (size_t)y;
        sum_rows(source, row_stride, stride, rows.first[y], weights, rows.taps, sums);
        sum_columns(sums, columns, row);
        round_to_bytes(row, output_stride, output + output_stride * (size_t)y);
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
        sum_columns(sums, columns, row);
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
