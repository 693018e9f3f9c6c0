// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// The first convolution, 3x3 at stride one, by Winograd F(4,3) down the columns: four output rows from six input rows,
// which are combined as whole rows of planar pixels, and half of the multiplications. An item is four output rows.
//   lines   [channel][e][column]    combined input rows, e = 0..<6, with padding
//   weights [block][channel][kx][e][16]

enum {
    /// The 24 sums of four columns and the weights of one e must fit the registers.
    CFK_PLANAR_WINOGRAD = CFK_LANES == 16,
    CFK_PLANAR_COLUMNS = 4
};

/// It says what packed weights look like, so no size of a map may matter.
CFK_INLINE int cfk_planar_is_winograd(const cfk_conv *conv) {
    return CFK_PLANAR_WINOGRAD && conv->kernel_height == 3 && conv->kernel_width == 3 && conv->stride_height == 1
        && conv->stride_width == 1 && conv->dilation_height == 1 && conv->dilation_width == 1 && conv->pad_left >= 0;
}

/// Floats from one line to the next: the columns that tiles read, and all that vectors of columns write.
static int64_t cfk_planar_line(const cfk_conv *conv) {
    const int64_t read = cfk_ceiling(conv->out_width, CFK_PLANAR_COLUMNS) * CFK_PLANAR_COLUMNS + 2;
    const int64_t written = conv->pad_left + cfk_larger(conv->in_width, 16);
    return (cfk_ceiling(cfk_larger(read, written), 16) | 1) * 16;
}

static cfk_status cfk_planar_winograd_prepare(cfk_conv *conv) {
    conv->packed_floats = conv->in_channels * 18 * cfk_blocks(conv->out_channels) * 16;
    conv->pack_items = cfk_blocks(conv->out_channels);
    conv->phases = 1;
    conv->items[0] = conv->batch * cfk_ceiling(conv->out_height, 4);
    // The lines, and a row outside the map or the rows of a narrow one.
    conv->scratch_floats = 16 + conv->in_channels * 6 * cfk_planar_line(conv) + cfk_larger(conv->in_width, 16 * 6);
    return CFK_OK;
}

static void cfk_planar_winograd_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin,
                                     int64_t end) {
    const int64_t channels = conv->in_channels;
    for (int64_t b = begin; b < end; ++b) {
        const int64_t live = cfk_live(conv->out_channels, b);
        for (int64_t c = 0; c < channels; ++c) {
            for (int64_t kx = 0; kx < 3; ++kx) {
                cfk_v16 taps[3] = {0.0f, 0.0f, 0.0f}, u[6];
                for (int64_t o = 0; o < live; ++o) {
                    for (int64_t ky = 0; ky < 3; ++ky) {
                        taps[ky][o] = weights[((b * 16 + o) * channels + c) * 9 + ky * 3 + kx];
                    }
                }
                cfk_winograd_weights(4, taps, 1, u, 1);
                CFK_UNROLL for (int e = 0; e < 6; ++e) {
                    cfk_store(packed + (((b * channels + c) * 3 + kx) * 6 + e) * 16, u[e]);
                }
            }
        }
    }
}

/// The six lines of one channel from six input rows, `width` (at least 16) pixels each.
static void cfk_planar_combine(const cfk_conv *conv, const float *const *rows, int64_t width, float pad, float *lines,
                               int64_t step) {
    for (int64_t x = 0;;) {
        cfk_v16 row[6], line[6];
        CFK_UNROLL for (int i = 0; i < 6; ++i) row[i] = cfk_load(rows[i] + x);
        cfk_winograd_input(4, row, 1, line, 1);
        CFK_UNROLL for (int e = 0; e < 6; ++e) cfk_store(lines + e * step + conv->pad_left + x, line[e]);
        if (x + 16 >= width) break;
        // The last step goes back and does some pixels twice.
        x = cfk_smaller(x + 16, width - 16);
    }
    const cfk_v16 outside[6] = {(cfk_v16)pad, (cfk_v16)pad, (cfk_v16)pad, (cfk_v16)pad, (cfk_v16)pad, (cfk_v16)pad};
    cfk_v16 combined[6];
    cfk_winograd_input(4, outside, 1, combined, 1);
    for (int64_t e = 0; e < 6; ++e) {
        for (int64_t x = 0; x < conv->pad_left; ++x) lines[e * step + x] = combined[e][0];
        for (int64_t x = conv->pad_left + conv->in_width; x < step; ++x) lines[e * step + x] = combined[e][0];
    }
}

/// Four rows of four columns of one block, before the bias.
CFK_INLINE void cfk_planar_winograd_tile(const float *lines, int64_t step, int64_t channels, const float *w,
                                         cfk_v16 *pixels) {
    cfk_v16 acc[24];
    CFK_UNROLL for (int i = 0; i < 24; ++i) acc[i] = 0.0f;
    for (int64_t c = 0; c < channels; ++c, lines += 6 * step) {
        _Pragma("clang loop unroll(disable)") for (int64_t kx = 0; kx < 3; ++kx, w += 96) {
            CFK_UNROLL for (int e = 0; e < 6; ++e) {
                const cfk_v16 weight = cfk_load(w + e * 16);
                CFK_UNROLL for (int p = 0; p < 4; ++p) acc[e * 4 + p] += weight * lines[e * step + kx + p];
            }
        }
    }
    CFK_UNROLL for (int p = 0; p < 4; ++p) cfk_winograd_output(4, acc + p, 4, pixels + p, 4);
}

static void cfk_planar_winograd_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t begin, int64_t end,
                                    float *scratch) {
    const int64_t bands = cfk_ceiling(conv->out_height, 4), blocks = cfk_blocks(conv->out_channels);
    const int64_t width = conv->in_width, step = cfk_planar_line(conv), channels = conv->in_channels;
    float *lines = (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63), *spare = lines + channels * 6 * step;
    for (int64_t item = begin; item < end; ++item) {
        const int64_t n = item / bands, oy = item % bands * 4;
        const float *picture = buffers->input.data + n * buffers->input.batch_stride;
        for (int64_t c = 0; c < channels; ++c) {
            const float pad = buffers->pad_values ? buffers->pad_values[c] : 0.0f;
            const float *rows[6];
            const int64_t top = oy - conv->pad_top;
            if (width >= 16 && (top < 0 || top + 6 > conv->in_height)) {
                for (int64_t x = 0; x < width; ++x) spare[x] = pad;
            }
            for (int64_t i = 0; i < 6; ++i) {
                const int64_t y = top + i;
                const int inside = y >= 0 && y < conv->in_height;
                const float *row = picture + c * buffers->input.block_stride + y * width;
                if (width >= 16) {
                    rows[i] = inside ? row : spare;
                } else {
                    for (int64_t x = 0; x < 16; ++x) spare[i * 16 + x] = inside && x < width ? row[x] : pad;
                    rows[i] = spare + i * 16;
                }
            }
            cfk_planar_combine(conv, rows, cfk_larger(width, 16), pad, lines + c * 6 * step, step);
        }
        const int64_t tall = cfk_smaller(4, conv->out_height - oy);
        for (int64_t b = 0; b < blocks; ++b) {
            const cfk_epilogue epilogue = cfk_block_epilogue(conv, buffers, b);
            const float *w = buffers->weights + b * channels * 18 * 16;
            const int64_t line = conv->out_width * 16;
            float *out = buffers->output.data + n * buffers->output.batch_stride + b * buffers->output.block_stride
                + oy * line;
            const float *residual = out;
            if (conv->residual) {
                residual = buffers->residual.data + n * buffers->residual.batch_stride
                    + b * buffers->residual.block_stride + oy * line;
            }
            for (int64_t ox = 0; ox < conv->out_width; ox += 4, out += 64, residual += 64) {
                cfk_v16 pixels[16];
                cfk_planar_winograd_tile(lines + ox, step, channels, w, pixels);
                const int64_t wide = cfk_smaller(4, conv->out_width - ox);
                if (tall == 4 && wide == 4) {
                    CFK_UNROLL for (int y = 0; y < 4; ++y) {
                        CFK_UNROLL for (int x = 0; x < 4; ++x) {
                            cfk_store(out + y * line + x * 16, cfk_finish(&epilogue, pixels[y * 4 + x] + epilogue.bias,
                                                                           residual + y * line + x * 16));
                        }
                    }
                } else {
                    for (int64_t y = 0; y < tall; ++y) {
                        for (int64_t x = 0; x < wide; ++x) {
                            cfk_store(out + y * line + x * 16, cfk_finish(&epilogue, pixels[y * 4 + x] + epilogue.bias,
                                                                           residual + y * line + x * 16));
                        }
                    }
                }
            }
        }
    }
}
