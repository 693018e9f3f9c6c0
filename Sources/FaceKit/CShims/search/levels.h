// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_SEARCH_LEVELS_H
#define CFK_SEARCH_LEVELS_H

#include <stdint.h>
#include <string.h>

#include "cfk_search.h"

// One table per level; defined in level_*.c.
extern const cfk_search_table cfk_search_table_portable;
#if defined(__x86_64__)
extern const cfk_search_table cfk_search_table_avx2;
extern const cfk_search_table cfk_search_table_avx512;
#endif

#define CFK_INLINE static inline __attribute__((always_inline))

/// Hamming distance of a probe's code to one row of a block of codes.
CFK_INLINE uint32_t cfk_code_distance(const uint64_t *codes, int64_t words, int64_t row, const uint64_t *probe) {
    const uint64_t *first = codes + row / 8 * words * 8 + row % 8;
    uint32_t distance = 0;
    for (int64_t word = 0; word < words; ++word) {
        distance += (uint32_t)__builtin_popcountll(first[word * 8] ^ probe[word]);
    }
    return distance;
}

#endif
