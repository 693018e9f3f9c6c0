// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_SEARCH_H
#define CFK_SEARCH_H

#include <stdint.h>

#include "cfk_kernels.h"

// The arithmetic of 1:N search: float32 dot products, 8-bit dot products and Hamming distances of sign codes, chosen at
// run time by instruction-set level.
//
// Layouts
//   vectors  rows of `stride` floats, a multiple of 16; components from the dimension on are zero.
//   bytes    rows of `stride` bytes, a multiple of 64: component c of a row is (byte - 128) * the row's scale. Bytes
//            from the dimension on are 128. A probe has signed bytes, zero from the dimension on, and a scale of its own.
//   codes    groups of 8 rows: word w of row r is words[(r / 8 * count_of_words + w) * 8 + r % 8]. A probe's code is the
//            words one after the other.
// No function allocates, locks or keeps state. Functions never read a row beyond those they are told of, so that a
// writer may fill later rows of the same group meanwhile.

#pragma clang assume_nonnull begin

/// The functions of one level.
typedef struct cfk_search_table {
    cfk_level level;

    /// Dot products of `count` rows with `probe_count` probes, both with `stride` floats a row:
    /// products[probe * products_stride + row]. The order of additions depends on the stride alone, so equal rows give
    /// equal products, whatever the other rows and probes are.
    void (*dots)(const float *rows, int64_t count, const float *probes, int64_t probe_count, int64_t stride,
                 float *products, int64_t products_stride);

    /// Integer dot products of rows of bytes, still with their offset of 128, with signed probes:
    /// products[probe * products_stride + row].
    void (*byte_dots)(const uint8_t *rows, int64_t count, const int8_t *probes, int64_t probe_count, int64_t stride,
                      int32_t *products, int64_t products_stride);

    /// As `byte_dots`, of rows anywhere in memory with one probe.
    void (*gathered_byte_dots)(const uint8_t *_Nonnull const *_Nonnull rows, int64_t count, const int8_t *probe,
                               int64_t stride, int32_t *products);

    /// Finds the rows whose score, (products[row] - offset) * factor * scales[row], is at least `threshold`; writes
    /// their numbers and scores and returns how many there are. The outputs have room for `count`.
    int64_t (*select_scores)(const int32_t *products, const float *scales, int64_t count, int32_t offset, float factor,
                             float threshold, uint32_t *found, float *scores);

    /// Finds the rows first..<first + count, `first` a multiple of 8, whose code differs from the probe's in at most
    /// `threshold` bits; writes their numbers and distances and returns how many there are. The outputs have room for
    /// `count`.
    int64_t (*select_codes)(const uint64_t *codes, int64_t words, int64_t first, int64_t count, const uint64_t *probe,
                            uint32_t threshold, uint32_t *found, uint16_t *distances);

    /// Tells more of rows than the number of equal bits does: scores[i] is the sum of the probe's components as signed
    /// bytes, 64 for each word and none of them -128, each negated where the code of row rows[i] has its bit set.
    void (*score_codes)(const uint64_t *codes, int64_t words, const uint32_t *rows, int64_t count, const int8_t *probe,
                        int32_t *scores);

    /// Applies `rounds` times: multiply by signs[round * size + i], then the Walsh-Hadamard transform without scaling.
    /// `size` is a power of two, at least 64.
    void (*rotate)(float *values, int64_t size, const float *signs, int64_t rounds);
} cfk_search_table;

/// The best level of the search functions on this processor. AVX-512 also needs VNNI and VPOPCNTDQ here.
cfk_level cfk_best_search_level(void);

/// The functions of a level, or NULL when the processor or the build lacks it.
const cfk_search_table *_Nullable cfk_search_functions(cfk_level level);

/// Writes the signs of `count` values, a multiple of 64, as bits: bit i % 64 of word i / 64 is set when values[i] < 0.
void cfk_pack_signs(const float *values, int64_t count, uint64_t *words);

/// Puts a code of `words` words into a block of codes as row `row`.
void cfk_store_code(const uint64_t *code, int64_t words, int64_t row, uint64_t *codes);
/// Copies row `row` of a block of codes.
void cfk_load_code(const uint64_t *codes, int64_t words, int64_t row, uint64_t *code);

/// Rounds a vector to signed bytes times a scale, which it returns; components that are not finite become 0. Writes
/// `stride` bytes, zero from `dimension` on, and the Euclidean length of what rounding changed.
float cfk_quantize(const float *vector, int64_t dimension, int64_t stride, int8_t *bytes, float *error);

/// XXH64 (Yann Collet's specification) with seed 0.
uint64_t cfk_checksum(const void *_Nullable data, int64_t length);

#pragma clang assume_nonnull end

#endif
