// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// What the kernel check and the kernel benchmark share: random numbers, layout, running a kernel item by item.

#ifndef KERNELS_SUPPORT_H
#define KERNELS_SUPPORT_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cfk_kernels.h"

static uint64_t random_state = 0x9E3779B97F4A7C15u;

static inline uint32_t random_bits(void) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33);
}

/// low...high
static inline int32_t random_between(int32_t low, int32_t high) {
    return low + (int32_t)(random_bits() % (uint32_t)(high - low + 1));
}

/// -1..<1
static inline float random_float(void) { return (float)random_bits() / 1073741824.0f - 1.0f; }

/// 64-byte aligned and of exactly `count` floats, so that a sanitizer sees every step beyond it; random or NaN.
static inline float *make_floats(int64_t count, int random) {
    float *floats = NULL;
    const size_t bytes = (size_t)(count > 0 ? count : 1) * sizeof(float), huge = (size_t)2 << 20;
    if (posix_memalign((void **)&floats, bytes < huge ? 64 : huge, bytes)) exit(2);
#ifdef MADV_HUGEPAGE
    // As the engine takes large blocks.
    if (bytes >= huge) madvise(floats, bytes, MADV_HUGEPAGE);
#endif
    for (int64_t i = 0; i < count; ++i) floats[i] = random ? random_float() : NAN;
    return floats;
}

static inline int64_t blocks_of(int64_t channels) { return (channels + 15) / 16; }

/// A blocked map with a gap after every block that nobody may write. Freshly made it holds NaN, gaps hold `canary`.
enum { gap = 32 };
static const float canary = 123.5f;

static inline cfk_map make_map(int64_t batch, int64_t channels, int64_t pixels) {
    cfk_map map = {.block_stride = pixels * 16 + gap};
    map.batch_stride = blocks_of(channels) * map.block_stride + gap;
    map.data = make_floats(batch * map.batch_stride, 0);
    for (int64_t n = 0; n < batch; ++n) {
        float *picture = map.data + n * map.batch_stride;
        for (int64_t b = 0; b < blocks_of(channels); ++b) {
            for (int64_t i = pixels * 16; i < map.block_stride; ++i) picture[b * map.block_stride + i] = canary;
        }
        for (int64_t i = map.batch_stride - gap; i < map.batch_stride; ++i) picture[i] = canary;
    }
    return map;
}

static inline float *map_at(cfk_map map, int64_t n, int64_t c, int64_t p) {
    return map.data + n * map.batch_stride + c / 16 * map.block_stride + p * 16 + c % 16;
}

/// Blocked map of planar values.
static inline cfk_map map_of(const float *planar, int64_t batch, int64_t channels, int64_t pixels) {
    cfk_map map = make_map(batch, channels, pixels);
    for (int64_t n = 0; n < batch; ++n) {
        for (int64_t c = 0; c < blocks_of(channels) * 16; ++c) {
            for (int64_t p = 0; p < pixels; ++p) {
                *map_at(map, n, c, p) = c < channels ? planar[(n * channels + c) * pixels + p] : 0.0f;
            }
        }
    }
    return map;
}

/// Bias, slopes or pad values with their pad lanes.
static inline float *make_vector(int64_t channels) {
    float *values = make_floats(channels, 1), *packed = make_floats(blocks_of(channels) * 16, 0);
    cfk_pack_vector(values, (int32_t)channels, packed);
    free(values);
    return packed;
}

static inline double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#endif
