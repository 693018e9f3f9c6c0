// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Depthwise convolution, one block of 16 channels at a time. An item is a run of output rows of one block.

/// plan[0]: runs of rows per block.
static cfk_status cfk_depthwise_prepare(cfk_conv *conv, int32_t threads) {
    if (conv->in_channels != conv->out_channels) return CFK_BAD_SIZE;
    const int64_t blocks = cfk_blocks(conv->in_channels);
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    conv->packed_floats = blocks * taps * 16;
    conv->pack_items = blocks;
    const int64_t wanted = cfk_ceiling(8 * (int64_t)threads, blocks * conv->batch);
    conv->plan[0] = cfk_runs(conv->out_height, 1, wanted, conv->batch, conv->in_channels,
                             (int64_t)conv->out_height * conv->out_width, threads);
    conv->phases = 1;
    conv->items[0] = blocks * conv->batch * conv->plan[0];
    // One row of pad values, as wide as the input, and the row pointers of one output row.
    conv->scratch_floats = (int64_t)conv->in_width * 16 + 2 * (int64_t)conv->kernel_height + 16;
    return CFK_OK;
}

static void cfk_depthwise_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end) {
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    for (int64_t b = begin; b < end; ++b) {
        for (int64_t t = 0; t < taps; ++t) {
            for (int64_t c = 0; c < 16; ++c) {
                const int64_t channel = b * 16 + c;
                packed[(b * taps + t) * 16 + c] = channel < conv->in_channels ? weights[channel * taps + t] : 0.0f;
            }
        }
    }
}

/// What the epilogue of one block needs.
typedef struct cfk_epilogue {
    cfk_v16 bias, slope, low, high;
    int32_t activation, residual;
} cfk_epilogue;

CFK_INLINE cfk_epilogue cfk_block_epilogue(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t b) {
    const int64_t live = cfk_live(conv->out_channels, b);
    cfk_epilogue epilogue = {
        .bias = buffers->bias ? cfk_load(buffers->bias + b * 16) : (cfk_v16)0.0f,
        .slope = buffers->slopes ? cfk_load(buffers->slopes + b * 16) : (cfk_v16)0.0f,
        .low = cfk_keep((cfk_v16)conv->low, live),
        .high = cfk_keep((cfk_v16)conv->high, live),
        .activation = conv->activation,
        .residual = conv->residual,
    };
    return epilogue;
}

/// Everything but the bias.
CFK_INLINE cfk_v16 cfk_finish(const cfk_epilogue *epilogue, cfk_v16 x, const float *residual) {
    if (epilogue->residual == CFK_RESIDUAL_BEFORE_ACTIVATION) x += cfk_load(residual);
    switch (epilogue->activation) {
        case CFK_ACTIVATION_RELU: x = cfk_positive(x); break;
        case CFK_ACTIVATION_PRELU: x = cfk_positive(x) + epilogue->slope * cfk_negative(x); break;
        case CFK_ACTIVATION_CLIP: x = cfk_min(cfk_max(x, epilogue->low), epilogue->high); break;
        default: break;
    }
    if (epilogue->residual == CFK_RESIDUAL_AFTER_ACTIVATION) x += cfk_load(residual);
    return x;
}

/// Finishes and stores `count` pixels of `P` that lie side by side; the residual's lie like them.
CFK_INLINE void cfk_finish_pixels(const int P, const cfk_epilogue *epilogue, const cfk_v16 *x, int64_t count,
                                  const float *residual, float *out) {
    // Asked once for all of them what to do, and not by each.
#define CFK_FINISH(code) \
    case code: { \
        cfk_epilogue one = *epilogue; \
        one.activation = code; \
        one.residual = CFK_RESIDUAL_NONE; \
        CFK_UNROLL for (int p = 0; p < P; ++p) cfk_store(out + p * 16, cfk_finish(&one, x[p], out)); \
        return; \
    }
    if (epilogue->residual == CFK_RESIDUAL_NONE && count >= P) {
        switch (epilogue->activation) {
            CFK_FINISH(CFK_ACTIVATION_NONE)
            CFK_FINISH(CFK_ACTIVATION_RELU)
            CFK_FINISH(CFK_ACTIVATION_PRELU)
            CFK_FINISH(CFK_ACTIVATION_CLIP)
        }
    }
#undef CFK_FINISH
    CFK_UNROLL for (int p = 0; p < P; ++p) {
        if (p >= count) break;
        cfk_store(out + p * 16, cfk_finish(epilogue, x[p], residual + p * 16));
    }
}

/// As cfk_finish for the half blocks of two pixels.
CFK_INLINE cfk_v16 cfk_finish_two(const cfk_epilogue *epilogue, cfk_v16 x, const float *first, const float *second) {
    if (epilogue->residual == CFK_RESIDUAL_NONE) return cfk_finish(epilogue, x, first);
    const cfk_v16 residual = cfk_join(cfk_load_half(first), cfk_load_half(second));
    return cfk_finish(epilogue, x, (const float *)&residual);
}

// One register's width of a block.
typedef float cfk_lanes __attribute__((ext_vector_type(CFK_LANES)));
typedef float cfk_lanes_unaligned __attribute__((ext_vector_type(CFK_LANES), aligned(4)));

CFK_INLINE cfk_lanes cfk_load_lanes(const float *p) { return *(const cfk_lanes_unaligned *)p; }

/// What one row of outputs needs: the input rows of the window (pad rows where it leaves the map), and columns
/// inner..<outer whose windows lie inside those rows.
typedef struct cfk_row {
    const float *const *rows;
    const float *pad, *weights;
    const cfk_epilogue *epilogue;
    int64_t inner, outer;
    int32_t zero_padding;
    float *out;
    const float *residual;
} cfk_row;

/// What a row of 3x3 keeps in registers, as far as they reach; the compiler must not take it for something that the
/// stores of outputs change.
typedef struct cfk_row3 {
    const float *rows[3];
    const float *pad, *residual;
    float *out;
    const float *weights;
    cfk_lanes kept[9];
    cfk_v16 bias, slope, low, high;
    int64_t in_width;
} cfk_row3;

/// One register's width from `lane` on.
CFK_INLINE cfk_lanes cfk_part(const cfk_v16 *v, int lane) { return cfk_load_lanes((const float *)v + lane); }

/// Weight `t`; all nine stay in registers where one holds a whole block.
CFK_INLINE cfk_lanes cfk_weight3(const cfk_row3 *row, int t, int lane) {
    return CFK_LANES == 16 ? row->kept[t] : cfk_load_lanes(row->weights + t * 16 + lane);
}

/// The epilogue of one register's width of a pixel, all but the bias, and its store. The last two arguments are
/// constants at each call.
CFK_INLINE void cfk_depthwise_store(const cfk_row3 *row, cfk_lanes y, int64_t x, int lane, const int activation,
                                    const int residual_mode) {
    const cfk_lanes zero = 0.0f;
    const int64_t place = x * 16 + lane;
    if (residual_mode == CFK_RESIDUAL_BEFORE_ACTIVATION) y += cfk_load_lanes(row->residual + place);
    if (activation == CFK_ACTIVATION_RELU) y = (y < 0.0f) ? zero : y;
    if (activation == CFK_ACTIVATION_PRELU) {
        y = ((y < 0.0f) ? zero : y) + cfk_part(&row->slope, lane) * ((y > 0.0f) ? zero : y);
    }
    if (activation == CFK_ACTIVATION_CLIP) {
        const cfk_lanes low = cfk_part(&row->low, lane), high = cfk_part(&row->high, lane);
        y = (y < low) ? low : y;
        y = (y > high) ? high : y;
    }
    if (residual_mode == CFK_RESIDUAL_AFTER_ACTIVATION) y += cfk_load_lanes(row->residual + place);
    *(cfk_lanes_unaligned *)(row->out + place) = y;
}

/// `count` output pixels, 3x3, whose windows lie inside the row and start at input column `from`. All but `row`, `x`
/// and `from` are constants at each call.
CFK_INLINE void cfk_depthwise_pixels3(const int count, const int stride, const int activation, const int residual_mode,
                                      const cfk_row3 *row, int64_t x, int64_t from) {
    CFK_UNROLL for (int lane = 0; lane < 16; lane += CFK_LANES) {
        cfk_lanes acc[8];
        CFK_UNROLL for (int p = 0; p < count; ++p) acc[p] = cfk_part(&row->bias, lane);
        CFK_UNROLL for (int ky = 0; ky < 3; ++ky) {
            const float *const values = row->rows[ky] + from * 16 + lane;
            cfk_lanes weights[3];
            CFK_UNROLL for (int kx = 0; kx < 3; ++kx) weights[kx] = cfk_weight3(row, ky * 3 + kx, lane);
            CFK_UNROLL for (int i = 0; i < (count - 1) * stride + 3; ++i) {
                const cfk_lanes value = cfk_load_lanes(values + i * 16);
                CFK_UNROLL for (int p = 0; p < count; ++p) {
                    if (i >= p * stride && i < p * stride + 3) acc[p] += value * weights[i - p * stride];
                }
            }
        }
        CFK_UNROLL for (int p = 0; p < count; ++p) {
            cfk_depthwise_store(row, acc[p], x + p, lane, activation, residual_mode);
        }
    }
}

/// One output pixel, 3x3, whose window may reach outside the row.
CFK_INLINE void cfk_depthwise_edge3(const int activation, const int residual_mode, const cfk_row3 *row, int64_t x,
                                    int64_t from) {
    CFK_UNROLL for (int lane = 0; lane < 16; lane += CFK_LANES) {
        cfk_lanes sums[3] = {cfk_part(&row->bias, lane), 0.0f, 0.0f};
        CFK_UNROLL for (int kx = 0; kx < 3; ++kx) {
            const int inside = from + kx >= 0 && from + kx < row->in_width;
            CFK_UNROLL for (int ky = 0; ky < 3; ++ky) {
                const float *const value = inside ? row->rows[ky] + (from + kx) * 16 : row->pad;
                sums[ky] += cfk_load_lanes(value + lane) * cfk_weight3(row, ky * 3 + kx, lane);
            }
        }
        cfk_depthwise_store(row, sums[0] + (sums[1] + sums[2]), x, lane, activation, residual_mode);
    }
}

/// One output row, 3x3. `stride`, `activation` and `residual_mode` are constants at each call.
CFK_INLINE void cfk_depthwise_row3(const int stride, const int activation, const int residual_mode,
                                   const cfk_conv *conv, const cfk_row *all) {
    enum { few = 4, most = 8 };
    const int64_t left = conv->pad_left, outer = all->outer, inner = all->inner, width = conv->out_width;
    cfk_row3 row = {
        .rows = {all->rows[0], all->rows[1], all->rows[2]},
        .pad = all->pad,
        .residual = all->residual,
        .out = all->out,
        .weights = all->weights,
        .bias = all->epilogue->bias,
        .slope = all->epilogue->slope,
        .low = all->epilogue->low,
        .high = all->epilogue->high,
        .in_width = conv->in_width,
    };
    if (CFK_LANES == 16) {
        CFK_UNROLL for (int t = 0; t < 9; ++t) row.kept[t] = cfk_load_lanes(all->weights + t * 16);
    }
    for (int64_t x = 0; x < width;) {
        const int64_t within = outer - x;
        if (x < inner || within <= 0 || (within < few && (residual_mode || outer - inner < few))) {
            cfk_depthwise_edge3(activation, residual_mode, &row, x, x * stride - left);
            ++x;
        } else if (most > few && within >= most) {
            cfk_depthwise_pixels3(most, stride, activation, residual_mode, &row, x, x * stride - left);
            x += most;
        } else {
            // The last step goes back and does some pixels twice; the output might be the residual, so never with one.
            x = cfk_smaller(x, outer - few);
            cfk_depthwise_pixels3(few, stride, activation, residual_mode, &row, x, x * stride - left);
            x += few;
        }
    }
}

/// Calls the row kernel of the stride and epilogue, each compiled for itself.
static void cfk_depthwise_switch(const cfk_conv *conv, const cfk_row *row) {
#define CFK_ROW(stride, activation, mode) cfk_depthwise_row3(stride, activation, mode, conv, row)
#define CFK_ROW_MODE(stride, activation) \
    switch (conv->residual) { \
        case CFK_RESIDUAL_NONE: CFK_ROW(stride, activation, CFK_RESIDUAL_NONE); break; \
        case CFK_RESIDUAL_BEFORE_ACTIVATION: CFK_ROW(stride, activation, CFK_RESIDUAL_BEFORE_ACTIVATION); break; \
        case CFK_RESIDUAL_AFTER_ACTIVATION: CFK_ROW(stride, activation, CFK_RESIDUAL_AFTER_ACTIVATION); break; \
    }
#define CFK_ROW_ACTIVATION(activation) \
    if (conv->stride_width == 1) { \
        CFK_ROW_MODE(1, activation) \
    } else { \
        CFK_ROW_MODE(2, activation) \
    }
    switch (conv->activation) {
        case CFK_ACTIVATION_NONE: CFK_ROW_ACTIVATION(CFK_ACTIVATION_NONE) break;
        case CFK_ACTIVATION_RELU: CFK_ROW_ACTIVATION(CFK_ACTIVATION_RELU) break;
        case CFK_ACTIVATION_PRELU: CFK_ROW_ACTIVATION(CFK_ACTIVATION_PRELU) break;
        case CFK_ACTIVATION_CLIP: CFK_ROW_ACTIVATION(CFK_ACTIVATION_CLIP) break;
    }
#undef CFK_ROW_ACTIVATION
#undef CFK_ROW_MODE
#undef CFK_ROW
}

/// Applies the epilogue to one register's width of an output pixel, all but the bias, and stores it.
CFK_INLINE void cfk_finish_lanes(const cfk_conv *conv, const cfk_row *row, cfk_lanes y, int64_t place) {
    const cfk_lanes zero = 0.0f;
    const int64_t lane = place & 15;
    if (conv->residual == CFK_RESIDUAL_BEFORE_ACTIVATION) y += cfk_load_lanes(row->residual + place);
    switch (conv->activation) {
        case CFK_ACTIVATION_RELU: y = (y < 0.0f) ? zero : y; break;
        case CFK_ACTIVATION_PRELU:
            y = ((y < 0.0f) ? zero : y)
                + cfk_load_lanes((const float *)&row->epilogue->slope + lane) * ((y > 0.0f) ? zero : y);
            break;
        case CFK_ACTIVATION_CLIP: {
            const cfk_lanes low = cfk_load_lanes((const float *)&row->epilogue->low + lane);
            const cfk_lanes high = cfk_load_lanes((const float *)&row->epilogue->high + lane);
            y = (y < low) ? low : y;
            y = (y > high) ? high : y;
            break;
        }
        default: break;
    }
    if (conv->residual == CFK_RESIDUAL_AFTER_ACTIVATION) y += cfk_load_lanes(row->residual + place);
    *(cfk_lanes_unaligned *)(row->out + place) = y;
}

/// `count` output pixels, 5x5, of one register's width of the channels from `lane` on; the windows start at input
/// column `from` and lie inside the row. `count` and `stride` are constants at each call.
CFK_INLINE void cfk_depthwise_pixels5(const int count, const int stride, const cfk_conv *conv, const cfk_row *row,
                                      int64_t lane, int64_t x, int64_t from) {
    cfk_lanes acc[8];
    CFK_UNROLL for (int p = 0; p < count; ++p) acc[p] = cfk_load_lanes((const float *)&row->epilogue->bias + lane);
    // Unrolled, all 25 weights would be loaded early and not fit the registers.
    _Pragma("clang loop unroll(disable)") for (int64_t ky = 0; ky < 5; ++ky) {
        const float *values = row->rows[ky] + from * 16 + lane;
        cfk_lanes weights[5];
        CFK_UNROLL for (int kx = 0; kx < 5; ++kx) {
            weights[kx] = cfk_load_lanes(row->weights + (ky * 5 + kx) * 16 + lane);
        }
        CFK_UNROLL for (int i = 0; i < (count - 1) * stride + 5; ++i) {
            const cfk_lanes value = cfk_load_lanes(values + i * 16);
            CFK_UNROLL for (int p = 0; p < count; ++p) {
                if (i >= p * stride && i < p * stride + 5) acc[p] += value * weights[i - p * stride];
            }
        }
    }
    CFK_UNROLL for (int p = 0; p < count; ++p) {
        cfk_finish_lanes(conv, row, acc[p], (x + p) * 16 + lane);
    }
}

/// One output pixel, 5x5, whose window may reach outside the row.
CFK_INLINE void cfk_depthwise_edge5(const cfk_conv *conv, const cfk_row *row, int64_t lane, int64_t x, int64_t from) {
    cfk_lanes sums[5] = {cfk_load_lanes((const float *)&row->epilogue->bias + lane), 0.0f, 0.0f, 0.0f, 0.0f};
    CFK_UNROLL for (int kx = 0; kx < 5; ++kx) {
        const int inside = from + kx >= 0 && from + kx < conv->in_width;
        CFK_UNROLL for (int ky = 0; ky < 5; ++ky) {
            const float *value = inside ? row->rows[ky] + (from + kx) * 16 : row->pad;
            sums[ky] += cfk_load_lanes(value + lane) * cfk_load_lanes(row->weights + (ky * 5 + kx) * 16 + lane);
        }
    }
    cfk_finish_lanes(conv, row, ((sums[0] + sums[1]) + (sums[2] + sums[3])) + sums[4], x * 16 + lane);
}

/// One output row, 5x5; the weights of one row of the window stay in registers.
CFK_INLINE void cfk_depthwise_row5(const int stride, const cfk_conv *conv, const cfk_row *row) {
    enum { few = 4, most = 8 };
    const int64_t left = conv->pad_left, outer = row->outer;
    for (int64_t lane = 0; lane < 16; lane += CFK_LANES) {
        int64_t x = 0;
        for (; x < row->inner; ++x) cfk_depthwise_edge5(conv, row, lane, x, x * stride - left);
        for (; x + most <= outer; x += most) cfk_depthwise_pixels5(most, stride, conv, row, lane, x, x * stride - left);
        if (most > few && x + few <= outer) {
            cfk_depthwise_pixels5(few, stride, conv, row, lane, x, x * stride - left);
            x += few;
        }
        if (x < outer && outer - row->inner >= few && !conv->residual) {
            // Step back and do some pixels twice; the output might be the residual, so never with one.
            x = outer - few;
            cfk_depthwise_pixels5(few, stride, conv, row, lane, x, x * stride - left);
            x += few;
        }
        for (; x < conv->out_width; ++x) cfk_depthwise_edge5(conv, row, lane, x, x * stride - left);
    }
}

static void cfk_depthwise_switch5(const cfk_conv *conv, const cfk_row *row) {
    if (conv->stride_width == 1) {
        cfk_depthwise_row5(1, conv, row);
    } else {
        cfk_depthwise_row5(2, conv, row);
    }
}

/// One output pixel of any kernel, whose window may reach outside the row. Zero padding is skipped.
static void cfk_depthwise_edge(const cfk_conv *conv, const cfk_row *row, int64_t x) {
    const int64_t from = x * conv->stride_width - conv->pad_left, step = conv->dilation_width;
    int64_t first, last;
    cfk_window(from, conv->kernel_width, step, conv->in_width, &first, &last);
    cfk_v16 sums[4] = {row->epilogue->bias, 0.0f, 0.0f, 0.0f};
    const float *w = row->weights;
    for (int64_t ky = 0; ky < conv->kernel_height; ++ky, w += conv->kernel_width * 16) {
        if (row->zero_padding && row->rows[ky] == row->pad) continue;
        int64_t kx = first;
        for (; kx + 4 <= last; kx += 4) {
            CFK_UNROLL for (int i = 0; i < 4; ++i) {
                sums[i] += cfk_load(row->rows[ky] + (from + (kx + i) * step) * 16) * cfk_load(w + (kx + i) * 16);
            }
        }
        for (; kx < last; ++kx) sums[ky & 3] += cfk_load(row->rows[ky] + (from + kx * step) * 16) * cfk_load(w + kx * 16);
        if (!row->zero_padding) {
            const cfk_v16 pad = cfk_load(row->pad);
            for (kx = 0; kx < first; ++kx) sums[0] += pad * cfk_load(w + kx * 16);
            for (kx = last; kx < conv->kernel_width; ++kx) sums[1] += pad * cfk_load(w + kx * 16);
        }
    }
    const cfk_v16 sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    cfk_store(row->out + x * 16, cfk_finish(row->epilogue, sum, row->residual + x * 16));
}

/// One output row of any kernel. `stride` and `dilation`, in floats, are best constants at the call.
CFK_INLINE void cfk_depthwise_row(const cfk_conv *conv, const cfk_row *row, const int64_t stride,
                                  const int64_t dilation) {
    const int64_t left = (int64_t)conv->pad_left * 16;
    int64_t x = 0;
    for (; x < row->inner; ++x) cfk_depthwise_edge(conv, row, x);
    enum { pixels = CFK_LANES == 16 ? 8 : 4 };
    for (; x + pixels <= row->outer; x += pixels) {
        cfk_v16 acc[pixels];
        CFK_UNROLL for (int p = 0; p < pixels; ++p) acc[p] = row->epilogue->bias;
        const float *w = row->weights;
        for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
            const float *values = row->rows[ky] + x * stride - left;
            for (int64_t kx = 0; kx < conv->kernel_width; ++kx, w += 16, values += dilation) {
                const cfk_v16 weight = cfk_load(w);
                CFK_UNROLL for (int p = 0; p < pixels; ++p) acc[p] += cfk_load(values + p * stride) * weight;
            }
        }
        cfk_finish_pixels(pixels, row->epilogue, acc, pixels, row->residual + x * 16, row->out + x * 16);
    }
    for (; x < conv->out_width; ++x) cfk_depthwise_edge(conv, row, x);
}

/// Which columns of an output row have their whole window inside the input, inner..<outer, and the kernel for rows.
typedef struct cfk_columns {
    int64_t inner, outer;
    int three, five;
} cfk_columns;

static cfk_columns cfk_depthwise_columns(const cfk_conv *conv) {
    const int64_t reach = (int64_t)(conv->kernel_width - 1) * conv->dilation_width;
    const int64_t room = conv->in_width - 1 - reach + conv->pad_left;
    int64_t inner = conv->pad_left > 0 ? cfk_ceiling(conv->pad_left, conv->stride_width) : 0;
    int64_t outer = room < 0 ? 0 : cfk_smaller(room / conv->stride_width + 1, conv->out_width);
    inner = cfk_smaller(inner, conv->out_width);
    outer = cfk_larger(outer, inner);
    const int near = conv->dilation_width == 1 && conv->stride_width <= 2;
    const cfk_columns columns = {
        .inner = inner,
        .outer = outer,
        .three = near && conv->kernel_height == 3 && conv->kernel_width == 3,
        .five = near && conv->kernel_height == 5 && conv->kernel_width == 5,
    };
    return columns;
}

// Two rows of outputs at once, 3x3 at stride one: with two thirds of the loads.

CFK_INLINE int cfk_makes_two_rows(const cfk_conv *conv) {
    return CFK_LANES == 16 && conv->algorithm == CFK_CONV_DEPTHWISE && conv->kernel_height == 3 && conv->kernel_width == 3
        && conv->stride_height == 1 && conv->stride_width == 1 && conv->dilation_height == 1 && conv->dilation_width == 1;
}

/// The input rows of both, `pad` where they leave the map; the rest as cfk_row.
typedef struct cfk_two_rows {
    const float *rows[4];
    const float *pad;
    cfk_v16 weights[9];
    const cfk_epilogue *epilogue;
    int64_t in_width;
} cfk_two_rows;

CFK_INLINE cfk_two_rows cfk_two_rows_of(const cfk_conv *conv, const float *const *rows, const float *pad,
                                        const float *weights, const cfk_epilogue *epilogue) {
    cfk_two_rows two = {.rows = {rows[0], rows[1], rows[2], rows[3]}, .pad = pad, .epilogue = epilogue,
                        .in_width = conv->in_width};
    CFK_UNROLL for (int t = 0; t < 9; ++t) two.weights[t] = cfk_load(weights + t * 16);
    return two;
}

/// `count` neighbouring pixels of both rows, the bias added. `is_inside` says that their windows lie inside the rows; both
/// are constants at each call.
CFK_INLINE void cfk_depthwise_two(const int count, const int is_inside, const cfk_two_rows *two, int64_t from,
                                  cfk_v16 *above, cfk_v16 *below) {
    CFK_UNROLL for (int p = 0; p < count; ++p) above[p] = below[p] = two->epilogue->bias;
    CFK_UNROLL for (int ky = 0; ky < 4; ++ky) {
        CFK_UNROLL for (int i = 0; i < count + 2; ++i) {
            const int is_value = is_inside || (from + i >= 0 && from + i < two->in_width);
            const cfk_v16 value = cfk_load(is_value ? two->rows[ky] + (from + i) * 16 : two->pad);
            CFK_UNROLL for (int p = 0; p < count; ++p) {
                const int kx = i - p;
                if (kx < 0 || kx > 2) continue;
                if (ky < 3) above[p] += value * two->weights[ky * 3 + kx];
                if (ky > 0) below[p] += value * two->weights[(ky - 1) * 3 + kx];
            }
        }
    }
}

/// Stores `count` pixels of both rows. `activation` is a constant at each call.
CFK_INLINE void cfk_depthwise_store_two(const int count, const int is_inside, const int activation,
                                        const cfk_two_rows *two, int64_t from, float *first, float *second) {
    cfk_v16 above[8], below[8];
    cfk_depthwise_two(count, is_inside, two, from, above, below);
    cfk_epilogue epilogue = *two->epilogue;
    epilogue.activation = activation;
    epilogue.residual = CFK_RESIDUAL_NONE;
    CFK_UNROLL for (int p = 0; p < count; ++p) {
        cfk_store(first + p * 16, cfk_finish(&epilogue, above[p], first));
        cfk_store(second + p * 16, cfk_finish(&epilogue, below[p], second));
    }
}

CFK_INLINE void cfk_depthwise_two_lines_of(const int activation, const cfk_conv *conv, const cfk_two_rows *two, float *first,
                                           float *second) {
    enum { most = 8 };
    const int64_t left = conv->pad_left, width = conv->out_width;
    // Pixels whose windows lie inside the rows.
    const int64_t inner = cfk_smaller(width, cfk_larger(0, left));
    const int64_t outer = cfk_larger(inner, cfk_smaller(width, conv->in_width - 2 + left));
    for (int64_t x = 0; x < width;) {
        if (x < inner || x >= outer || outer - inner < most) {
            cfk_depthwise_store_two(1, 0, activation, two, x - left, first + x * 16, second + x * 16);
            ++x;
        } else {
            // The last step goes back and does some pixels twice.
            x = cfk_smaller(x, outer - most);
            cfk_depthwise_store_two(most, 1, activation, two, x - left, first + x * 16, second + x * 16);
            x += most;
        }
    }
}

/// Two rows of outputs of one block, from the four input rows of their windows. Without a residual.
static void cfk_depthwise_two_lines(const cfk_conv *conv, const float *const *rows, const float *pad, const float *weights,
                                    const cfk_epilogue *epilogue, float *first, float *second) {
    const cfk_two_rows two = cfk_two_rows_of(conv, rows, pad, weights, epilogue);
#define CFK_TWO(activation) \
    case activation: cfk_depthwise_two_lines_of(activation, conv, &two, first, second); break
    switch (conv->activation) {
        CFK_TWO(CFK_ACTIVATION_NONE);
        CFK_TWO(CFK_ACTIVATION_RELU);
        CFK_TWO(CFK_ACTIVATION_PRELU);
        CFK_TWO(CFK_ACTIVATION_CLIP);
    }
#undef CFK_TWO
}

// Of the two rows the largest of each two by two: the layer and the pooling after it, with a quarter of the stores.

/// `count` neighbouring pixels of the largest.
CFK_INLINE void cfk_depthwise_pooled(const int count, const int is_inside, const cfk_two_rows *two, int64_t from,
                                     float *out) {
    cfk_v16 above[8], below[8];
    cfk_depthwise_two(2 * count, is_inside, two, from, above, below);
    cfk_v16 largest[4];
    CFK_UNROLL for (int p = 0; p < count; ++p) {
        largest[p] = cfk_max(cfk_max(above[2 * p], above[2 * p + 1]), cfk_max(below[2 * p], below[2 * p + 1]));
    }
    // The activation keeps the order of numbers, so it comes once, at the end.
    cfk_finish_pixels(count, two->epilogue, largest, count, out, out);
}

/// Whether the two layers can be one.
CFK_INLINE int cfk_is_pooled_depthwise(const cfk_conv *conv, const cfk_pool *pool) {
    return cfk_makes_two_rows(conv) && conv->residual == CFK_RESIDUAL_NONE && conv->activation != CFK_ACTIVATION_PRELU
        && pool->mode == CFK_POOL_MAX && pool->kernel_height == 2 && pool->kernel_width == 2 && pool->stride_height == 2
        && pool->stride_width == 2 && pool->dilation_height == 1 && pool->dilation_width == 1 && pool->pad_top == 0
        && pool->pad_left == 0 && conv->out_height == 2 * pool->out_height && conv->out_width == 2 * pool->out_width;
}

/// A row of the largest, from the four input rows of the two windows, which are `pad` where they leave the map.
static void cfk_depthwise_pooled_line(const cfk_conv *conv, const float *const *rows, const float *pad,
                                      const float *weights, const cfk_epilogue *epilogue, float *out) {
    const cfk_two_rows two = cfk_two_rows_of(conv, rows, pad, weights, epilogue);
    enum { most = 4 };
    const int64_t left = conv->pad_left, width = conv->out_width / 2;
    // Pixels whose windows lie inside the rows.
    const int64_t inner = cfk_smaller(width, cfk_ceiling(cfk_larger(0, left), 2));
    const int64_t outer = cfk_larger(inner, cfk_smaller(width, (conv->in_width - 4 + left) / 2 + 1));
    for (int64_t x = 0; x < width;) {
        if (x < inner || x >= outer || outer - inner < most) {
            cfk_depthwise_pooled(1, 0, &two, 2 * x - left, out + x * 16);
            ++x;
        } else {
            // The last step goes back and does some pixels twice.
            x = cfk_smaller(x, outer - most);
            cfk_depthwise_pooled(most, 1, &two, 2 * x - left, out + x * 16);
            x += most;
        }
    }
}

/// A row of outputs of one block, from the input rows of its window, which are `pad` where it leaves the map.
CFK_INLINE void cfk_depthwise_line(const cfk_conv *conv, const cfk_conv_buffers *buffers, const cfk_columns *columns,
                                   const float *const *rows, const float *pad, const float *weights,
                                   const cfk_epilogue *epilogue, const float *residual, float *out) {
    const cfk_row row = {
        rows, pad, weights, epilogue, columns->inner, columns->outer, !buffers->pad_values, out, residual,
    };
    if (columns->three) {
        cfk_depthwise_switch(conv, &row);
    } else if (columns->five) {
        cfk_depthwise_switch5(conv, &row);
    } else if (conv->stride_width == 1 && conv->dilation_width == 1) {
        cfk_depthwise_row(conv, &row, 16, 16);
    } else {
        cfk_depthwise_row(conv, &row, conv->stride_width * 16, conv->dilation_width * 16);
    }
}

static void cfk_depthwise_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t begin, int64_t end,
                              float *scratch) {
    const int64_t blocks = cfk_blocks(conv->in_channels), runs = conv->plan[0];
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    const float **rows = (const float **)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    float *pad = (float *)(rows + conv->kernel_height);
    const cfk_columns columns = cfk_depthwise_columns(conv);

    for (int64_t item = begin; item < end; ++item) {
        const cfk_stretch part = cfk_stretch_of(item, runs, blocks);
        const int64_t run = part.run, b = part.block, n = part.n;
        if (item == begin || buffers->pad_values) {
            const cfk_v16 value = buffers->pad_values ? cfk_load(buffers->pad_values + b * 16) : (cfk_v16)0.0f;
            for (int64_t x = 0; x < conv->in_width; ++x) cfk_store(pad + x * 16, value);
        }
        const cfk_epilogue epilogue = cfk_block_epilogue(conv, buffers, b);
        const float *in = buffers->input.data + n * buffers->input.batch_stride + b * buffers->input.block_stride;
        const float *weights = buffers->weights + b * taps * 16;
        const int64_t last = cfk_cut(conv->out_height, runs, run + 1);
        for (int64_t oy = cfk_cut(conv->out_height, runs, run); oy < last; ++oy) {
            for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
                const int64_t y = oy * conv->stride_height - conv->pad_top + ky * conv->dilation_height;
                rows[ky] = y >= 0 && y < conv->in_height ? in + y * conv->in_width * 16 : pad;
            }
            float *out = cfk_row_at(&buffers->output, n, b, oy, conv->out_width);
            const float *residual = conv->residual ? cfk_row_at(&buffers->residual, n, b, oy, conv->out_width) : out;
            cfk_depthwise_line(conv, buffers, &columns, rows, pad, weights, &epilogue, residual, out);
        }
    }
}
