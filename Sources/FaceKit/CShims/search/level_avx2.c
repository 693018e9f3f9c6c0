// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// AVX2 and FMA.

#include "levels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define CFK_TABLE cfk_search_table_avx2
#define CFK_LEVEL CFK_LEVEL_AVX2
#define CFK_ROWS 4
#define CFK_PROBES 1
#define CFK_BYTE_PROBES 2

#pragma clang attribute push(__attribute__((target("avx2,fma,popcnt"))), apply_to = function)

#include "level/vectors.h"

CFK_INLINE int32_t sum_of_lanes(__m256i v) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
}

// The instruction for unsigned by signed bytes saturates at 16 bits, so both are widened first.
CFK_INLINE void cfk_byte_tile(const uint8_t *const *rows, const int8_t *probes, int64_t stride, int32_t *products,
                              int64_t products_stride, const int row_count, const int probe_count) {
    __m256i sums[4][2];
    for (int r = 0; r < row_count; ++r) {
        for (int p = 0; p < probe_count; ++p) sums[r][p] = _mm256_setzero_si256();
    }
    for (int64_t i = 0; i < stride; i += 16) {
        __m256i probe[2];
        for (int p = 0; p < probe_count; ++p) {
            probe[p] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(probes + p * stride + i)));
        }
        for (int r = 0; r < row_count; ++r) {
            const __m256i row = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(rows[r] + i)));
            for (int p = 0; p < probe_count; ++p) {
                sums[r][p] = _mm256_add_epi32(sums[r][p], _mm256_madd_epi16(row, probe[p]));
            }
        }
    }
    for (int r = 0; r < row_count; ++r) {
        for (int p = 0; p < probe_count; ++p) products[p * products_stride + r] = sum_of_lanes(sums[r][p]);
    }
}

#include "level/bytes.h"

/// Adds the number of set bits of each byte.
CFK_INLINE __m256i add_bits(__m256i sums, __m256i value) {
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2,
                                           3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    sums = _mm256_add_epi8(sums, _mm256_shuffle_epi8(table, _mm256_and_si256(value, nibble)));
    return _mm256_add_epi8(sums, _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(value, 4), nibble)));
}

CFK_INLINE int64_t select_groups(const uint64_t *codes, const int64_t words, int64_t first, int64_t groups,
                                 const uint64_t *probe, uint32_t threshold, uint32_t *found, uint16_t *distances) {
    const __m256i limit = _mm256_set1_epi64x(threshold);
    int64_t size = 0;
    for (int64_t group = first / 8; group < first / 8 + groups; ++group) {
        const uint64_t *block = codes + group * words * 8;
        __m256i totals[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        // A byte counts up to 8 bits a word: 16 words stay below 256.
        for (int64_t start = 0; start < words; start += 16) {
            __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
            const int64_t end = start + 16 < words ? start + 16 : words;
            for (int64_t word = start; word < end; ++word) {
                const __m256i mine = _mm256_set1_epi64x((int64_t)probe[word]);
                for (int half = 0; half < 2; ++half) {
                    const __m256i theirs = _mm256_loadu_si256((const __m256i *)(block + word * 8 + half * 4));
                    sums[half] = add_bits(sums[half], _mm256_xor_si256(theirs, mine));
                }
            }
            for (int half = 0; half < 2; ++half) {
                totals[half] = _mm256_add_epi64(totals[half], _mm256_sad_epu8(sums[half], _mm256_setzero_si256()));
            }
        }
        uint32_t fails = 0;
        for (int half = 0; half < 2; ++half) {
            fails |= (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(totals[half], limit)))
                << (4 * half);
        }
        uint32_t passes = ~fails & 255u;
        if (passes) {
            uint64_t lanes[8];
            _mm256_storeu_si256((__m256i *)lanes, totals[0]);
            _mm256_storeu_si256((__m256i *)(lanes + 4), totals[1]);
            for (; passes; passes &= passes - 1) {
                const int lane = __builtin_ctz(passes);
                found[size] = (uint32_t)(group * 8 + lane);
                distances[size++] = (uint16_t)lanes[lane];
            }
        }
    }
    return size;
}

CFK_INLINE int32_t sum_of_set(const uint64_t *code, const int64_t words, const int8_t *probe) {
    // Byte i / 8 of 32 bits, and bit i % 8 of it.
    const __m256i places = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3,
                                            3, 3, 3, 3, 3);
    const __m256i bits = _mm256_set1_epi64x((int64_t)0x8040201008040201);
    __m256i sums = _mm256_setzero_si256();
    for (int64_t word = 0; word < words; ++word) {
        for (int half = 0; half < 2; ++half) {
            const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32((int32_t)(code[word * 8] >> (32 * half))), places);
            const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, bits), bits);
            const __m256i mine = _mm256_loadu_si256((const __m256i *)(probe + word * 64 + half * 32));
            const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), _mm256_and_si256(set, mine));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
        }
    }
    return sum_of_lanes(sums);
}

#include "level/codes.h"
#include "level/table.h"

#pragma clang attribute pop

#endif
