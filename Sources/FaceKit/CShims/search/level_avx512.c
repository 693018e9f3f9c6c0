// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// AVX-512 F, VL, BW and DQ with VNNI and VPOPCNTDQ.

#include "levels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define CFK_TABLE cfk_search_table_avx512
#define CFK_LEVEL CFK_LEVEL_AVX512
#define CFK_ROWS 8
#define CFK_PROBES 4
#define CFK_BYTE_PROBES 4

#pragma clang attribute push(                                                                                     \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512vnni,avx512vpopcntdq,avx2,fma,popcnt"))), \
    apply_to = function)

#include "level/vectors.h"

CFK_INLINE __m512i pair32(__m512i a, __m512i b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}
CFK_INLINE __m512i pair64(__m512i a, __m512i b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/// The sums of four vectors' lanes.
CFK_INLINE __m128i sums_of_four(__m512i a, __m512i b, __m512i c, __m512i d) {
    // Within each 128-bit lane: the lane's part of the four sums.
    const __m512i parts = pair64(pair32(a, b), pair32(c, d));
    const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(parts), _mm512_extracti64x4_epi64(parts, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

CFK_INLINE void cfk_byte_tile(const uint8_t *const *rows, const int8_t *probes, int64_t stride, int32_t *products,
                              int64_t products_stride, const int row_count, const int probe_count) {
    __m512i sums[4][4];
    for (int r = 0; r < row_count; ++r) {
        for (int p = 0; p < probe_count; ++p) sums[r][p] = _mm512_setzero_si512();
    }
    for (int64_t i = 0; i < stride; i += 64) {
        __m512i row[4];
        for (int r = 0; r < row_count; ++r) row[r] = _mm512_loadu_si512(rows[r] + i);
        for (int p = 0; p < probe_count; ++p) {
            const __m512i probe = _mm512_loadu_si512(probes + p * stride + i);
            for (int r = 0; r < row_count; ++r) sums[r][p] = _mm512_dpbusd_epi32(sums[r][p], row[r], probe);
        }
    }
    for (int p = 0; p < probe_count; ++p) {
        int32_t *into = products + p * products_stride;
        if (row_count == 4) {
            _mm_storeu_si128((__m128i *)into, sums_of_four(sums[0][p], sums[1][p], sums[2][p], sums[3][p]));
        } else {
            into[0] = _mm512_reduce_add_epi32(sums[0][p]);
        }
    }
}

#include "level/bytes.h"

CFK_INLINE int64_t select_groups(const uint64_t *codes, const int64_t words, int64_t first, int64_t groups,
                                 const uint64_t *probe, uint32_t threshold, uint32_t *found, uint16_t *distances) {
    const __m512i limit = _mm512_set1_epi64(threshold);
    int64_t size = 0;
    for (int64_t group = first / 8; group < first / 8 + groups; ++group) {
        const uint64_t *block = codes + group * words * 8;
        // Four groups ahead: the processor itself does not fetch across the border of a page.
        for (int64_t word = 0; word < words; ++word) __builtin_prefetch(block + (4 * words + word) * 8, 0, 3);
        __m512i even = _mm512_setzero_si512();
        __m512i odd = _mm512_setzero_si512();
        for (int64_t word = 0; word < words; word += 2) {
            const __m512i a = _mm512_xor_si512(_mm512_loadu_si512(block + word * 8), _mm512_set1_epi64((int64_t)probe[word]));
            even = _mm512_add_epi64(even, _mm512_popcnt_epi64(a));
            if (word + 1 < words) {
                const __m512i b = _mm512_xor_si512(_mm512_loadu_si512(block + word * 8 + 8),
                                                   _mm512_set1_epi64((int64_t)probe[word + 1]));
                odd = _mm512_add_epi64(odd, _mm512_popcnt_epi64(b));
            }
        }
        const __m512i distance = _mm512_add_epi64(even, odd);
        uint32_t passes = _mm512_cmple_epu64_mask(distance, limit);
        if (passes) {
            uint64_t lanes[8];
            _mm512_storeu_si512(lanes, distance);
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
    __m512i sums = _mm512_setzero_si512();
    for (int64_t word = 0; word < words; ++word) {
        const __m512i set = _mm512_maskz_set1_epi8(code[word * 8], 1);
        sums = _mm512_dpbusd_epi32(sums, set, _mm512_loadu_si512(probe + word * 64));
    }
    return _mm512_reduce_add_epi32(sums);
}

#include "level/codes.h"
#include "level/table.h"

#pragma clang attribute pop

#endif
