// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Convolution by the matrix registers of AMX, which multiply bfloat16 numbers and add up in float32. Each number is the
// sum of two of them, x = high + low, which holds 16 of float32's 24 bits; three products, high * high + low * high +
// high * low, give what float32 would to about 2^-16 (G. Henry, P. Tang, A. Heinecke, "Leveraging the bfloat16 artificial
// intelligence datatype for higher-precision computations", 2019). Values beyond float32's own range, infinite ones
// among them, come out as NaN.
//
// The input of an item is split into planes of high and low parts, padding included, one plane for each remainder of the
// stride, so that every kernel tap is the same run of pixels begun elsewhere: 16 pixels one after another are the rows of
// a register, whether they end a map's row or not. Sums of pixels between the rows are not stored.
// An item is a run of whole pictures, or of output rows of one, times a run of output blocks. Where several items would
// split the same input, a phase before splits it for all of them.

/// plan[]: how the work is cut.
enum {
    /// Pictures of an item; runs of rows of a picture (1 when an item has several pictures).
    CFK_MATRIX_PICTURES,
    CFK_MATRIX_BANDS,
    CFK_MATRIX_BLOCK_RUNS,
    /// Floats of one plane of a picture or band: 16 (as many bytes as 32 bfloat16 numbers) for each of its pixels.
    CFK_MATRIX_PLANE,
    /// 1 when phase 0 splits the input, an item a pair of blocks of a band or run of pictures, and phase 1 multiplies.
    CFK_MATRIX_SHARED,
};

enum {
    /// Floats of a register: 16 rows of 64 bytes.
    CFK_MATRIX_FLOATS = 256,
    /// Aim for the split input of an item, which should stay in the second cache beside the weights of two blocks.
    CFK_MATRIX_INPUT_BYTES = 512 * 1024,
    /// Floats beside planes: room to align, and pixels past their end that a register may read.
    CFK_MATRIX_MARGIN = 16 + 16 * 16,
    /// Cache lines of a step's weights of one block, and how many floats to fetch ahead where they are read once.
    CFK_MATRIX_STEP_LINES = 2 * CFK_MATRIX_FLOATS / 16,
    CFK_MATRIX_AHEAD = 4096,
};

/// Along one axis: remainders of the stride that kernel taps meet, and how far the last tap lies from the first in the
/// pixels of a plane.
CFK_INLINE int64_t cfk_matrix_remainders(int64_t kernel, int64_t stride, int64_t dilation) {
    int64_t count = 1;
    while (count < kernel && count * dilation % stride) ++count;
    return count;
}

CFK_INLINE int64_t cfk_matrix_reach(int64_t kernel, int64_t stride, int64_t dilation) {
    return (kernel - 1) * dilation / stride;
}

/// What follows from a convolution's sizes.
typedef struct cfk_matrix_layout {
    int64_t taps, in_blocks, out_blocks;
    /// Pairs of input blocks, a last single one included; whole pairs.
    int64_t pairs, wide;
    /// Products of a sum: a tap and a pair each.
    int64_t steps;
    /// Planes for each part of a pair: remainders of both axes.
    int64_t row_remainders, column_remainders, remainders;
    /// Pixels between the rows of a plane; rows that a band reads beyond its own.
    int64_t pitch, reach;
} cfk_matrix_layout;

CFK_INLINE cfk_matrix_layout cfk_matrix_layout_of(const cfk_conv *conv) {
    cfk_matrix_layout layout = {
        .taps = (int64_t)conv->kernel_height * conv->kernel_width,
        .in_blocks = cfk_blocks(conv->in_channels),
        .out_blocks = cfk_blocks(conv->out_channels),
        .row_remainders = cfk_matrix_remainders(conv->kernel_height, conv->stride_height, conv->dilation_height),
        .column_remainders = cfk_matrix_remainders(conv->kernel_width, conv->stride_width, conv->dilation_width),
        .pitch = conv->out_width + cfk_matrix_reach(conv->kernel_width, conv->stride_width, conv->dilation_width),
        .reach = cfk_matrix_reach(conv->kernel_height, conv->stride_height, conv->dilation_height),
    };
    layout.pairs = cfk_ceiling(layout.in_blocks, 2);
    layout.wide = layout.in_blocks / 2;
    layout.steps = layout.taps * layout.pairs;
    layout.remainders = layout.row_remainders * layout.column_remainders;
    return layout;
}

/// Scratch beside the planes: room to align, the sums, the places of the steps.
CFK_INLINE int64_t cfk_matrix_scratch(const cfk_matrix_layout *layout) {
    return 16 + 4 * CFK_MATRIX_FLOATS + cfk_ceiling(layout->steps * 2, 16) * 16;
}

static cfk_status cfk_matrix_prepare(cfk_conv *conv, int32_t threads) {
    const cfk_matrix_layout layout = cfk_matrix_layout_of(conv);
    // Packing counts a block's weights in 32 bits.
    if (16 * conv->in_channels * layout.taps > INT32_MAX) return CFK_TOO_LARGE;
    conv->packed_floats = layout.out_blocks * layout.steps * 2 * CFK_MATRIX_FLOATS;
    conv->pack_items = layout.out_blocks;

    const int64_t row_bytes = layout.pitch * layout.remainders * layout.in_blocks * 64;
    const int64_t most_rows = cfk_larger(1, CFK_MATRIX_INPUT_BYTES / row_bytes - layout.reach);
    int64_t bands = cfk_ceiling(conv->out_height, most_rows);
    int64_t pictures = cfk_larger(1, CFK_MATRIX_INPUT_BYTES / ((conv->out_height + layout.reach) * row_bytes));
    int64_t block_runs = 1;
    if (threads > 1) {
        const int64_t wanted = 4 * (int64_t)threads;
        pictures = cfk_larger(1, cfk_smaller(pictures, conv->batch / wanted));
        // Rows between bands are split twice, so a band should be many windows high.
        const int64_t high = cfk_larger(1, conv->out_height / (4 * (layout.reach + 1)));
        if (conv->batch < wanted) bands = cfk_larger(bands, cfk_smaller(high, cfk_ceiling(wanted, conv->batch)));
        const int64_t items = cfk_ceiling(conv->batch, pictures) * bands;
        if (items < wanted) block_runs = cfk_smaller(cfk_ceiling(layout.out_blocks, 2), cfk_ceiling(wanted, items));
    }
    pictures = bands > 1 ? 1 : cfk_smaller(pictures, conv->batch);
    const int64_t rows = cfk_ceiling(conv->out_height, bands) + layout.reach;
    conv->plan[CFK_MATRIX_PICTURES] = pictures;
    conv->plan[CFK_MATRIX_BANDS] = bands;
    conv->plan[CFK_MATRIX_BLOCK_RUNS] = block_runs;
    conv->plan[CFK_MATRIX_PLANE] = rows * layout.pitch * 16;
    const int64_t units = cfk_ceiling(conv->batch, pictures) * bands;
    const int64_t planes = pictures * layout.remainders * layout.in_blocks * conv->plan[CFK_MATRIX_PLANE];
    const int shared = block_runs > 1;
    conv->plan[CFK_MATRIX_SHARED] = shared;
    conv->shared_floats = shared ? units * planes + CFK_MATRIX_MARGIN : 0;
    conv->phases = shared ? 2 : 1;
    conv->items[0] = shared ? units * layout.pairs : units;
    conv->items[1] = shared ? units * block_runs : 0;
    conv->scratch_floats = cfk_matrix_scratch(&layout) + (shared ? 0 : planes + CFK_MATRIX_MARGIN);
    return CFK_OK;
}

/// A register's number: its nearest bfloat16 number's bits in the upper half, zeros in the lower.
CFK_INLINE __m512i cfk_nearest_bfloat16(__m512 values) {
    return _mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(values)), 16);
}

/// Packs an output block to [step][high, low][pair of inputs][16 outputs][2], steps in order (two blocks of inputs, tap).
/// A last single block of inputs has its parts twice, for the high and the low part of the input side by side.
static void cfk_matrix_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end) {
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width, blocks = cfk_blocks(conv->in_channels);
    const int64_t output_step = conv->in_channels * taps;
    const __m512i outputs = _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                                               _mm512_set1_epi32((int32_t)output_step));
    float *to = packed + begin * cfk_ceiling(blocks, 2) * taps * 2 * CFK_MATRIX_FLOATS;
    for (int64_t block = begin; block < end; ++block) {
        const __mmask16 live = (__mmask16)((1u << cfk_live(conv->out_channels, block)) - 1);
        const float *from = weights + block * 16 * output_step;
        for (int64_t first = 0; first < blocks * 16; first += 32) {
            const int is_single = first + 16 == blocks * 16;
            for (int64_t tap = 0; tap < taps; ++tap, to += 2 * CFK_MATRIX_FLOATS) {
                for (int64_t k = 0; k < (is_single ? 16 : 32); k += 2) {
                    const int64_t input = first + k;
                    const __mmask16 even_live = input < conv->in_channels ? live : 0;
                    const __mmask16 odd_live = input + 1 < conv->in_channels ? live : 0;
                    const float *at = from + input * taps + tap;
                    const __m512 zero = _mm512_setzero_ps();
                    const __m512 even = _mm512_mask_i32gather_ps(zero, even_live, outputs, at, 4);
                    const __m512 odd = _mm512_mask_i32gather_ps(zero, odd_live, outputs, at + taps, 4);
                    const __m512i even_high = cfk_nearest_bfloat16(even), odd_high = cfk_nearest_bfloat16(odd);
                    const __m512i even_low = cfk_nearest_bfloat16(even - (__m512)even_high);
                    const __m512i odd_low = cfk_nearest_bfloat16(odd - (__m512)odd_high);
                    const __m512i high = _mm512_or_si512(_mm512_srli_epi32(even_high, 16), odd_high);
                    const __m512i low = _mm512_or_si512(_mm512_srli_epi32(even_low, 16), odd_low);
                    float *line = to + k * 8;
                    _mm512_storeu_si512(line, high);
                    _mm512_storeu_si512(line + CFK_MATRIX_FLOATS, low);
                    if (is_single) {
                        _mm512_storeu_si512(line + CFK_MATRIX_FLOATS / 2, high);
                        _mm512_storeu_si512(line + CFK_MATRIX_FLOATS + CFK_MATRIX_FLOATS / 2, low);
                    }
                }
            }
        }
    }
}

/// Splits pixels, `step` floats apart, of two blocks side by side into planes of high and of low parts.
CFK_INLINE void cfk_split_wide(const float *first, const float *second, int64_t step, int64_t count, float *high,
                               float *low) {
    for (int64_t i = 0; i < count; ++i, first += step, second += step, high += 16, low += 16) {
        const __m512 a = _mm512_loadu_ps(first), b = _mm512_loadu_ps(second);
        const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(b, a);
        const __m512i a_high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(rounded)), 16);
        const __m512i b_high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(rounded, 1)), 16);
        const __m512bh rest = _mm512_cvtne2ps_pbh(b - (__m512)b_high, a - (__m512)a_high);
        _mm512_store_si512(high, rounded);
        _mm512_store_si512(low, (__m512i)rest);
    }
}

/// Splits pixels of one block into high and low parts side by side.
CFK_INLINE void cfk_split_narrow(const float *first, int64_t step, int64_t count, float *parts) {
    for (int64_t i = 0; i < count; ++i, first += step, parts += 16) {
        const __m512 a = _mm512_loadu_ps(first);
        const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(a));
        const __m512 rest = a - (__m512)_mm512_slli_epi32(high, 16);
        _mm512_store_si512(parts, (__m512i)_mm512_cvtne2ps_pbh(rest, (__m512)_mm512_slli_epi32(high, 16)));
    }
}

/// Splits `rows` rows of a plane of one picture: pixel (y, x) of the plane is pixel (y * stride + top, x * stride + left)
/// of the map.
static void cfk_matrix_split(const cfk_conv *conv, const float *data, int64_t block_stride, const float *pad_values,
                             int64_t top, int64_t left, int64_t rows, int64_t pitch, int64_t pair, float *high,
                             float *low) {
    const int64_t height = conv->in_height, width = conv->in_width, stride = conv->stride_width;
    const int wide = pair * 2 + 1 < cfk_blocks(conv->in_channels);
    const float *first = data + pair * 2 * block_stride, *second = wide ? first + block_stride : first;
    const float *pad = pad_values ? pad_values + pair * 32 : cfk_zeros, *second_pad = wide ? pad + 16 : pad;
    // Pixels of a row that lie in the map.
    int64_t begin, end;
    cfk_window(left, pitch, stride, width, &begin, &end);
    for (int64_t y = 0; y < rows; ++y, high += pitch * 16, low += pitch * 16) {
        const int64_t in_y = y * conv->stride_height + top;
        const int inside = in_y >= 0 && in_y < height;
        const int64_t from = inside ? begin : pitch, to = inside ? end : pitch;
        if (wide) {
            cfk_split_wide(pad, second_pad, 0, from, high, low);
            const int64_t at = inside ? (in_y * width + left + from * stride) * 16 : 0;
            cfk_split_wide(first + at, second + at, stride * 16, to - from, high + from * 16, low + from * 16);
            cfk_split_wide(pad, second_pad, 0, pitch - to, high + to * 16, low + to * 16);
        } else {
            cfk_split_narrow(pad, 0, from, high);
            const int64_t at = inside ? (in_y * width + left + from * stride) * 16 : 0;
            cfk_split_narrow(first + at, stride * 16, to - from, high + from * 16);
            cfk_split_narrow(pad, 0, pitch - to, high + to * 16);
        }
    }
}

/// What the products of one output block or two need.
typedef struct cfk_matrix_product {
    /// The first pixel of the first register, in the first plane.
    const float *in;
    /// Where each step's pixels begin, from `in`.
    const int64_t *places;
    /// Steps over two blocks of inputs, whose low parts lie `low` floats on, then steps over a single one.
    int64_t wide, narrow, low;
    /// Packed weights of the first block; the second's lie `block` floats on.
    const float *weights;
    int64_t block;
    /// Weights of this product or of a later one, which may lie in memory: each step fetches `lines` cache lines of them
    /// into the second cache, and of two blocks that are read side by side `second_lines` of the second's.
    const float *fetch, *second;
    int64_t lines, second_lines;
    /// Bias of the blocks.
    const float *bias;
    /// Sums: [register of pixels][block][16 pixels][16 outputs].
    float *sums;
} cfk_matrix_product;

/// Returns where the next step's lines begin.
CFK_INLINE const float *cfk_matrix_fetch(const float *from, int64_t lines) {
    for (; lines > 0; --lines, from += 16) __builtin_prefetch(from, 0, 2);
    return from;
}

// The numbers of registers are part of the instructions, so each shape is written out. 0 to 3 hold the sums.

CFK_INLINE void cfk_matrix_store_sums(const cfk_matrix_product *p) {
    _tile_stored(0, p->sums, 64);
    _tile_stored(1, p->sums + CFK_MATRIX_FLOATS, 64);
    _tile_stored(2, p->sums + 2 * CFK_MATRIX_FLOATS, 64);
    _tile_stored(3, p->sums + 3 * CFK_MATRIX_FLOATS, 64);
}

/// The products of the second of two registers of pixels with the high parts of the weights of two blocks, which are in 6
/// and 7, and of both, the first being in 4, with the low parts.
CFK_INLINE void cfk_matrix_rest_2_2(const float *x, const float *w, const float *v) {
    _tile_loadd(5, x + CFK_MATRIX_FLOATS, 64);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    _tile_loadd(6, w + CFK_MATRIX_FLOATS, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(2, 5, 6);
    _tile_loadd(7, v + CFK_MATRIX_FLOATS, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(3, 5, 7);
}

/// The products of four registers of pixels with the high and the low parts of a block's weights, which are in 6 and 7.
CFK_INLINE void cfk_matrix_both_4_1(const float *x) {
    _tile_loadd(4, x, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(5, x + CFK_MATRIX_FLOATS, 64);
    _tile_dpbf16ps(1, 5, 6);
    _tile_dpbf16ps(0, 4, 7);
    _tile_dpbf16ps(1, 5, 7);
    _tile_loadd(4, x + 2 * CFK_MATRIX_FLOATS, 64);
    _tile_dpbf16ps(2, 4, 6);
    _tile_loadd(5, x + 3 * CFK_MATRIX_FLOATS, 64);
    _tile_dpbf16ps(3, 5, 6);
    _tile_dpbf16ps(2, 4, 7);
    _tile_dpbf16ps(3, 5, 7);
}

/// Two registers of pixels, two blocks.
static void cfk_matrix_2_2(const cfk_matrix_product *p) {
    _tile_loadd(0, p->bias, 0);
    _tile_loadd(1, p->bias + 16, 0);
    _tile_loadd(2, p->bias, 0);
    _tile_loadd(3, p->bias + 16, 0);
    const float *w = p->weights, *v = w + p->block;
    const int64_t *place = p->places;
    const float *fetch = p->fetch, *second = p->second;
    for (int64_t k = 0; k < p->wide; ++k, ++place, w += 2 * CFK_MATRIX_FLOATS, v += 2 * CFK_MATRIX_FLOATS) {
        const float *x = p->in + *place, *low = x + p->low;
        fetch = cfk_matrix_fetch(fetch, p->lines);
        second = cfk_matrix_fetch(second, p->second_lines);
        _tile_loadd(6, w, 64);
        _tile_loadd(4, low, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, v, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, low + CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
        _tile_loadd(4, x, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        cfk_matrix_rest_2_2(x, w, v);
    }
    for (int64_t k = 0; k < p->narrow; ++k, ++place, w += 2 * CFK_MATRIX_FLOATS, v += 2 * CFK_MATRIX_FLOATS) {
        const float *x = p->in + *place;
        _tile_loadd(4, x, 64);
        _tile_loadd(6, w, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, v, 64);
        _tile_dpbf16ps(1, 4, 7);
        cfk_matrix_rest_2_2(x, w, v);
    }
    cfk_matrix_store_sums(p);
}

/// One register of pixels, two blocks.
static void cfk_matrix_1_2(const cfk_matrix_product *p) {
    _tile_loadd(0, p->bias, 0);
    _tile_loadd(1, p->bias + 16, 0);
    // More sums at once than a product takes cycles.
    _tile_zero(2);
    _tile_zero(3);
    const float *w = p->weights, *v = w + p->block;
    const int64_t *place = p->places;
    const float *fetch = p->fetch, *second = p->second;
    for (int64_t k = 0; k < p->wide; ++k, ++place, w += 2 * CFK_MATRIX_FLOATS, v += 2 * CFK_MATRIX_FLOATS) {
        const float *x = p->in + *place;
        fetch = cfk_matrix_fetch(fetch, p->lines);
        second = cfk_matrix_fetch(second, p->second_lines);
        _tile_loadd(4, x, 64);
        _tile_loadd(6, w, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, v, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, x + p->low, 64);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
        _tile_loadd(6, w + CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, v + CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(1, 4, 7);
    }
    for (int64_t k = 0; k < p->narrow; ++k, ++place, w += 2 * CFK_MATRIX_FLOATS, v += 2 * CFK_MATRIX_FLOATS) {
        _tile_loadd(4, p->in + *place, 64);
        _tile_loadd(6, w, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, v, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(6, w + CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(2, 4, 6);
        _tile_loadd(7, v + CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(3, 4, 7);
    }
    cfk_matrix_store_sums(p);
    for (int64_t i = 0; i < 2 * CFK_MATRIX_FLOATS; i += 16) {
        cfk_store(p->sums + i, cfk_load(p->sums + i) + cfk_load(p->sums + 2 * CFK_MATRIX_FLOATS + i));
    }
}

/// Four registers of pixels, one block: its weights are read once for all of a small map.
static void cfk_matrix_4_1(const cfk_matrix_product *p) {
    _tile_loadd(0, p->bias, 0);
    _tile_loadd(1, p->bias, 0);
    _tile_loadd(2, p->bias, 0);
    _tile_loadd(3, p->bias, 0);
    const float *w = p->weights;
    const int64_t *place = p->places;
    const float *fetch = p->fetch;
    for (int64_t k = 0; k < p->wide; ++k, ++place, w += 2 * CFK_MATRIX_FLOATS) {
        const float *x = p->in + *place, *low = x + p->low;
        fetch = cfk_matrix_fetch(fetch, p->lines);
        _tile_loadd(6, w, 64);
        _tile_loadd(4, low, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(5, low + CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(1, 5, 6);
        _tile_loadd(4, low + 2 * CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(2, 4, 6);
        _tile_loadd(5, low + 3 * CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(3, 5, 6);
        _tile_loadd(7, w + CFK_MATRIX_FLOATS, 64);
        cfk_matrix_both_4_1(x);
    }
    for (int64_t k = 0; k < p->narrow; ++k, ++place, w += 2 * CFK_MATRIX_FLOATS) {
        const float *x = p->in + *place;
        _tile_loadd(6, w, 64);
        _tile_loadd(7, w + CFK_MATRIX_FLOATS, 64);
        cfk_matrix_both_4_1(x);
    }
    cfk_matrix_store_sums(p);
}

/// One register of pixels, one block.
static void cfk_matrix_1_1(const cfk_matrix_product *p) {
    _tile_loadd(0, p->bias, 0);
    _tile_zero(1);
    _tile_zero(2);
    const float *w = p->weights;
    const int64_t *place = p->places;
    const float *fetch = p->fetch;
    for (int64_t k = 0; k < p->wide; ++k, ++place, w += 2 * CFK_MATRIX_FLOATS) {
        const float *x = p->in + *place;
        fetch = cfk_matrix_fetch(fetch, p->lines);
        _tile_loadd(4, x, 64);
        _tile_loadd(6, w, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(5, x + p->low, 64);
        _tile_dpbf16ps(1, 5, 6);
        _tile_loadd(7, w + CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(2, 4, 7);
    }
    for (int64_t k = 0; k < p->narrow; ++k, ++place, w += 2 * CFK_MATRIX_FLOATS) {
        _tile_loadd(4, p->in + *place, 64);
        _tile_loadd(6, w, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, w + CFK_MATRIX_FLOATS, 64);
        _tile_dpbf16ps(1, 4, 7);
    }
    _tile_stored(0, p->sums, 64);
    _tile_stored(1, p->sums + CFK_MATRIX_FLOATS, 64);
    _tile_stored(2, p->sums + 2 * CFK_MATRIX_FLOATS, 64);
    for (int64_t i = 0; i < CFK_MATRIX_FLOATS; i += 16) {
        cfk_store(p->sums + i, cfk_load(p->sums + i) + cfk_load(p->sums + CFK_MATRIX_FLOATS + i)
                                   + cfk_load(p->sums + 2 * CFK_MATRIX_FLOATS + i));
    }
}

/// Residual and activation for the sums of neighbouring pixels of one block, and where they go.
CFK_INLINE void cfk_matrix_finish(const int activation, const int residual_mode, const float *sums, int64_t count,
                                  const cfk_tile *tile, const float *residual, float *out) {
    const cfk_v16 slope = cfk_load(tile->slopes), low = cfk_load(tile->low), high = cfk_load(tile->high);
    for (int64_t i = 0; i < count * 16; i += 16) {
        cfk_v16 value = cfk_load(sums + i);
        if (residual_mode == CFK_RESIDUAL_BEFORE_ACTIVATION) value += cfk_load(residual + i);
        if (activation == CFK_ACTIVATION_RELU) value = cfk_positive(value);
        if (activation == CFK_ACTIVATION_PRELU) value = cfk_positive(value) + slope * cfk_negative(value);
        if (activation == CFK_ACTIVATION_CLIP) value = cfk_min(cfk_max(value, low), high);
        if (residual_mode == CFK_RESIDUAL_AFTER_ACTIVATION) value += cfk_load(residual + i);
        cfk_store(out + i, value);
    }
}

static void cfk_matrix_write(const cfk_tile *tile, const float *sums, int64_t count, const float *residual, float *out) {
#define CFK_WITH(activation) \
    case activation: \
        if (tile->residual_mode == CFK_RESIDUAL_NONE) { \
            cfk_matrix_finish(activation, CFK_RESIDUAL_NONE, sums, count, tile, residual, out); \
        } else { \
            cfk_matrix_finish(activation, tile->residual_mode, sums, count, tile, residual, out); \
        } \
        break
    switch (tile->activation) {
        CFK_WITH(CFK_ACTIVATION_NONE);
        CFK_WITH(CFK_ACTIVATION_RELU);
        CFK_WITH(CFK_ACTIVATION_PRELU);
        CFK_WITH(CFK_ACTIVATION_CLIP);
    }
#undef CFK_WITH
}

/// All rows of 64 bytes.
CFK_INLINE void cfk_matrix_begin(void) {
    struct {
        uint8_t palette, start, zeros[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; ++i) {
        shape.bytes[i] = 64;
        shape.rows[i] = 16;
    }
    _tile_loadconfig(&shape);
}

/// Where things lie in the scratch.
typedef struct cfk_matrix_room {
    float *sums;
    int64_t *places;
    float *planes;
} cfk_matrix_room;

CFK_INLINE float *cfk_matrix_aligned(float *floats) { return (float *)(((uintptr_t)floats + 63) / 64 * 64); }

CFK_INLINE cfk_matrix_room cfk_matrix_room_of(const cfk_matrix_layout *layout, float *scratch) {
    cfk_matrix_room room = {.sums = cfk_matrix_aligned(scratch)};
    room.places = (int64_t *)(room.sums + 4 * CFK_MATRIX_FLOATS);
    room.planes = cfk_matrix_aligned((float *)room.places + cfk_ceiling(layout->steps * 2, 16) * 16);
    return room;
}

/// Finds where each step's pixels begin. Planes lie in order (pair of blocks, remainder, high and low part).
static void cfk_matrix_find_places(const cfk_conv *conv, const cfk_matrix_layout *layout, int64_t plane,
                                   int64_t *places) {
    for (int64_t step = 0; step < layout->steps; ++step) {
        const int64_t pair = step / layout->taps;
        const int64_t ky = step % layout->taps / conv->kernel_width, kx = step % conv->kernel_width;
        const int64_t remainder = ky % layout->row_remainders * layout->column_remainders
            + kx % layout->column_remainders;
        const int64_t row = ky * conv->dilation_height / conv->stride_height;
        const int64_t column = kx * conv->dilation_width / conv->stride_width;
        places[step] = (pair * 2 * layout->remainders + remainder * (pair < layout->wide ? 2 : 1)) * plane
            + (row * layout->pitch + column) * 16;
    }
}

/// Pictures or rows of one picture, whose input is split as a whole.
typedef struct cfk_matrix_unit {
    int64_t first, pictures, oy, rows;
} cfk_matrix_unit;

CFK_INLINE cfk_matrix_unit cfk_matrix_unit_of(const cfk_conv *conv, int64_t index) {
    const int64_t bands = conv->plan[CFK_MATRIX_BANDS], pictures = conv->plan[CFK_MATRIX_PICTURES];
    const int64_t first = index / bands * pictures, oy = cfk_cut(conv->out_height, bands, index % bands);
    return (cfk_matrix_unit){
        first, cfk_smaller(conv->batch - first, pictures), oy, cfk_cut(conv->out_height, bands, index % bands + 1) - oy,
    };
}

/// Floats of the planes of a picture.
CFK_INLINE int64_t cfk_matrix_picture(const cfk_conv *conv, const cfk_matrix_layout *layout) {
    return layout->remainders * layout->in_blocks * conv->plan[CFK_MATRIX_PLANE];
}

/// Splits the planes of a pair of blocks for all pictures of a unit, whose planes begin at `planes`.
static void cfk_matrix_split_pair(const cfk_conv *conv, const cfk_conv_buffers *buffers, const cfk_matrix_layout *layout,
                                  const cfk_matrix_unit *unit, int64_t pair, float *planes) {
    const int64_t plane = conv->plan[CFK_MATRIX_PLANE], parts = pair < layout->wide ? 2 : 1;
    for (int64_t n = 0; n < unit->pictures; ++n) {
        const float *data = buffers->input.data + (unit->first + n) * buffers->input.batch_stride;
        float *to = planes + n * cfk_matrix_picture(conv, layout) + pair * 2 * layout->remainders * plane;
        for (int64_t remainder = 0; remainder < layout->remainders; ++remainder, to += parts * plane) {
            const int64_t ky = remainder / layout->column_remainders, kx = remainder % layout->column_remainders;
            const int64_t top = unit->oy * conv->stride_height - conv->pad_top
                + ky * conv->dilation_height % conv->stride_height;
            const int64_t left = kx * conv->dilation_width % conv->stride_width - conv->pad_left;
            cfk_matrix_split(conv, data, buffers->input.block_stride, buffers->pad_values, top, left,
                             unit->rows + layout->reach, layout->pitch, pair, to, to + plane);
        }
    }
}

/// Writes the sums of `height` registers of pixels from register `first` on, those of block `q` of `count`, to the rows
/// of an output block.
static void cfk_matrix_write_rows(const cfk_conv *conv, const cfk_tile *tile, const float *sums, int64_t first,
                                  int64_t height, int64_t q, int64_t count, int64_t pixels, int64_t pitch,
                                  const float *residual, float *out) {
    const int64_t stop = cfk_smaller(pixels, (first + height) * 16);
    for (int64_t pixel = first * 16; pixel < stop;) {
        const int64_t y = pixel / pitch, x = pixel - y * pitch;
        const int64_t row_end = cfk_smaller(stop, y * pitch + conv->out_width);
        // Of several blocks, a register's sums and the next one's have those of the others between them.
        const int64_t run_end = count == 1 ? row_end : cfk_smaller(row_end, (pixel / 16 + 1) * 16);
        if (pixel < run_end) {
            const int64_t at = (y * conv->out_width + x) * 16;
            const float *from = sums + ((pixel / 16 - first) * count + q) * CFK_MATRIX_FLOATS + pixel % 16 * 16;
            cfk_matrix_write(tile, from, run_end - pixel, residual ? residual + at : NULL, out + at);
        }
        pixel = run_end == row_end && run_end < stop ? (y + 1) * pitch : run_end;
    }
}

/// Which sums one call of a product made: of a picture, some blocks and some registers of pixels.
typedef struct cfk_matrix_sums {
    int64_t n, block, count, first, height;
} cfk_matrix_sums;

/// What the products of an item have in common.
typedef struct cfk_matrix_job {
    const cfk_conv *conv;
    const cfk_conv_buffers *buffers;
    const cfk_matrix_layout *layout;
    const cfk_matrix_room *room;
    /// Floats of a plane; pictures, whose planes lie `picture` floats apart.
    int64_t plane, pictures, picture;
    /// Pixels of a plane from the first output to the last.
    int64_t pixels;
    /// Output blocks.
    int64_t first_block, last_block;
    /// The first of the rows.
    cfk_map out, residual;
} cfk_matrix_job;

static void cfk_matrix_write_sums(const cfk_matrix_job *job, const cfk_matrix_sums *sums) {
    const cfk_conv *conv = job->conv;
    float bounds[32];
    cfk_tile tile = {
        .activation = conv->activation, .residual_mode = conv->residual, .low = bounds, .high = bounds + 16,
    };
    for (int64_t q = 0; q < sums->count; ++q) {
        const int64_t block = sums->block + q;
        tile.slopes = job->buffers->slopes ? job->buffers->slopes + block * 16 : cfk_zeros;
        // Bounds of zero keep pad lanes at zero.
        const int64_t live = cfk_live(conv->out_channels, block);
        cfk_store(bounds, cfk_keep((cfk_v16)conv->low, live));
        cfk_store(bounds + 16, cfk_keep((cfk_v16)conv->high, live));
        const cfk_map *out = &job->out, *residual = &job->residual;
        cfk_matrix_write_rows(
            conv, &tile, job->room->sums, sums->first, sums->height, q, sums->count, job->pixels, job->layout->pitch,
            residual->data ? residual->data + sums->n * residual->batch_stride + block * residual->block_stride : NULL,
            out->data + sums->n * out->batch_stride + block * out->block_stride);
    }
}

static void cfk_matrix_multiply(const cfk_matrix_job *job) {
    const cfk_matrix_layout *layout = job->layout;
    const int64_t registers = cfk_ceiling(job->pixels, 16);
    cfk_matrix_product product = {
        .places = job->room->places,
        .wide = layout->wide * layout->taps,
        .narrow = layout->steps - layout->wide * layout->taps,
        .low = job->plane,
        .block = layout->steps * 2 * CFK_MATRIX_FLOATS,
        .sums = job->room->sums,
    };
    for (int64_t block = job->first_block, count; block < job->last_block; block += count) {
        // Three or four registers of pixels: one block at a time, so that its weights are read once.
        count = registers == 3 || registers == 4 ? 1 : cfk_smaller(2, job->last_block - block);
        product.weights = job->buffers->weights + block * product.block;
        const int64_t passes = job->pictures * cfk_ceiling(registers, count == 2 ? 2 : 4);
        product.second = product.weights + product.block + CFK_MATRIX_AHEAD;
        if (passes == 1) {
            product.fetch = product.weights + CFK_MATRIX_AHEAD;
            product.lines = CFK_MATRIX_STEP_LINES;
            product.second_lines = count == 2 ? CFK_MATRIX_STEP_LINES : 0;
        } else {
            // Those of the blocks that come next, a part in each pass: all at once they would hold the first pass up.
            const int64_t next = block + count;
            product.fetch = job->buffers->weights + next * product.block;
            product.lines = cfk_ceiling(cfk_smaller(layout->out_blocks - next, count) * CFK_MATRIX_STEP_LINES, passes);
            product.second_lines = 0;
        }
        product.bias = job->buffers->bias ? job->buffers->bias + block * 16 : cfk_zeros;
        for (int64_t n = 0; n < job->pictures; ++n) {
            for (int64_t r = 0, height; r < registers; r += height) {
                product.in = job->room->planes + n * job->picture + r * CFK_MATRIX_FLOATS;
                if (count == 2) {
                    height = cfk_smaller(2, registers - r);
                    (height == 2 ? cfk_matrix_2_2 : cfk_matrix_1_2)(&product);
                } else {
                    height = registers - r >= 3 ? cfk_smaller(4, registers - r) : 1;
                    (height > 1 ? cfk_matrix_4_1 : cfk_matrix_1_1)(&product);
                }
                product.fetch += layout->steps * product.lines * 16;
                const cfk_matrix_sums sums = {n, block, count, r, height};
                cfk_matrix_write_sums(job, &sums);
            }
        }
    }
}

static void cfk_matrix_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int32_t phase, int64_t begin,
                           int64_t end, float *scratch) {
    const cfk_matrix_layout layout = cfk_matrix_layout_of(conv);
    const int64_t plane = conv->plan[CFK_MATRIX_PLANE], picture = cfk_matrix_picture(conv, &layout);
    const int64_t unit_floats = conv->plan[CFK_MATRIX_PICTURES] * picture;
    const int64_t shared = conv->plan[CFK_MATRIX_SHARED];
    float *shared_planes = shared ? cfk_matrix_aligned(buffers->shared) : NULL;
    if (shared && phase == 0) {
        for (int64_t item = begin; item < end; ++item) {
            const cfk_matrix_unit unit = cfk_matrix_unit_of(conv, item / layout.pairs);
            cfk_matrix_split_pair(conv, buffers, &layout, &unit, item % layout.pairs,
                                  shared_planes + item / layout.pairs * unit_floats);
        }
        return;
    }
    cfk_matrix_room room = cfk_matrix_room_of(&layout, scratch);
    const int64_t block_runs = conv->plan[CFK_MATRIX_BLOCK_RUNS];
    cfk_matrix_find_places(conv, &layout, plane, room.places);
    cfk_matrix_begin();
    for (int64_t item = begin; item < end; ++item) {
        const int64_t block_run = item % block_runs;
        const cfk_matrix_unit unit = cfk_matrix_unit_of(conv, item / block_runs);
        if (shared) {
            room.planes = shared_planes + item / block_runs * unit_floats;
        } else {
            for (int64_t pair = 0; pair < layout.pairs; ++pair) {
                cfk_matrix_split_pair(conv, buffers, &layout, &unit, pair, room.planes);
            }
        }
        cfk_map out = buffers->output, residual = buffers->residual;
        const int64_t at = unit.oy * conv->out_width * 16;
        out.data += unit.first * out.batch_stride + at;
        residual.data = conv->residual ? residual.data + unit.first * residual.batch_stride + at : NULL;
        const cfk_matrix_job job = {
            .conv = conv,
            .buffers = buffers,
            .layout = &layout,
            .room = &room,
            .plane = plane,
            .pictures = unit.pictures,
            .picture = picture,
            .pixels = (unit.rows - 1) * layout.pitch + conv->out_width,
            .first_block = cfk_cut(layout.out_blocks, block_runs, block_run),
            .last_block = cfk_cut(layout.out_blocks, block_runs, block_run + 1),
            .out = out,
            .residual = residual,
        };
        cfk_matrix_multiply(&job);
    }
    _tile_release();
}
