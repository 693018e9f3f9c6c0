// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// SSE2 on x86-64, NEON on arm64: what every processor of the architecture has.

#include "levels.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#define CFK_TABLE cfk_search_table_portable
#define CFK_LEVEL CFK_LEVEL_PORTABLE
#define CFK_ROWS 4
#define CFK_PROBES 1
#define CFK_BYTE_PROBES 2

#include "level/vectors.h"

#if defined(__aarch64__)

CFK_INLINE void cfk_byte_tile(const uint8_t *const *rows, const int8_t *probes, int64_t stride, int32_t *products,
                              int64_t products_stride, const int row_count, const int probe_count) {
    int32x4_t sums[4][2];
    int32_t offsets[2] = {0, 0};
    for (int r = 0; r < row_count; ++r) {
        for (int p = 0; p < probe_count; ++p) sums[r][p] = vdupq_n_s32(0);
    }
    int32x4_t ones[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
    for (int64_t i = 0; i < stride; i += 16) {
        int8x16_t probe[2];
        for (int p = 0; p < probe_count; ++p) {
            probe[p] = vld1q_s8(probes + p * stride + i);
            ones[p] = vpadalq_s16(ones[p], vpaddlq_s8(probe[p]));
        }
        for (int r = 0; r < row_count; ++r) {
            // The offset of 128 is taken away here and added to the sum below: signed by signed bytes is what NEON has.
            const int8x16_t row = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(rows[r] + i), vdupq_n_u8(128)));
            for (int p = 0; p < probe_count; ++p) {
                // Two products of at most 127 * 128 fit 16 bits.
                int16x8_t both = vmull_s8(vget_low_s8(row), vget_low_s8(probe[p]));
                both = vmlal_s8(both, vget_high_s8(row), vget_high_s8(probe[p]));
                sums[r][p] = vpadalq_s16(sums[r][p], both);
            }
        }
    }
    for (int p = 0; p < probe_count; ++p) offsets[p] = 128 * vaddvq_s32(ones[p]);
    for (int r = 0; r < row_count; ++r) {
        for (int p = 0; p < probe_count; ++p) products[p * products_stride + r] = vaddvq_s32(sums[r][p]) + offsets[p];
    }
}

CFK_INLINE void group_distances(const uint64_t *block, const int64_t words, const uint64_t *probe, uint32_t *distances) {
    uint64x2_t totals[4] = {vdupq_n_u64(0), vdupq_n_u64(0), vdupq_n_u64(0), vdupq_n_u64(0)};
    // A byte counts up to 8 bits a word: 16 words stay below 256.
    for (int64_t start = 0; start < words; start += 16) {
        uint8x16_t sums[4] = {vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0)};
        const int64_t end = start + 16 < words ? start + 16 : words;
        for (int64_t word = start; word < end; ++word) {
            const uint64x2_t mine = vdupq_n_u64(probe[word]);
            for (int pair = 0; pair < 4; ++pair) {
                const uint64x2_t theirs = vld1q_u64(block + word * 8 + pair * 2);
                sums[pair] = vaddq_u8(sums[pair], vcntq_u8(vreinterpretq_u8_u64(veorq_u64(theirs, mine))));
            }
        }
        for (int pair = 0; pair < 4; ++pair) {
            totals[pair] = vaddq_u64(totals[pair], vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(sums[pair]))));
        }
    }
    for (int pair = 0; pair < 4; ++pair) {
        distances[pair * 2] = (uint32_t)vgetq_lane_u64(totals[pair], 0);
        distances[pair * 2 + 1] = (uint32_t)vgetq_lane_u64(totals[pair], 1);
    }
}

#else

typedef int16_t words8 __attribute__((ext_vector_type(8)));
typedef uint8_t bytes8 __attribute__((ext_vector_type(8), aligned(1)));
typedef int8_t signed8 __attribute__((ext_vector_type(8), aligned(1)));
typedef int32_t sums8 __attribute__((ext_vector_type(8)));

CFK_INLINE void cfk_byte_tile(const uint8_t *const *rows, const int8_t *probes, int64_t stride, int32_t *products,
                              int64_t products_stride, const int row_count, const int probe_count) {
    for (int p = 0; p < probe_count; ++p) {
        for (int r = 0; r < row_count; ++r) {
            sums8 sums = 0;
            for (int64_t i = 0; i < stride; i += 8) {
                const words8 row = __builtin_convertvector(*(const bytes8 *)(rows[r] + i), words8);
                const words8 probe = __builtin_convertvector(*(const signed8 *)(probes + p * stride + i), words8);
                // 255 * 127 fits 16 bits.
                sums += __builtin_convertvector(row * probe, sums8);
            }
            products[p * products_stride + r] = __builtin_reduce_add(sums);
        }
    }
}

typedef uint64_t lanes8 __attribute__((ext_vector_type(8)));
typedef uint64_t lanes8_unaligned __attribute__((ext_vector_type(8), aligned(8)));

CFK_INLINE void group_distances(const uint64_t *block, const int64_t words, const uint64_t *probe, uint32_t *distances) {
    lanes8 totals = 0;
    for (int64_t word = 0; word < words; ++word) {
        lanes8 v = *(const lanes8_unaligned *)(block + word * 8) ^ (lanes8)probe[word];
        v -= (v >> 1) & 0x5555555555555555u;
        v = (v & 0x3333333333333333u) + ((v >> 2) & 0x3333333333333333u);
        v = (v + (v >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
        v += v >> 8;
        v += v >> 16;
        v += v >> 32;
        totals += v & 0x7Fu;
    }
    for (int row = 0; row < 8; ++row) distances[row] = (uint32_t)totals[row];
}

#endif

#include "level/bytes.h"

CFK_INLINE int64_t select_groups(const uint64_t *codes, const int64_t words, int64_t first, int64_t groups,
                                 const uint64_t *probe, uint32_t threshold, uint32_t *found, uint16_t *distances) {
    int64_t size = 0;
    for (int64_t group = first / 8; group < first / 8 + groups; ++group) {
        uint32_t all[8];
        group_distances(codes + group * words * 8, words, probe, all);
        for (int row = 0; row < 8; ++row) {
            found[size] = (uint32_t)(group * 8 + row);
            distances[size] = (uint16_t)all[row];
            size += all[row] <= threshold;
        }
    }
    return size;
}

typedef uint8_t bits8 __attribute__((ext_vector_type(8)));
typedef int8_t components8 __attribute__((ext_vector_type(8)));
typedef int8_t components8_unaligned __attribute__((ext_vector_type(8), aligned(1)));
typedef int16_t parts8 __attribute__((ext_vector_type(8)));
typedef int32_t totals8 __attribute__((ext_vector_type(8)));

CFK_INLINE int32_t sum_of_set(const uint64_t *code, const int64_t words, const int8_t *probe) {
    const bits8 bits = {1, 2, 4, 8, 16, 32, 64, 128};
    totals8 totals = 0;
    for (int64_t word = 0; word < words; ++word) {
        parts8 parts = 0;
        for (int byte = 0; byte < 8; ++byte) {
            const bits8 spread = (bits8)(uint8_t)(code[word * 8] >> (8 * byte));
            const components8 set = (components8)((spread & bits) != 0);
            const components8 mine = *(const components8_unaligned *)(probe + word * 64 + byte * 8);
            parts += __builtin_convertvector(set & mine, parts8);
        }
        totals += __builtin_convertvector(parts, totals8);
    }
    return __builtin_reduce_add(totals);
}

#include "level/codes.h"
#include "level/table.h"
