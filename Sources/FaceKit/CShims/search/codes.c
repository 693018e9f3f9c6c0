// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <math.h>

#include "levels.h"

void cfk_pack_signs(const float *values, int64_t count, uint64_t *words) {
    for (int64_t word = 0; word < count / 64; ++word) {
        uint64_t bits = 0;
        for (int64_t bit = 0; bit < 64; ++bit) bits |= (uint64_t)(values[word * 64 + bit] < 0) << bit;
        words[word] = bits;
    }
}

void cfk_store_code(const uint64_t *code, int64_t words, int64_t row, uint64_t *codes) {
    uint64_t *first = codes + row / 8 * words * 8 + row % 8;
    for (int64_t word = 0; word < words; ++word) first[word * 8] = code[word];
}

void cfk_load_code(const uint64_t *codes, int64_t words, int64_t row, uint64_t *code) {
    const uint64_t *first = codes + row / 8 * words * 8 + row % 8;
    for (int64_t word = 0; word < words; ++word) code[word] = first[word * 8];
}

float cfk_quantize(const float *vector, int64_t dimension, int64_t stride, int8_t *bytes, float *error) {
    float largest = 0;
    for (int64_t i = 0; i < dimension; ++i) {
        const float magnitude = fabsf(vector[i]);
        // False for NaN and infinity.
        if (magnitude > largest && magnitude <= 3.0e38f) largest = magnitude;
    }
    const float scale = largest / 127;
    const float inverse = largest > 0 ? 127 / largest : 0;
    double squares = 0;
    for (int64_t i = 0; i < dimension; ++i) {
        float scaled = vector[i] * inverse;
        if (!(scaled >= -127.5f && scaled <= 127.5f)) scaled = 0;
        // Away from zero at a half; exact for what is left after the check above.
        const int32_t rounded = (int32_t)(scaled + (scaled < 0 ? -0.5f : 0.5f));
        bytes[i] = (int8_t)(rounded > 127 ? 127 : rounded < -127 ? -127 : rounded);
        const float difference = vector[i] - (float)bytes[i] * scale;
        squares += (double)difference * difference;
    }
    memset(bytes + dimension, 0, (size_t)(stride - dimension));
    *error = (float)sqrt(squares);
    return scale;
}
