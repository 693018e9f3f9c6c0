// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "cfk_imaging.h"
#include "levels.h"

// 0.299, 0.587 and 0.114 times 2^15.
enum { red_weight = 9798, green_weight = 19235, blue_weight = 3735 };

always_inline void gray(const uint8_t *source, size_t count, uint8_t *output) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t sum = source[3 * i] * red_weight + source[3 * i + 1] * green_weight
            + source[3 * i + 2] * blue_weight;
        output[i] = (uint8_t)((sum + 16384) >> 15);
    }
}

// The index mirrored at both ends; for a single row or column the neighbour is the pixel itself.
always_inline int32_t mirrored(int32_t index, int32_t count) {
    if (count == 1) return 0;
    return index < 0 ? -index : index >= count ? 2 * count - 2 - index : index;
}

always_inline void laplacian_sums(
    const uint8_t *gray, int32_t width, int32_t height, int64_t *sum, int64_t *squares) {
    int64_t total = 0, total_squares = 0;
    for (int32_t y = 0; y < height; y++) {
        const uint8_t *row = gray + (size_t)width * (size_t)y;
        const uint8_t *above = gray + (size_t)width * (size_t)mirrored(y - 1, height);
        const uint8_t *below = gray + (size_t)width * (size_t)mirrored(y + 1, height);
        for (int32_t start = 1; start < width - 1; start += 1024) {
            // 1024 squares of at most 1020 fit 32 bits.
            int32_t part = 0, part_squares = 0;
            const int32_t end = start + 1024 < width - 1 ? start + 1024 : width - 1;
            for (int32_t x = start; x < end; x++) {
                const int32_t response = above[x] + below[x] + row[x - 1] + row[x + 1] - 4 * row[x];
                part += response;
                part_squares += response * response;
            }
            total += part;
            total_squares += part_squares;
        }
        for (int32_t x = 0; x < width; x = x == 0 && width > 1 ? width - 1 : width) {
            const int32_t response = above[x] + below[x] + row[mirrored(x - 1, width)] + row[mirrored(x + 1, width)]
                - 4 * row[x];
            total += response;
            total_squares += response * response;
        }
    }
    *sum = total;
    *squares = total_squares;
}

levels(cfk_gray, gray, (const uint8_t *source, size_t count, uint8_t *output), (source, count, output))

levels(
    cfk_laplacian_sums, laplacian_sums,
    (const uint8_t *gray, int32_t width, int32_t height, int64_t *sum, int64_t *squares),
    (gray, width, height, sum, squares))
