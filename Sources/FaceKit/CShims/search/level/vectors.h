// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// What vector extensions say for every level: float32 products, the choice of scores, the rotation. Compiled once per
// level, inside that level's target attribute.

// Every function with such vectors is inlined, so how they would be passed does not matter.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

typedef float cfk_f16 __attribute__((ext_vector_type(16)));
typedef float cfk_f16_unaligned __attribute__((ext_vector_type(16), aligned(4)));
typedef float cfk_f8 __attribute__((ext_vector_type(8)));
typedef float cfk_f4 __attribute__((ext_vector_type(4)));
typedef float cfk_f2 __attribute__((ext_vector_type(2)));
typedef int32_t cfk_s16 __attribute__((ext_vector_type(16)));
typedef int32_t cfk_s16_unaligned __attribute__((ext_vector_type(16), aligned(4)));

CFK_INLINE cfk_f16 cfk_load16(const float *p) { return *(const cfk_f16_unaligned *)p; }

CFK_INLINE float cfk_sum16(cfk_f16 v) {
    const cfk_f8 eight = v.lo + v.hi;
    const cfk_f4 four = eight.lo + eight.hi;
    const cfk_f2 two = four.lo + four.hi;
    return two.x + two.y;
}

// `row_count` x `probe_count` products. One accumulator for each, so that the order of additions is always the same.
CFK_INLINE void cfk_dot_tile(const float *rows, const float *probes, int64_t stride, float *products,
                             int64_t products_stride, const int row_count, const int probe_count) {
    cfk_f16 sums[8][4];
    for (int r = 0; r < row_count; ++r) {
        for (int p = 0; p < probe_count; ++p) sums[r][p] = 0.0f;
    }
    for (int64_t i = 0; i < stride; i += 16) {
        cfk_f16 values[4];
        for (int p = 0; p < probe_count; ++p) values[p] = cfk_load16(probes + p * stride + i);
        for (int r = 0; r < row_count; ++r) {
            const cfk_f16 row = cfk_load16(rows + r * stride + i);
            for (int p = 0; p < probe_count; ++p) sums[r][p] += row * values[p];
        }
    }
    for (int r = 0; r < row_count; ++r) {
        for (int p = 0; p < probe_count; ++p) products[p * products_stride + r] = cfk_sum16(sums[r][p]);
    }
}

static void cfk_dots(const float *rows, int64_t count, const float *probes, int64_t probe_count, int64_t stride,
                     float *products, int64_t products_stride) {
    int64_t probe = 0;
    for (; probe + CFK_PROBES <= probe_count; probe += CFK_PROBES) {
        const float *some = probes + probe * stride;
        float *into = products + probe * products_stride;
        int64_t row = 0;
        for (; row + 4 <= count; row += 4) {
            cfk_dot_tile(rows + row * stride, some, stride, into + row, products_stride, 4, CFK_PROBES);
        }
        for (; row < count; ++row) {
            cfk_dot_tile(rows + row * stride, some, stride, into + row, products_stride, 1, CFK_PROBES);
        }
    }
    for (; probe < probe_count; ++probe) {
        const float *one = probes + probe * stride;
        float *into = products + probe * products_stride;
        int64_t row = 0;
        for (; row + CFK_ROWS <= count; row += CFK_ROWS) {
            cfk_dot_tile(rows + row * stride, one, stride, into + row, products_stride, CFK_ROWS, 1);
        }
        for (; row < count; ++row) cfk_dot_tile(rows + row * stride, one, stride, into + row, products_stride, 1, 1);
    }
}

static int64_t cfk_select_scores(const int32_t *products, const float *scales, int64_t count, int32_t offset,
                                 float factor, float threshold, uint32_t *found, float *scores) {
    int64_t size = 0;
    int64_t row = 0;
    for (; row + 16 <= count; row += 16) {
        const cfk_s16 whole = *(const cfk_s16_unaligned *)(products + row) - (cfk_s16)offset;
        const cfk_f16 score = __builtin_convertvector(whole, cfk_f16) * (cfk_load16(scales + row) * factor);
        const cfk_s16 passes = score >= (cfk_f16)threshold;
        if (__builtin_reduce_or(passes)) {
            for (int lane = 0; lane < 16; ++lane) {
                found[size] = (uint32_t)(row + lane);
                scores[size] = score[lane];
                size += passes[lane] & 1;
            }
        }
    }
    for (; row < count; ++row) {
        const float score = (float)(products[row] - offset) * (scales[row] * factor);
        if (score >= threshold) {
            found[size] = (uint32_t)row;
            scores[size++] = score;
        }
    }
    return size;
}

static void cfk_rotate(float *values, int64_t size, const float *signs, int64_t rounds) {
    for (int64_t round = 0; round < rounds; ++round) {
        for (int64_t i = 0; i < size; ++i) values[i] *= signs[round * size + i];
        // Distances 1 to 8 within blocks of 16, then whole vectors.
        for (int64_t start = 0; start < size; start += 16) {
            cfk_f16 v = cfk_load16(values + start);
            const cfk_f16 one = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1};
            const cfk_f16 two = {1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1};
            const cfk_f16 four = {1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1};
            const cfk_f16 eight = {1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1};
            v = __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14) + v * one;
            v = __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13) + v * two;
            v = __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11) + v * four;
            v = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7) + v * eight;
            *(cfk_f16_unaligned *)(values + start) = v;
        }
        for (int64_t distance = 16; distance < size; distance *= 2) {
            for (int64_t start = 0; start < size; start += 2 * distance) {
                for (int64_t i = start; i < start + distance; i += 16) {
                    const cfk_f16 a = cfk_load16(values + i);
                    const cfk_f16 b = cfk_load16(values + i + distance);
                    *(cfk_f16_unaligned *)(values + i) = a + b;
                    *(cfk_f16_unaligned *)(values + i + distance) = a - b;
                }
            }
        }
    }
}

#pragma clang diagnostic pop
