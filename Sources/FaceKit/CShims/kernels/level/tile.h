// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// The micro-kernel of every convolution and matrix product: P pixels times Q blocks of 16 outputs stay in registers
// over the whole reduction, then the epilogue runs on them before the only store.

/// How a tile finds its input.
enum {
    /// Pixels lie 16 floats apart; K-block k starts `offsets[k]` floats on.
    CFK_TILE_FLAT,
    /// Pixel p lies at `in_pixels[p]`; K-block k starts `offsets[k]` floats on.
    CFK_TILE_SCATTERED,
    /// Each pixel and kernel tap has its own address and block stride: windows that reach outside the map.
    CFK_TILE_BORDER,
    /// As SCATTERED, with single values instead of blocks of 16.
    CFK_TILE_PLANAR,
    CFK_TILE_KINDS
};

typedef struct cfk_tap {
    const float *data;
    int64_t block_stride;
} cfk_tap;

typedef struct cfk_tile {
    /// [K][Q*16], only live K; of four blocks two such, `weight_step` floats apart.
    const float *weights;
    int64_t weight_step;
    /// FLAT of four blocks: weights that are read later, and how many cache lines of them are fetched with each K-block.
    const float *fetch;
    int64_t fetch_lines;
    const int64_t *offsets;
    /// K-blocks with 16 live channels, then K-blocks with `live` channels (BORDER: channel blocks of all taps;
    /// PLANAR: `full` single values).
    int64_t full, partial, live;
    const float *in;
    /// FLAT: where the K-block with `live` channels lies if it is a half block, else null.
    const float *half_in;
    const int64_t *in_pixels;
    /// BORDER: [tap_count][P].
    const cfk_tap *taps;
    int64_t tap_count;
    float *out;
    int64_t out_block;
    const int64_t *out_pixels;
    const float *residual;
    int64_t residual_block;
    const int64_t *residual_pixels;
    /// Q*16 floats each.
    const float *bias, *slopes, *low, *high;
    int32_t activation, residual_mode;
} cfk_tile;

typedef void (*cfk_tile_function)(const cfk_tile *tile);

/// Floats of the weights that lie together for one step of the reduction.
CFK_INLINE int cfk_step_floats(const int Q) { return Q < 2 ? 16 : 32; }

/// One step of the reduction: acc[p][q] += x[p] * w[q].
CFK_INLINE void cfk_step(const int P, const int Q, cfk_v16 *acc, const float *const *x, int64_t c, const float *w,
                         int64_t weight_step) {
    cfk_v16 weights[4];
    CFK_UNROLL for (int q = 0; q < Q; ++q) weights[q] = cfk_load(w + q / 2 * weight_step + q % 2 * 16);
    CFK_UNROLL for (int p = 0; p < P; ++p) {
        const float value = x[p][c];
        CFK_UNROLL for (int q = 0; q < Q; ++q) acc[p * Q + q] += weights[q] * value;
    }
}

/// `live` channels of a K-block.
CFK_INLINE void cfk_step_partial(const int P, const int Q, cfk_v16 *acc, const float *const *x, int64_t live, const float *w,
                                 int64_t weight_step) {
    for (int64_t c = 0; c < live; ++c, w += cfk_step_floats(Q)) cfk_step(P, Q, acc, x, c, w, weight_step);
}

/// The 16 channels of a K-block. `chains` sets of accumulators take turns so that small tiles do not wait for the
/// latency of an addition.
CFK_INLINE void cfk_step_block(const int P, const int Q, const int chains, cfk_v16 *acc, const float *const *x,
                               const float *w, int64_t weight_step) {
    for (int c = 0; c < 16; c += 4) {
#if defined(__aarch64__)
        // Four channels in a register, multiplied by element.
        cfk_v4 values[16];
        CFK_UNROLL for (int p = 0; p < P; ++p) values[p] = *(const cfk_v4_unaligned *)(x[p] + c);
        CFK_UNROLL for (int i = 0; i < 4; ++i) {
            CFK_UNROLL for (int q = 0; q < Q; ++q) {
                const cfk_v16 weights = cfk_load(w + (i * Q + q) * 16);
                CFK_UNROLL for (int p = 0; p < P; ++p) acc[((i % chains) * P + p) * Q + q] += weights * values[p][i];
            }
        }
#else
        CFK_UNROLL for (int i = 0; i < 4; ++i) {
            // Tiles of more pixels than CFK_PIXELS are short of loads, and the weights of their one block are few; those
            // of four blocks are read again and again. The second cache waits for more lines at a time than the first.
            if (P <= CFK_PIXELS && Q <= 2) {
                CFK_UNROLL for (int q = 0; q < Q; ++q) __builtin_prefetch(w + CFK_PREFETCH + (i * Q + q) * 16, 0, 2);
            }
            cfk_step(P, Q, acc + (i % chains) * P * Q, x, c + i, w + i * cfk_step_floats(Q), weight_step);
        }
#endif
        w += 4 * cfk_step_floats(Q);
    }
}

CFK_INLINE void cfk_tile_run(const int kind, const int P, const int Q, const cfk_tile *tile) {
    enum { most = 32 };
    const int registers = P * Q * 16 / CFK_LANES;
    const int chains = registers <= 2 ? 4 : registers <= 4 ? 2 : 1;
    cfk_v16 acc[most];
    CFK_UNROLL for (int p = 0; p < P; ++p) {
        CFK_UNROLL for (int q = 0; q < Q; ++q) acc[p * Q + q] = cfk_load(tile->bias + q * 16);
    }
    CFK_UNROLL for (int i = P * Q; i < P * Q * chains; ++i) acc[i] = 0.0f;

    const float *w = tile->weights;
    const int64_t weight_step = tile->weight_step, floats = cfk_step_floats(Q);
    const float *x[16];
    if (kind == CFK_TILE_BORDER) {
        for (int64_t b = 0; b < tile->full; ++b) {
            const cfk_tap *tap = tile->taps;
            for (int64_t t = 0; t < tile->tap_count; ++t, tap += P, w += 16 * floats) {
                CFK_UNROLL for (int p = 0; p < P; ++p) x[p] = tap[p].data + b * tap[p].block_stride;
                cfk_step_block(P, Q, chains, acc, x, w, weight_step);
            }
        }
        if (tile->partial) {
            const cfk_tap *tap = tile->taps;
            for (int64_t t = 0; t < tile->tap_count; ++t, tap += P, w += tile->live * floats) {
                CFK_UNROLL for (int p = 0; p < P; ++p) x[p] = tap[p].data + tile->full * tap[p].block_stride;
                cfk_step_partial(P, Q, acc, x, tile->live, w, weight_step);
            }
        }
    } else {
        const float *pixels[16];
        CFK_UNROLL for (int p = 0; p < P; ++p) {
            pixels[p] = tile->in + (kind == CFK_TILE_FLAT ? p * 16 : tile->in_pixels[p]);
        }
        const int64_t *offset = tile->offsets;
        if (kind == CFK_TILE_PLANAR) {
            for (int64_t k = 0; k < tile->full; ++k, w += floats) cfk_step(P, Q, acc, pixels, offset[k], w, weight_step);
        } else {
            const float *fetch = tile->fetch;
            for (int64_t k = 0; k < tile->full; ++k, ++offset, w += 16 * floats) {
                CFK_UNROLL for (int p = 0; p < P; ++p) x[p] = pixels[p] + *offset;
                if (kind == CFK_TILE_FLAT && Q == 4) {
                    for (int64_t line = 0; line < tile->fetch_lines; ++line, fetch += 16) __builtin_prefetch(fetch, 0, 2);
                }
                cfk_step_block(P, Q, chains, acc, x, w, weight_step);
            }
            if (kind == CFK_TILE_FLAT && tile->half_in) {
                CFK_UNROLL for (int p = 0; p < P; ++p) x[p] = tile->half_in + p * 8;
                cfk_step_partial(P, Q, acc, x, tile->live, w, weight_step);
            } else {
                for (int64_t k = 0; k < tile->partial; ++k, ++offset, w += tile->live * floats) {
                    CFK_UNROLL for (int p = 0; p < P; ++p) x[p] = pixels[p] + *offset;
                    cfk_step_partial(P, Q, acc, x, tile->live, w, weight_step);
                }
            }
        }
    }
    CFK_UNROLL for (int s = 1; s < chains; ++s) {
        CFK_UNROLL for (int i = 0; i < P * Q; ++i) acc[i] += acc[s * P * Q + i];
    }

#define CFK_EACH CFK_UNROLL for (int p = 0; p < P; ++p) CFK_UNROLL for (int q = 0; q < Q; ++q)
#define CFK_AT(base, pixels, block) \
    ((base) + (kind == CFK_TILE_FLAT ? p * 16 : (pixels)[p]) + q * (block))
#define CFK_ADD_RESIDUAL \
    CFK_EACH acc[p * Q + q] += cfk_load(CFK_AT(tile->residual, tile->residual_pixels, tile->residual_block))
    if (tile->residual_mode == CFK_RESIDUAL_BEFORE_ACTIVATION) CFK_ADD_RESIDUAL;
    switch (tile->activation) {
        case CFK_ACTIVATION_RELU:
            CFK_EACH acc[p * Q + q] = cfk_positive(acc[p * Q + q]);
            break;
        case CFK_ACTIVATION_PRELU:
            CFK_UNROLL for (int q = 0; q < Q; ++q) {
                const cfk_v16 slope = cfk_load(tile->slopes + q * 16);
                CFK_UNROLL for (int p = 0; p < P; ++p) {
                    const cfk_v16 value = acc[p * Q + q];
                    acc[p * Q + q] = cfk_positive(value) + slope * cfk_negative(value);
                }
            }
            break;
        case CFK_ACTIVATION_CLIP:
            CFK_UNROLL for (int q = 0; q < Q; ++q) {
                const cfk_v16 low = cfk_load(tile->low + q * 16), high = cfk_load(tile->high + q * 16);
                CFK_UNROLL for (int p = 0; p < P; ++p) acc[p * Q + q] = cfk_min(cfk_max(acc[p * Q + q], low), high);
            }
            break;
        default:
            break;
    }
    if (tile->residual_mode == CFK_RESIDUAL_AFTER_ACTIVATION) CFK_ADD_RESIDUAL;
    CFK_EACH cfk_store(CFK_AT(tile->out, tile->out_pixels, tile->out_block), acc[p * Q + q]);
#undef CFK_ADD_RESIDUAL
#undef CFK_AT
#undef CFK_EACH
}

#define CFK_TILE(kind, P, Q) \
    static void cfk_tile_##kind##_##P##_##Q(const cfk_tile *tile) { cfk_tile_run(CFK_TILE_##kind, P, Q, tile); }
#define CFK_TILES(kind, Q) CFK_TILE_LIST(CFK_TILE, kind, Q)
#define CFK_NAME(kind, P, Q) cfk_tile_##kind##_##P##_##Q,

#if CFK_PIXELS == 8
#define CFK_TILE_LIST(X, kind, Q) \
    X(kind, 1, Q) X(kind, 2, Q) X(kind, 3, Q) X(kind, 4, Q) X(kind, 5, Q) X(kind, 6, Q) X(kind, 7, Q) X(kind, 8, Q)
#elif CFK_PIXELS == 6
#define CFK_TILE_LIST(X, kind, Q) X(kind, 1, Q) X(kind, 2, Q) X(kind, 3, Q) X(kind, 4, Q) X(kind, 5, Q) X(kind, 6, Q)
#elif CFK_PIXELS == 4
#define CFK_TILE_LIST(X, kind, Q) X(kind, 1, Q) X(kind, 2, Q) X(kind, 3, Q) X(kind, 4, Q)
#else
#define CFK_TILE_LIST(X, kind, Q) X(kind, 1, Q) X(kind, 2, Q)
#endif

CFK_TILES(FLAT, 1)
CFK_TILES(SCATTERED, 1)
CFK_TILES(BORDER, 1)
CFK_TILES(PLANAR, 1)
#if CFK_OUT_BLOCKS == 2
CFK_TILES(FLAT, 2)
CFK_TILES(SCATTERED, 2)
CFK_TILES(BORDER, 2)
CFK_TILES(PLANAR, 2)
#endif

/// [kind][Q - 1][P - 1]
static const cfk_tile_function cfk_tile_functions[CFK_TILE_KINDS][CFK_OUT_BLOCKS][CFK_PIXELS] = {
#if CFK_OUT_BLOCKS == 2
#define CFK_KIND(kind) {{CFK_TILE_LIST(CFK_NAME, kind, 1)}, {CFK_TILE_LIST(CFK_NAME, kind, 2)}},
#else
#define CFK_KIND(kind) {{CFK_TILE_LIST(CFK_NAME, kind, 1)}},
#endif
    CFK_KIND(FLAT) CFK_KIND(SCATTERED) CFK_KIND(BORDER) CFK_KIND(PLANAR)
#undef CFK_KIND
};

// Pixels side by side. A single output block takes twice as many where that fits the registers: fewer loads of weights, and
// more sums at once than a multiply-add has cycles. Four blocks take six pixels: fewer loads still, which tells when another
// thread has its share of the core.
#if CFK_OUT_BLOCKS == 2 && CFK_PIXELS == 8
#define CFK_HAS_FOUR_BLOCKS 1
enum { CFK_WIDE_PIXELS = 16, CFK_MOST_BLOCKS = 4, CFK_FOUR_PIXELS = 6 };
#define CFK_WIDE_LIST(X, kind, Q) \
    X(kind, 9, Q) X(kind, 10, Q) X(kind, 11, Q) X(kind, 12, Q) X(kind, 13, Q) X(kind, 14, Q) X(kind, 15, Q) \
    X(kind, 16, Q)
CFK_WIDE_LIST(CFK_TILE, FLAT, 1)
CFK_TILE(FLAT, 5, 4)
CFK_TILE(FLAT, 6, 4)
/// [P - 1] for CFK_TILE_FLAT and Q = 4, for pixels that `cfk_fills_four`.
static const cfk_tile_function cfk_four_functions[CFK_FOUR_PIXELS] = {[4] = cfk_tile_FLAT_5_4, [5] = cfk_tile_FLAT_6_4};
#else
#define CFK_HAS_FOUR_BLOCKS 0
enum { CFK_WIDE_PIXELS = CFK_PIXELS, CFK_MOST_BLOCKS = CFK_OUT_BLOCKS, CFK_FOUR_PIXELS = CFK_PIXELS };
#define CFK_WIDE_LIST(X, kind, Q)
#endif

/// Whether so many pixels are cut into tiles of CFK_FOUR_PIXELS and of one less only.
CFK_INLINE int cfk_fills_four(int64_t pixels) {
    return CFK_HAS_FOUR_BLOCKS && pixels >= CFK_FOUR_PIXELS * (CFK_FOUR_PIXELS - 2);
}

/// [P - 1] for CFK_TILE_FLAT and Q = 1.
static const cfk_tile_function cfk_wide_functions[CFK_WIDE_PIXELS] = {
    CFK_TILE_LIST(CFK_NAME, FLAT, 1) CFK_WIDE_LIST(CFK_NAME, FLAT, 1)
};

/// Bounds of CFK_ACTIVATION_CLIP for a tile to point to.
typedef struct cfk_bounds {
    float low[CFK_MOST_BLOCKS * 16], high[CFK_MOST_BLOCKS * 16];
} cfk_bounds;

/// The parts of a tile that belong to `most` output blocks at most from `first` on; returns their number Q.
CFK_INLINE int64_t cfk_tile_outputs(cfk_tile *tile, int64_t first, int64_t most, int64_t out_channels, const float *bias,
                                    const float *slopes, float low, float high, cfk_bounds *bounds) {
    const int64_t count = cfk_smaller(most, cfk_blocks(out_channels) - first);
    tile->bias = bias ? bias + first * 16 : cfk_zeros;
    tile->slopes = slopes ? slopes + first * 16 : cfk_zeros;
    if (tile->activation == CFK_ACTIVATION_CLIP) {
        // Bounds of zero keep pad lanes at zero.
        for (int64_t i = 0; i < count * 16; ++i) {
            const int live = first * 16 + i < out_channels;
            bounds->low[i] = live ? low : 0.0f;
            bounds->high[i] = live ? high : 0.0f;
        }
    }
    tile->low = bounds->low;
    tile->high = bounds->high;
    return count;
}

/// Packs the weights of one output group to [K-block][live in][Q*16], K-blocks in order (channel block, tap). Weight
/// (o, c, t) lies at o * row_stride + (c * taps + t) * column_stride.
static void cfk_pack_group(const float *weights, float *packed, int64_t group, int64_t out_channels,
                           int64_t in_channels, int64_t taps, int64_t row_stride, int64_t column_stride) {
    const int64_t first = group * CFK_OUT_BLOCKS * 16;
    const int64_t width = cfk_smaller(CFK_OUT_BLOCKS, cfk_blocks(out_channels) - group * CFK_OUT_BLOCKS) * 16;
    const int64_t outputs = cfk_smaller(width, out_channels - first);
    packed += group * in_channels * taps * CFK_OUT_BLOCKS * 16;
    for (int64_t b = 0; b * 16 < in_channels; ++b) {
        const int64_t live = cfk_live(in_channels, b);
        for (int64_t o = 0; o < width; ++o) {
            for (int64_t c = 0; c < live; ++c) {
                for (int64_t t = 0; t < taps; ++t) {
                    packed[(t * live + c) * width + o] = o < outputs
                        ? weights[(first + o) * row_stride + ((b * 16 + c) * taps + t) * column_stride]
                        : 0.0f;
                }
            }
        }
        packed += taps * live * width;
    }
}
