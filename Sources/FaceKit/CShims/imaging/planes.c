// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <string.h>

#include "cfk_imaging.h"
#include "levels.h"

#pragma STDC FP_CONTRACT OFF

always_inline void planes(
    const uint8_t *source, int32_t width, int32_t height, const int32_t *order, const float *mean, const float *scale,
    const float *padding, int32_t padded_width, int32_t padded_height, float *output) {
    const size_t stride = 3 * (size_t)width, plane = (size_t)padded_width * (size_t)padded_height;
    for (int32_t channel = 0; channel < 3; channel++) {
        const float subtracted = mean[channel], factor = scale[channel], empty = padding[channel];
        for (int32_t y = 0; y < padded_height; y++) {
            float *to = output + plane * (size_t)channel + (size_t)padded_width * (size_t)y;
            int32_t x = 0;
            if (y < height) {
                const uint8_t *from = source + stride * (size_t)y + order[channel];
                for (; x < width; x++) to[x] = ((float)from[3 * (size_t)x] - subtracted) * factor;
            }
            for (; x < padded_width; x++) to[x] = empty;
        }
    }
}

levels(
    cfk_planes, planes,
    (const uint8_t *source, int32_t width, int32_t height, const int32_t *order, const float *mean, const float *scale,
     const float *padding, int32_t padded_width, int32_t padded_height, float *output),
    (source, width, height, order, mean, scale, padding, padded_width, padded_height, output))
