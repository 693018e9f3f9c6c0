// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Winograd convolution F(m x m, 3x3), m = 4 or 2 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
// 2015), interpolation points 0, 1, -1, (1/2, -2,) infinity: with 1/2 instead of 2 the rounding error is half as large
// (Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020)
// and an input transform takes three additions more. A tile is m x m output pixels; it reads (m+2) x (m+2) input
// pixels. Per block of tiles:
//   V [e][C/16][T][16]    transformed input, e = 0..<(m+2)^2
//   M [e][Q][T][16]       products of one output group
//   U [group][e][C][Q*16] transformed weights

/// plan[]
enum {
    /// 1: V is shared; phase 0 transforms, phase 1 multiplies. 0: each item does both for one block of tiles.
    CFK_WINOGRAD_SHARED,
    CFK_WINOGRAD_BLOCKS,
    /// Most tiles in a block.
    CFK_WINOGRAD_TILES,
};

/// Floats from one element of V or M to the next, for `vectors` vectors each: an odd number of cache lines, as the
/// transforms touch all elements of a tile at once and a power of two would put them in one set of the cache.
CFK_INLINE int64_t cfk_winograd_step(int64_t vectors) { return (vectors | 1) * 16; }

CFK_INLINE int64_t cfk_winograd_size(const cfk_conv *conv) { return conv->algorithm == CFK_CONV_WINOGRAD4 ? 4 : 2; }

/// Most output groups whose products an item makes at once: two where tiles of four blocks do.
CFK_INLINE int64_t cfk_winograd_groups(const cfk_conv *conv, int64_t shared) {
    return CFK_HAS_FOUR_BLOCKS && !shared && cfk_blocks(conv->out_channels) >= 4 ? 2 : 1;
}

static cfk_status cfk_winograd_prepare(cfk_conv *conv, int32_t threads) {
    if (conv->kernel_height != 3 || conv->kernel_width != 3 || conv->stride_height != 1 || conv->stride_width != 1
        || conv->dilation_height != 1 || conv->dilation_width != 1) {
        return CFK_UNSUPPORTED;
    }
    const int64_t m = cfk_winograd_size(conv), elements = (m + 2) * (m + 2);
    const int64_t in_blocks = cfk_blocks(conv->in_channels);
    const int64_t groups = cfk_ceiling(cfk_blocks(conv->out_channels), CFK_OUT_BLOCKS);
    conv->packed_floats = elements * conv->in_channels * cfk_blocks(conv->out_channels) * 16;
    conv->pack_items = groups;

    const int64_t tiles = conv->batch * cfk_ceiling(conv->out_height, m) * cfk_ceiling(conv->out_width, m);
    // V of a block should fit the second cache beside one group's U; but where all of U is larger than that, it is read
    // again for each block, and fewer blocks are worth a V that fills the cache.
    const int64_t tile_bytes = elements * in_blocks * 64;
    int64_t most = cfk_larger(16, cfk_smaller(CFK_WINOGRAD_V_BYTES / tile_bytes, 56));
    if (conv->packed_floats * 4 > CFK_WINOGRAD_U_BYTES) {
        most = cfk_larger(most, cfk_larger(32, cfk_smaller(CFK_WINOGRAD_U_BYTES / tile_bytes, 56)));
    }
    int64_t blocks = cfk_ceiling(tiles, most);
    const int64_t shared = threads > 1 && blocks < 3 * (int64_t)threads && groups >= threads;
    if (threads > 1 && !shared && blocks < 3 * (int64_t)threads) {
        blocks = cfk_smaller(cfk_ceiling(tiles, 2 * CFK_PIXELS), 3 * (int64_t)threads);
    }
    most = cfk_ceiling(tiles, blocks);
    const int64_t v = elements * cfk_winograd_step(in_blocks * most);
    const int64_t products = elements * cfk_winograd_step(cfk_winograd_groups(conv, shared) * CFK_OUT_BLOCKS * most);
    conv->plan[CFK_WINOGRAD_SHARED] = shared;
    conv->plan[CFK_WINOGRAD_BLOCKS] = blocks;
    conv->plan[CFK_WINOGRAD_TILES] = most;
    conv->scratch_floats = 32 + products + in_blocks * 2 + 16 + (shared ? 0 : v);
    conv->shared_floats = shared ? blocks * v + 16 : 0;
    conv->phases = shared ? 2 : 1;
    conv->items[0] = shared ? blocks * in_blocks : blocks;
    conv->items[1] = shared ? blocks * groups : 0;
    return CFK_OK;
}

/// out = G in: three values to m + 2.
CFK_INLINE void cfk_winograd_weights(const int m, const cfk_v16 *in, int64_t in_step, cfk_v16 *out, int64_t out_step) {
    const cfk_v16 a = in[0], b = in[in_step], c = in[2 * in_step];
    if (m == 4) {
        out[0] = a;
        out[out_step] = (a + c + b) * (1.0f / 3);
        out[2 * out_step] = (a + c - b) * (-1.0f / 3);
        out[3 * out_step] = (a + 0.5f * b + 0.25f * c) * (-16.0f / 15);
        out[4 * out_step] = (a - 2.0f * b + 4.0f * c) * (1.0f / 15);
        out[5 * out_step] = c;
    } else {
        out[0] = a;
        out[out_step] = (a + c + b) * 0.5f;
        out[2 * out_step] = (a + c - b) * 0.5f;
        out[3 * out_step] = c;
    }
}

/// out = B^T in: m + 2 values.
CFK_INLINE void cfk_winograd_input(const int m, const cfk_v16 *in, int64_t in_step, cfk_v16 *out, int64_t out_step) {
#define I(i) in[(i) * in_step]
    if (m == 4) {
        // (x - 1/2)(x + 2) = x^2 + 3/2 x - 1, at four places.
        const cfk_v16 p0 = I(2) - I(0) + 1.5f * I(1), p1 = I(3) - I(1) + 1.5f * I(2);
        const cfk_v16 p2 = I(4) - I(2) + 1.5f * I(3), p3 = I(5) - I(3) + 1.5f * I(4);
        const cfk_v16 even = I(4) - I(2), odd = I(3) - I(1);
        out[0] = p2 - p0;
        out[out_step] = p2 + p1;
        out[2 * out_step] = p2 - p1;
        out[3 * out_step] = even + 2.0f * odd;
        out[4 * out_step] = even - 0.5f * odd;
        out[5 * out_step] = p3 - p1;
    } else {
        out[0] = I(0) - I(2);
        out[out_step] = I(1) + I(2);
        out[2 * out_step] = I(2) - I(1);
        out[3 * out_step] = I(1) - I(3);
    }
}

/// out = A^T in: m + 2 values to m.
CFK_INLINE void cfk_winograd_output(const int m, const cfk_v16 *in, int64_t in_step, cfk_v16 *out, int64_t out_step) {
    if (m == 4) {
        const cfk_v16 sum = I(1) + I(2), difference = I(1) - I(2);
        out[0] = I(0) + sum + (I(3) + I(4));
        out[out_step] = difference + 0.5f * I(3) - 2.0f * I(4);
        out[2 * out_step] = sum + 0.25f * I(3) + 4.0f * I(4);
        out[3 * out_step] = difference + I(5) + 0.125f * I(3) - 8.0f * I(4);
    } else {
        out[0] = I(0) + I(1) + I(2);
        out[out_step] = I(1) - I(2) - I(3);
    }
#undef I
}

CFK_INLINE void cfk_winograd_pack_size(const int m, const cfk_conv *conv, const float *weights, float *packed,
                                       int64_t group) {
    const int n = m + 2;
    const int64_t channels = conv->in_channels, first = group * CFK_OUT_BLOCKS;
    const int64_t count = cfk_smaller(CFK_OUT_BLOCKS, cfk_blocks(conv->out_channels) - first);
    packed += n * n * channels * first * 16;
    for (int64_t q = 0; q < count; ++q) {
        const int64_t live = cfk_live(conv->out_channels, first + q);
        for (int64_t c = 0; c < channels; ++c) {
            float gathered[9][16] = {{0}};
            for (int64_t o = 0; o < live; ++o) {
                const float *from = weights + (((first + q) * 16 + o) * channels + c) * 9;
                CFK_UNROLL for (int t = 0; t < 9; ++t) gathered[t][o] = from[t];
            }
            cfk_v16 g[9], rows[18], u[36];
            CFK_UNROLL for (int t = 0; t < 9; ++t) g[t] = cfk_load(gathered[t]);
            CFK_UNROLL for (int x = 0; x < 3; ++x) cfk_winograd_weights(m, g + x, 3, rows + x, 3);
            CFK_UNROLL for (int y = 0; y < n; ++y) cfk_winograd_weights(m, rows + y * 3, 1, u + y * n, 1);
            CFK_UNROLL for (int e = 0; e < n * n; ++e) cfk_store(packed + ((e * channels + c) * count + q) * 16, u[e]);
        }
    }
}

static void cfk_winograd_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
        if (conv->algorithm == CFK_CONV_WINOGRAD4) {
            cfk_winograd_pack_size(4, conv, weights, packed, group);
        } else {
            cfk_winograd_pack_size(2, conv, weights, packed, group);
        }
    }
}

/// Transforms tiles first..<first+count of channel block b into V.
CFK_INLINE void cfk_winograd_transform(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers,
                                       int64_t first, int64_t count, int64_t b, float *v) {
    const int n = m + 2;
    const int64_t down = cfk_ceiling(conv->out_height, m), across = cfk_ceiling(conv->out_width, m);
    const int64_t height = conv->in_height, width = conv->in_width;
    const int64_t element_step = cfk_winograd_step(cfk_blocks(conv->in_channels) * count);
    const cfk_v16 pad = buffers->pad_values ? cfk_load(buffers->pad_values + b * 16) : (cfk_v16)0.0f;
    int64_t picture = first / (down * across), ty = first / across % down, tx = first % across;
    for (int64_t t = 0; t < count; ++t) {
        const float *plane = buffers->input.data + picture * buffers->input.batch_stride
            + b * buffers->input.block_stride;
        const int64_t y0 = ty * m - conv->pad_top, x0 = tx * m - conv->pad_left;
        cfk_v16 d[36], rows[36];
        if (y0 >= 0 && x0 >= 0 && y0 + n <= height && x0 + n <= width) {
            const float *from = plane + (y0 * width + x0) * 16;
            CFK_UNROLL for (int x = 0; x < n; ++x) {
                cfk_v16 column[6];
                CFK_UNROLL for (int y = 0; y < n; ++y) column[y] = cfk_load(from + (y * width + x) * 16);
                cfk_winograd_input(m, column, 1, rows + x, n);
            }
        } else {
            for (int y = 0; y < n; ++y) {
                for (int x = 0; x < n; ++x) {
                    const int64_t iy = y0 + y, ix = x0 + x;
                    const int inside = iy >= 0 && iy < height && ix >= 0 && ix < width;
                    d[y * n + x] = inside ? cfk_load(plane + (iy * width + ix) * 16) : pad;
                }
            }
            CFK_UNROLL for (int x = 0; x < n; ++x) cfk_winograd_input(m, d + x, n, rows + x, n);
        }
        float *to = v + (b * count + t) * 16;
        CFK_UNROLL for (int y = 0; y < n; ++y) {
            cfk_v16 row[6];
            cfk_winograd_input(m, rows + y * n, 1, row, 1);
            CFK_UNROLL for (int x = 0; x < n; ++x) cfk_store(to + (y * n + x) * element_step, row[x]);
        }
        if (++tx == across) {
            tx = 0;
            if (++ty == down) {
                ty = 0;
                ++picture;
            }
        }
    }
}

/// Output transform and epilogue of one output block.
CFK_INLINE void cfk_winograd_finish(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t first,
                                    int64_t count, int64_t block, const float *products, int64_t element_step) {
    const int n = m + 2;
    const int64_t down = cfk_ceiling(conv->out_height, m), across = cfk_ceiling(conv->out_width, m);
    const cfk_epilogue epilogue = cfk_block_epilogue(conv, buffers, block);
    int64_t picture = first / (down * across), ty = first / across % down, tx = first % across;
    for (int64_t t = 0; t < count; ++t) {
        const float *from = products + t * 16;
        cfk_v16 columns[24], pixels[16];
        CFK_UNROLL for (int x = 0; x < n; ++x) {
            cfk_v16 column[6];
            CFK_UNROLL for (int y = 0; y < n; ++y) column[y] = cfk_load(from + (y * n + x) * element_step);
            cfk_winograd_output(m, column, 1, columns + x, n);
        }
        const int64_t rows = cfk_smaller(m, conv->out_height - ty * m), wide = cfk_smaller(m, conv->out_width - tx * m);
        const int64_t place = (ty * m * conv->out_width + tx * m) * 16, line = conv->out_width * 16;
        float *out = buffers->output.data + picture * buffers->output.batch_stride
            + block * buffers->output.block_stride + place;
        const float *residual = out;
        if (conv->residual) {
            residual = buffers->residual.data + picture * buffers->residual.batch_stride
                + block * buffers->residual.block_stride + place;
        }
        CFK_UNROLL for (int y = 0; y < m; ++y) cfk_winograd_output(m, columns + y * n, 1, pixels + y * m, 1);
        if (rows == m && wide == m) {
            CFK_UNROLL for (int y = 0; y < m; ++y) {
                CFK_UNROLL for (int x = 0; x < m; ++x) {
                    cfk_store(out + y * line + x * 16, cfk_finish(&epilogue, pixels[y * m + x] + epilogue.bias,
                                                                   residual + y * line + x * 16));
                }
            }
        } else {
            for (int64_t y = 0; y < rows; ++y) {
                for (int64_t x = 0; x < wide; ++x) {
                    cfk_store(out + y * line + x * 16, cfk_finish(&epilogue, pixels[y * m + x] + epilogue.bias,
                                                                   residual + y * line + x * 16));
                }
            }
        }
        if (++tx == across) {
            tx = 0;
            if (++ty == down) {
                ty = 0;
                ++picture;
            }
        }
    }
}

/// Products and output transform of `q` output blocks, those of one output group or of two.
CFK_INLINE void cfk_winograd_multiply(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t first,
                                      int64_t count, int64_t group, int64_t q, const float *v, const int64_t *offsets,
                                      float *products) {
    const int64_t channels = conv->in_channels, blocks = cfk_blocks(channels), elements = (m + 2) * (m + 2);
    const int64_t live = channels - (blocks - 1) * 16;
    int64_t most = CFK_PIXELS;
    const cfk_tile_function *functions = cfk_tile_functions[CFK_TILE_FLAT][cfk_smaller(q, CFK_OUT_BLOCKS) - 1];
#if CFK_HAS_FOUR_BLOCKS
    if (q == 4) {
        most = CFK_FOUR_PIXELS;
        functions = cfk_four_functions;
    }
#endif
    const int64_t runs = cfk_ceiling(count, most);
    cfk_tile tile = {
        .offsets = offsets,
        .weight_step = elements * channels * CFK_OUT_BLOCKS * 16,
        .full = live == 16 ? blocks : blocks - 1,
        .partial = live == 16 ? 0 : 1,
        .live = live,
        .out_block = count * 16,
        .bias = cfk_zeros,
    };
    const float *u = buffers->weights + group * tile.weight_step;
    for (int64_t e = 0; e < elements; ++e) {
        tile.weights = u + e * channels * cfk_smaller(q, CFK_OUT_BLOCKS) * 16;
        const float *in = v + e * cfk_winograd_step(blocks * count);
        float *out = products + e * cfk_winograd_step(q * count);
        for (int64_t run = 0; run < runs; ++run) {
            const int64_t start = cfk_cut(count, runs, run), pixels = cfk_cut(count, runs, run + 1) - start;
            tile.in = in + start * 16;
            tile.out = out + start * 16;
            functions[pixels - 1](&tile);
        }
    }
    for (int64_t i = 0; i < q; ++i) {
        cfk_winograd_finish(m, conv, buffers, first, count, group * CFK_OUT_BLOCKS + i, products + i * count * 16,
                            cfk_winograd_step(q * count));
    }
}

CFK_INLINE void cfk_winograd_run_size(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers, int32_t phase,
                                      int64_t begin, int64_t end, float *scratch) {
    const int64_t in_blocks = cfk_blocks(conv->in_channels);
    const int64_t groups = cfk_ceiling(cfk_blocks(conv->out_channels), CFK_OUT_BLOCKS);
    const int64_t tiles = conv->batch * cfk_ceiling(conv->out_height, m) * cfk_ceiling(conv->out_width, m);
    const int64_t blocks = conv->plan[CFK_WINOGRAD_BLOCKS], most = conv->plan[CFK_WINOGRAD_TILES];
    const int64_t shared = conv->plan[CFK_WINOGRAD_SHARED];
    float *products = (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    const int64_t most_groups = cfk_winograd_groups(conv, shared), out_blocks = cfk_blocks(conv->out_channels);
    int64_t *offsets = (int64_t *)(products + (m + 2) * (m + 2) * cfk_winograd_step(most_groups * CFK_OUT_BLOCKS * most));
    float *own_v = (float *)(((uintptr_t)(offsets + in_blocks) + 63) & ~(uintptr_t)63);
    float *shared_v = (float *)(((uintptr_t)buffers->shared + 63) & ~(uintptr_t)63);
    for (int64_t item = begin; item < end; ++item) {
        const int64_t parts = !shared ? 1 : phase == 0 ? in_blocks : groups;
        // Of weights that are more than the transformed input each thread should read a part only.
        const int by_group = shared && phase == 1 && conv->out_channels > tiles;
        const int64_t block = by_group ? item % blocks : item / parts, part = by_group ? item / blocks : item % parts;
        const int64_t first = cfk_cut(tiles, blocks, block), count = cfk_cut(tiles, blocks, block + 1) - first;
        float *v = shared ? shared_v + block * (m + 2) * (m + 2) * cfk_winograd_step(in_blocks * most) : own_v;
        for (int64_t b = 0; b < in_blocks; ++b) offsets[b] = b * count * 16;
        if (!shared) {
            for (int64_t b = 0; b < in_blocks; ++b) cfk_winograd_transform(m, conv, buffers, first, count, b, v);
            for (int64_t b = 0, q; b < out_blocks; b += q) {
                q = most_groups == 2 && out_blocks - b >= 4 && cfk_fills_four(count)
                    ? 4 : cfk_smaller(CFK_OUT_BLOCKS, out_blocks - b);
                cfk_winograd_multiply(m, conv, buffers, first, count, b / CFK_OUT_BLOCKS, q, v, offsets, products);
            }
        } else if (phase == 0) {
            cfk_winograd_transform(m, conv, buffers, first, count, part, v);
        } else {
            const int64_t q = cfk_smaller(CFK_OUT_BLOCKS, out_blocks - part * CFK_OUT_BLOCKS);
            cfk_winograd_multiply(m, conv, buffers, first, count, part, q, v, offsets, products);
        }
    }
}

static void cfk_winograd_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int32_t phase, int64_t begin,
                             int64_t end, float *scratch) {
    if (conv->algorithm == CFK_CONV_WINOGRAD4) {
        cfk_winograd_run_size(4, conv, buffers, phase, begin, end, scratch);
    } else {
        cfk_winograd_run_size(2, conv, buffers, phase, begin, end, scratch);
    }
}
