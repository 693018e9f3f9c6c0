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
    int64_t runs = 1;
    if (threads > 1 && blocks * conv->batch < 8 * (int64_t)threads) {
        runs = cfk_smaller(conv->out_height, cfk_ceiling(8 * (int64_t)threads, blocks * conv->batch));
    }
    conv->plan[0] = runs;
    conv->phases = 1;
    conv->items[0] = blocks * conv->batch * runs;
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

/// One output row, 3x3, columns first..<last, whose windows lie inside the row; `stride` is a constant at each call.
CFK_INLINE void cfk_depthwise_row3(const int stride, const float *const *rows, int64_t first, int64_t last, int64_t left,
                                   const float *weights, const cfk_epilogue *epilogue, float *out,
                                   const float *residual) {
    cfk_v16 w[9];
    CFK_UNROLL for (int t = 0; t < 9; ++t) w[t] = cfk_load(weights + t * 16);
    int64_t x = first;
    for (; x + 4 <= last; x += 4) {
        cfk_v16 acc[4];
        CFK_UNROLL for (int p = 0; p < 4; ++p) acc[p] = epilogue->bias;
        CFK_UNROLL for (int ky = 0; ky < 3; ++ky) {
            const float *row = rows[ky] + (x * stride - left) * 16;
            CFK_UNROLL for (int i = 0; i < 3 * stride + 3; ++i) {
                const cfk_v16 value = cfk_load(row + i * 16);
                CFK_UNROLL for (int p = 0; p < 4; ++p) {
                    if (i >= p * stride && i < p * stride + 3) acc[p] += value * w[ky * 3 + i - p * stride];
                }
            }
        }
        CFK_UNROLL for (int p = 0; p < 4; ++p) {
            cfk_store(out + (x + p) * 16, cfk_finish(epilogue, acc[p], residual + (x + p) * 16));
        }
    }
    for (; x < last; ++x) {
        cfk_v16 acc = epilogue->bias;
        CFK_UNROLL for (int ky = 0; ky < 3; ++ky) {
            const float *row = rows[ky] + (x * stride - left) * 16;
            CFK_UNROLL for (int i = 0; i < 3; ++i) acc += cfk_load(row + i * 16) * w[ky * 3 + i];
        }
        cfk_store(out + x * 16, cfk_finish(epilogue, acc, residual + x * 16));
    }
}

/// One output row of any kernel, columns whose windows lie inside the row.
static void cfk_depthwise_row(const cfk_conv *conv, const float *const *rows, int64_t first, int64_t last,
                              const float *weights, const cfk_epilogue *epilogue, float *out, const float *residual) {
    const int64_t stride = conv->stride_width * 16, dilation = conv->dilation_width * 16;
    int64_t x = first;
    for (; x + 4 <= last; x += 4) {
        cfk_v16 acc[4];
        CFK_UNROLL for (int p = 0; p < 4; ++p) acc[p] = epilogue->bias;
        const float *w = weights;
        for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
            const float *row = rows[ky] + x * stride - (int64_t)conv->pad_left * 16;
            for (int64_t kx = 0; kx < conv->kernel_width; ++kx, w += 16, row += dilation) {
                const cfk_v16 weight = cfk_load(w);
                CFK_UNROLL for (int p = 0; p < 4; ++p) acc[p] += cfk_load(row + p * stride) * weight;
            }
        }
        CFK_UNROLL for (int p = 0; p < 4; ++p) {
            cfk_store(out + (x + p) * 16, cfk_finish(epilogue, acc[p], residual + (x + p) * 16));
        }
    }
    for (; x < last; ++x) {
        cfk_v16 even = epilogue->bias, odd = 0.0f;
        const float *w = weights;
        for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
            const float *row = rows[ky] + x * stride - (int64_t)conv->pad_left * 16;
            int64_t kx = 0;
            for (; kx + 2 <= conv->kernel_width; kx += 2, w += 32, row += 2 * dilation) {
                even += cfk_load(row) * cfk_load(w);
                odd += cfk_load(row + dilation) * cfk_load(w + 16);
            }
            if (kx < conv->kernel_width) {
                even += cfk_load(row) * cfk_load(w);
                w += 16;
            }
        }
        cfk_store(out + x * 16, cfk_finish(epilogue, even + odd, residual + x * 16));
    }
}

/// One output pixel whose window may reach outside the row.
static void cfk_depthwise_edge(const cfk_conv *conv, const float *const *rows, int64_t x, const float *pad,
                               const float *weights, const cfk_epilogue *epilogue, float *out, const float *residual) {
    cfk_v16 acc = epilogue->bias;
    const float *w = weights;
    for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
        int64_t from = x * conv->stride_width - conv->pad_left;
        for (int64_t kx = 0; kx < conv->kernel_width; ++kx, w += 16, from += conv->dilation_width) {
            const float *value = from >= 0 && from < conv->in_width ? rows[ky] + from * 16 : pad;
            acc += cfk_load(value) * cfk_load(w);
        }
    }
    cfk_store(out + x * 16, cfk_finish(epilogue, acc, residual + x * 16));
}

static void cfk_depthwise_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t begin, int64_t end,
                              float *scratch) {
    const int64_t blocks = cfk_blocks(conv->in_channels), runs = conv->plan[0];
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    const float **rows = (const float **)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    float *pad = (float *)(rows + conv->kernel_height);
    // Columns inner..<outer have their whole window inside the row.
    const int64_t reach = (int64_t)(conv->kernel_width - 1) * conv->dilation_width;
    const int64_t room = conv->in_width - 1 - reach + conv->pad_left;
    int64_t inner = conv->pad_left > 0 ? cfk_ceiling(conv->pad_left, conv->stride_width) : 0;
    int64_t outer = room < 0 ? 0 : cfk_smaller(room / conv->stride_width + 1, conv->out_width);
    inner = cfk_smaller(inner, conv->out_width);
    outer = cfk_larger(outer, inner);
    const int three = conv->kernel_height == 3 && conv->kernel_width == 3 && conv->dilation_width == 1;

    int64_t pad_block = -1;
    for (int64_t item = begin; item < end; ++item) {
        const int64_t run = item % runs, b = item / runs % blocks, n = item / runs / blocks;
        if (pad_block != b) {
            const cfk_v16 value = buffers->pad_values ? cfk_load(buffers->pad_values + b * 16) : (cfk_v16)0.0f;
            for (int64_t x = 0; x < conv->in_width; ++x) cfk_store(pad + x * 16, value);
            pad_block = b;
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
            const int64_t row = oy * conv->out_width * 16;
            float *out = buffers->output.data + n * buffers->output.batch_stride + b * buffers->output.block_stride + row;
            const float *residual = out;
            if (conv->residual) {
                residual = buffers->residual.data + n * buffers->residual.batch_stride
                    + b * buffers->residual.block_stride + row;
            }
            for (int64_t x = 0; x < inner; ++x) {
                cfk_depthwise_edge(conv, rows, x, pad, weights, &epilogue, out, residual);
            }
            if (three && conv->stride_width == 1) {
                cfk_depthwise_row3(1, rows, inner, outer, conv->pad_left, weights, &epilogue, out, residual);
            } else if (three && conv->stride_width == 2) {
                cfk_depthwise_row3(2, rows, inner, outer, conv->pad_left, weights, &epilogue, out, residual);
            } else {
                cfk_depthwise_row(conv, rows, inner, outer, weights, &epilogue, out, residual);
            }
            for (int64_t x = outer; x < conv->out_width; ++x) {
                cfk_depthwise_edge(conv, rows, x, pad, weights, &epilogue, out, residual);
            }
        }
    }
}
