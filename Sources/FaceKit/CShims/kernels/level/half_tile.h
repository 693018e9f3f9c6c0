// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Half blocks: a last block of eight channels or fewer fills half a register of AVX-512, so that a layer of 24 channels
// would take as long as one of 32. Here two pixels share a vector, lanes 0 to 7 and 8 to 15, and lie 8 floats apart.

/// Whether the last block of so many channels is a half one.
CFK_INLINE int cfk_has_half(int64_t channels) { return CFK_LANES == 16 && (channels - 1) % 16 < 8; }

typedef float cfk_v8 __attribute__((ext_vector_type(8)));
typedef float cfk_v8_unaligned __attribute__((ext_vector_type(8), aligned(4)));
typedef float cfk_v2 __attribute__((ext_vector_type(2)));
typedef float cfk_v2_unaligned __attribute__((ext_vector_type(2), aligned(4)));

CFK_INLINE cfk_v8 cfk_load_half(const float *p) { return *(const cfk_v8_unaligned *)p; }
CFK_INLINE void cfk_store_half(float *p, cfk_v8 v) { *(cfk_v8_unaligned *)p = v; }

/// Lanes 0 to 7 of one pixel and those of another.
CFK_INLINE cfk_v16 cfk_join(cfk_v8 a, cfk_v8 b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/// The pixel in lanes 0 to 7, or the one in lanes 8 to 15, as a block whose other lanes are zero.
CFK_INLINE cfk_v16 cfk_first_of(cfk_v16 x) {
    return __builtin_shufflevector(x, (cfk_v16)0.0f, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}
CFK_INLINE cfk_v16 cfk_second_of(cfk_v16 x) {
    return __builtin_shufflevector(x, (cfk_v16)0.0f, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
}

/// Two neighbouring floats, eight times.
CFK_INLINE cfk_v16 cfk_load_pair(const float *p) {
    const cfk_v2 pair = *(const cfk_v2_unaligned *)p;
    return __builtin_shufflevector(pair, pair, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1);
}

/// Two channels of the input for `P` pixels, `step` floats apart.
CFK_INLINE void cfk_half_step(const int P, const int step, cfk_v16 *acc, const float *x, const float *w) {
    const cfk_v16 weights = cfk_load(w);
    CFK_UNROLL for (int p = 0; p < P; ++p) acc[p] += weights * cfk_load_pair(x + p * step);
}

/// `P` pixels of a half block without an epilogue: lane 2 o + j sums output o over the channels 2 c + j, so that a register
/// is full. Weights are [ceil(C / 2)][8][2].
CFK_INLINE void cfk_half_tile_run(const int P, const cfk_tile *tile) {
    cfk_v16 acc[16];
    CFK_UNROLL for (int p = 0; p < P; ++p) acc[p] = 0.0f;
    const float *w = tile->weights;
    for (int64_t k = 0; k < tile->full; ++k, w += 8 * 16) {
        const float *x = tile->in + tile->offsets[k];
        CFK_UNROLL for (int c = 0; c < 8; ++c) cfk_half_step(P, 16, acc, x + c * 2, w + c * 16);
    }
    if (tile->half_in) {
        for (int64_t c = 0; c < tile->live; c += 2, w += 16) cfk_half_step(P, 8, acc, tile->half_in + c, w);
    } else if (tile->partial) {
        const float *x = tile->in + tile->offsets[tile->full];
        for (int64_t c = 0; c < tile->live; c += 2, w += 16) cfk_half_step(P, 16, acc, x + c, w);
    }
    CFK_UNROLL for (int p = 0; p < P; p += 2) {
        const cfk_v16 a = acc[p], b = p + 1 < P ? acc[p + 1] : acc[p];
        const cfk_v16 sums = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
            + __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
        if (p + 1 < P) {
            cfk_store(tile->out + p * 8, sums);
        } else {
            cfk_store_half(tile->out + p * 8, sums.lo);
        }
    }
}

#define CFK_HALF_TILE(kind, P, Q) \
    static void cfk_half_tile_##P(const cfk_tile *tile) { cfk_half_tile_run(P, tile); }
#define CFK_HALF_NAME(kind, P, Q) cfk_half_tile_##P,
CFK_TILE_LIST(CFK_HALF_TILE, , )
CFK_WIDE_LIST(CFK_HALF_TILE, , )
/// [P - 1]
static const cfk_tile_function cfk_half_functions[CFK_WIDE_PIXELS] = {
    CFK_TILE_LIST(CFK_HALF_NAME, , ) CFK_WIDE_LIST(CFK_HALF_NAME, , )
};
#undef CFK_HALF_NAME
#undef CFK_HALF_TILE
