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
// A half block is [T][8] in V and M, and its weights are [e][ceil(C/2)][8][2], after those of the groups.

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

/// Vectors of `count` tiles of so many channels.
CFK_INLINE int64_t cfk_winograd_vectors(int64_t channels, int64_t count) {
    return (cfk_blocks(channels) - cfk_has_half(channels)) * count + cfk_has_half(channels) * cfk_ceiling(count, 2);
}

/// Output blocks that belong to groups: all but a half one.
CFK_INLINE int64_t cfk_winograd_whole(const cfk_conv *conv) {
    return cfk_blocks(conv->out_channels) - cfk_has_half(conv->out_channels);
}

CFK_INLINE int64_t cfk_winograd_groups(const cfk_conv *conv) {
    return cfk_ceiling(cfk_winograd_whole(conv), CFK_OUT_BLOCKS);
}

/// Output groups, and the half block as one more.
CFK_INLINE int64_t cfk_winograd_parts(const cfk_conv *conv) {
    return cfk_winograd_groups(conv) + cfk_has_half(conv->out_channels);
}

/// Most output groups whose products an item makes at once: two where tiles of four blocks do.
CFK_INLINE int64_t cfk_winograd_most_groups(const cfk_conv *conv, int64_t shared) {
    return CFK_HAS_FOUR_BLOCKS && !shared && cfk_winograd_whole(conv) >= 4 ? 2 : 1;
}

/// Floats of V for so many tiles.
CFK_INLINE int64_t cfk_winograd_v_floats(const int m, const cfk_conv *conv, int64_t tiles) {
    return (m + 2) * (m + 2) * cfk_winograd_step(cfk_winograd_vectors(conv->in_channels, tiles));
}

/// Floats of the products of `groups` output groups at most.
CFK_INLINE int64_t cfk_winograd_product_floats(const int m, const cfk_conv *conv, int64_t groups, int64_t tiles) {
    const int64_t blocks = cfk_smaller(groups * CFK_OUT_BLOCKS, cfk_blocks(conv->out_channels));
    return (m + 2) * (m + 2) * cfk_winograd_step(blocks * tiles);
}

CFK_INLINE int64_t cfk_winograd_offset_floats(const cfk_conv *conv) {
    return cfk_ceiling(2 * cfk_blocks(conv->in_channels), 16) * 16;
}

static cfk_status cfk_winograd_prepare(cfk_conv *conv, int32_t threads) {
    if (conv->kernel_height != 3 || conv->kernel_width != 3 || conv->stride_height != 1 || conv->stride_width != 1
        || conv->dilation_height != 1 || conv->dilation_width != 1) {
        return CFK_UNSUPPORTED;
    }
    const int64_t m = cfk_winograd_size(conv), elements = (m + 2) * (m + 2);
    const int64_t in_blocks = cfk_blocks(conv->in_channels);
    const int64_t parts = cfk_winograd_parts(conv);
    conv->packed_floats = elements * conv->in_channels * cfk_winograd_whole(conv) * 16;
    if (cfk_has_half(conv->out_channels)) conv->packed_floats += elements * cfk_ceiling(conv->in_channels, 2) * 16;
    conv->pack_items = parts;

    const int64_t tiles = conv->batch * cfk_ceiling(conv->out_height, m) * cfk_ceiling(conv->out_width, m);
    // V of a block should fit the second cache beside one group's U; but where all of U is larger than that, it is read
    // again for each block, and fewer blocks are worth a V that fills the cache.
    const int64_t tile_bytes = elements * in_blocks * 64;
    int64_t most = cfk_larger(16, cfk_smaller(CFK_WINOGRAD_V_BYTES / tile_bytes, 56));
    if (conv->packed_floats * 4 > CFK_WINOGRAD_U_BYTES) {
        most = cfk_larger(most, cfk_larger(32, cfk_smaller(CFK_WINOGRAD_U_BYTES / tile_bytes, 56)));
    }
    int64_t blocks = cfk_ceiling(tiles, most);
    const int64_t shared = threads > 1 && blocks < 3 * (int64_t)threads && parts >= threads;
    if (threads > 1 && !shared && blocks < 3 * (int64_t)threads) {
        blocks = cfk_smaller(cfk_ceiling(tiles, 2 * CFK_PIXELS), 3 * (int64_t)threads);
    }
    most = cfk_ceiling(tiles, blocks);
    const int64_t v = cfk_winograd_v_floats((int)m, conv, most);
    conv->plan[CFK_WINOGRAD_SHARED] = shared;
    conv->plan[CFK_WINOGRAD_BLOCKS] = blocks;
    conv->plan[CFK_WINOGRAD_TILES] = most;
    conv->scratch_floats = 16 + cfk_winograd_offset_floats(conv) + (shared ? 0 : v)
        + cfk_winograd_product_floats((int)m, conv, cfk_winograd_most_groups(conv, shared), most);
    conv->shared_floats = shared ? blocks * v + 16 : 0;
    conv->phases = shared ? 2 : 1;
    conv->items[0] = shared ? blocks * in_blocks : blocks;
    conv->items[1] = shared ? blocks * parts : 0;
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
    const int is_half = group == cfk_winograd_groups(conv);
    const int64_t channels = conv->in_channels, pairs = cfk_ceiling(channels, 2);
    const int64_t first = is_half ? cfk_winograd_whole(conv) : group * CFK_OUT_BLOCKS;
    const int64_t count = is_half ? 1 : cfk_smaller(CFK_OUT_BLOCKS, cfk_winograd_whole(conv) - first);
    packed += n * n * channels * first * 16;
    if (is_half && channels % 2) {
        for (int64_t e = 0; e < n * n; ++e) cfk_store(packed + ((e + 1) * pairs - 1) * 16, 0.0f);
    }
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
            if (is_half) {
                for (int e = 0; e < n * n; ++e) {
                    for (int o = 0; o < 8; ++o) packed[(e * pairs + c / 2) * 16 + o * 2 + c % 2] = u[e][o];
                }
                continue;
            }
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

/// How many rows the input and the output have in memory: all, or those of rings, in which row y lies at y modulo that
/// number. A ring of outputs has a multiple of m, so that the rows of a tile follow each other.
typedef struct cfk_winograd_rings {
    int64_t in_rows, out_rows;
} cfk_winograd_rings;

/// A tile among all of a batch: the picture, the tile's row and column, and the numbers of rows and columns.
typedef struct cfk_winograd_place {
    int64_t picture, y, x, down, across;
} cfk_winograd_place;

CFK_INLINE cfk_winograd_place cfk_winograd_place_of(const int m, const cfk_conv *conv, int64_t tile) {
    const int64_t down = cfk_ceiling(conv->out_height, m), across = cfk_ceiling(conv->out_width, m);
    return (cfk_winograd_place){tile / (down * across), tile / across % down, tile % across, down, across};
}

/// Goes to the next tile; 1 where that lies in another row.
CFK_INLINE int cfk_winograd_next(cfk_winograd_place *place) {
    if (++place->x < place->across) return 0;
    place->x = 0;
    if (++place->y == place->down) {
        place->y = 0;
        ++place->picture;
    }
    return 1;
}

/// The input rows of a row of tiles, null where they lie outside the map. Returns whether none does.
CFK_INLINE int cfk_winograd_rows(const int m, const cfk_conv *conv, const cfk_map *input, int64_t ring,
                                 const cfk_winograd_place *place, int64_t b, const float **rows) {
    const float *plane = input->data + place->picture * input->batch_stride + b * input->block_stride;
    int is_inside = 1;
    CFK_UNROLL for (int i = 0; i < m + 2; ++i) {
        const int64_t y = place->y * m - conv->pad_top + i;
        rows[i] = y >= 0 && y < conv->in_height ? plane + y % ring * conv->in_width * 16 : 0;
        is_inside = is_inside && rows[i];
    }
    return is_inside;
}

/// Transforms tiles first..<first+count of channel block b into V; of a half block, two at a time. `is_half` is a
/// constant at each call.
CFK_INLINE void cfk_winograd_transform_block(const int m, const int is_half, const cfk_conv *conv,
                                             const cfk_conv_buffers *buffers, const cfk_winograd_rings *rings,
                                             int64_t first, int64_t count, int64_t b, float *v) {
    const int n = m + 2, together = is_half ? 2 : 1;
    const int64_t width = conv->in_width;
    const int64_t element_step = cfk_winograd_step(cfk_winograd_vectors(conv->in_channels, count));
    const cfk_v16 pad = buffers->pad_values ? cfk_load(buffers->pad_values + b * 16) : (cfk_v16)0.0f;
    cfk_winograd_place place = cfk_winograd_place_of(m, conv, first);
    const float *lines[6];
    int are_inside = cfk_winograd_rows(m, conv, &buffers->input, rings->in_rows, &place, b, lines);
    for (int64_t t = 0; t < count; t += together) {
        // The tile's input rows and first column; the second tile of an odd number's last pair is the first.
        const float *from[2][6];
        int64_t x0[2];
        int is_inside = 1;
        CFK_UNROLL for (int i = 0; i < together; ++i) {
            x0[i] = place.x * m - conv->pad_left;
            CFK_UNROLL for (int y = 0; y < n; ++y) from[i][y] = lines[y];
            is_inside = is_inside && are_inside && x0[i] >= 0 && x0[i] + n <= width;
            if (t + i + 1 < count && cfk_winograd_next(&place)) {
                are_inside = cfk_winograd_rows(m, conv, &buffers->input, rings->in_rows, &place, b, lines);
            }
        }
        cfk_v16 rows[36];
        if (is_inside) {
            CFK_UNROLL for (int x = 0; x < n; ++x) {
                cfk_v16 column[6];
                CFK_UNROLL for (int y = 0; y < n; ++y) {
                    const float *at = from[0][y] + (x0[0] + x) * 16;
                    column[y] = is_half ? cfk_join(cfk_load_half(at), cfk_load_half(from[1][y] + (x0[1] + x) * 16))
                                        : cfk_load(at);
                }
                cfk_winograd_input(m, column, 1, rows + x, n);
            }
        } else {
            cfk_v16 d[36];
            for (int y = 0; y < n; ++y) {
                for (int x = 0; x < n; ++x) {
                    cfk_v16 values[2];
                    CFK_UNROLL for (int i = 0; i < together; ++i) {
                        const int64_t ix = x0[i] + x;
                        values[i] = from[i][y] && ix >= 0 && ix < width ? cfk_load(from[i][y] + ix * 16) : pad;
                    }
                    d[y * n + x] = is_half ? cfk_join(values[0].lo, values[1].lo) : values[0];
                }
            }
            CFK_UNROLL for (int x = 0; x < n; ++x) cfk_winograd_input(m, d + x, n, rows + x, n);
        }
        float *to = v + b * count * 16 + t * (16 / together);
        CFK_UNROLL for (int y = 0; y < n; ++y) {
            cfk_v16 row[6];
            cfk_winograd_input(m, rows + y * n, 1, row, 1);
            CFK_UNROLL for (int x = 0; x < n; ++x) cfk_store(to + (y * n + x) * element_step, row[x]);
        }
    }
}

CFK_INLINE void cfk_winograd_transform(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers,
                                       const cfk_winograd_rings *rings, int64_t first, int64_t count, int64_t b,
                                       float *v) {
    if (cfk_has_half(conv->in_channels) && b == cfk_blocks(conv->in_channels) - 1) {
        cfk_winograd_transform_block(m, 1, conv, buffers, rings, first, count, b, v);
    } else {
        cfk_winograd_transform_block(m, 0, conv, buffers, rings, first, count, b, v);
    }
}

/// Output transform and epilogue of one output block; of a half block, of two tiles at a time. `is_half` is a constant
/// at each call.
CFK_INLINE void cfk_winograd_finish(const int m, const int is_half, const cfk_conv *conv, const cfk_conv_buffers *buffers,
                                    const cfk_winograd_rings *rings, int64_t first, int64_t count, int64_t block,
                                    const float *products, int64_t element_step) {
    const int n = m + 2, together = is_half ? 2 : 1;
    const int64_t line = conv->out_width * 16;
    cfk_epilogue epilogue = cfk_block_epilogue(conv, buffers, block);
    if (is_half) {
        epilogue.bias = cfk_join(epilogue.bias.lo, epilogue.bias.lo);
        epilogue.slope = cfk_join(epilogue.slope.lo, epilogue.slope.lo);
        epilogue.low = cfk_join(epilogue.low.lo, epilogue.low.lo);
        epilogue.high = cfk_join(epilogue.high.lo, epilogue.high.lo);
    }
    cfk_winograd_place place = cfk_winograd_place_of(m, conv, first);
    for (int64_t t = 0; t < count; t += together) {
        const float *from = products + t * (16 / together);
        cfk_v16 columns[24], pixels[16];
        CFK_UNROLL for (int x = 0; x < n; ++x) {
            cfk_v16 column[6];
            CFK_UNROLL for (int y = 0; y < n; ++y) column[y] = cfk_load(from + (y * n + x) * element_step);
            cfk_winograd_output(m, column, 1, columns + x, n);
        }
        CFK_UNROLL for (int y = 0; y < m; ++y) cfk_winograd_output(m, columns + y * n, 1, pixels + y * m, 1);
        // Rows and columns that lie on the map.
        int64_t rows[2] = {0, 0}, wide[2] = {0, 0};
        float *out[2] = {0, 0};
        const float *residual[2] = {0, 0};
        int is_whole = t + together <= count;
        CFK_UNROLL for (int i = 0; i < together; ++i) {
            if (t + i == count) break;
            rows[i] = cfk_smaller(m, conv->out_height - place.y * m);
            wide[i] = cfk_smaller(m, conv->out_width - place.x * m);
            is_whole = is_whole && rows[i] == m && wide[i] == m;
            out[i] = cfk_row_at(&buffers->output, place.picture, block, place.y * m % rings->out_rows, conv->out_width)
                + place.x * m * 16;
            residual[i] = out[i];
            if (conv->residual) {
                residual[i] = cfk_row_at(&buffers->residual, place.picture, block, place.y * m, conv->out_width)
                    + place.x * m * 16;
            }
            cfk_winograd_next(&place);
        }
        if (is_whole) {
            CFK_UNROLL for (int y = 0; y < m; ++y) {
                CFK_UNROLL for (int x = 0; x < m; ++x) {
                    const int64_t at = y * line + x * 16;
                    const cfk_v16 sum = pixels[y * m + x] + epilogue.bias;
                    if (is_half) {
                        const cfk_v16 finished = cfk_finish_two(&epilogue, sum, residual[0] + at, residual[1] + at);
                        cfk_store(out[0] + at, cfk_first_of(finished));
                        cfk_store(out[1] + at, cfk_second_of(finished));
                    } else {
                        cfk_store(out[0] + at, cfk_finish(&epilogue, sum, residual[0] + at));
                    }
                }
            }
        } else {
            CFK_UNROLL for (int i = 0; i < together; ++i) {
                for (int64_t y = 0; y < rows[i]; ++y) {
                    for (int64_t x = 0; x < wide[i]; ++x) {
                        const int64_t at = y * line + x * 16;
                        const cfk_v16 sum = pixels[y * m + x] + epilogue.bias;
                        if (is_half) {
                            const cfk_v16 finished = cfk_finish_two(&epilogue, sum, residual[i] + at, residual[i] + at);
                            cfk_store(out[i] + at, i ? cfk_second_of(finished) : cfk_first_of(finished));
                        } else {
                            cfk_store(out[i] + at, cfk_finish(&epilogue, sum, residual[i] + at));
                        }
                    }
                }
            }
        }
    }
}

/// The products of one element of V: `most` tiles at once by one of `functions`, or the last of them.
CFK_INLINE void cfk_winograd_product(const cfk_conv *conv, int64_t count, const float *v, const int64_t *offsets,
                                     cfk_tile *tile, float *out, int64_t out_pixel, int64_t most,
                                     const cfk_tile_function *functions) {
    const int64_t runs = cfk_ceiling(count, most);
    for (int64_t run = 0; run < runs; ++run) {
        const int64_t start = cfk_cut(count, runs, run), pixels = cfk_cut(count, runs, run + 1) - start;
        tile->in = v + start * 16;
        if (cfk_has_half(conv->in_channels)) tile->half_in = v + offsets[tile->full] + start * 8;
        tile->out = out + start * out_pixel;
        functions[pixels - 1](tile);
    }
}

/// A tile that sums over all channels of V.
CFK_INLINE cfk_tile cfk_winograd_tile(const cfk_conv *conv, const int64_t *offsets) {
    const int64_t blocks = cfk_blocks(conv->in_channels), live = cfk_live(conv->in_channels, blocks - 1);
    return (cfk_tile){
        .offsets = offsets,
        .full = live == 16 ? blocks : blocks - 1,
        .partial = live == 16 ? 0 : 1,
        .live = live,
        .bias = cfk_zeros,
    };
}

/// Products and output transform of `q` output blocks, those of one output group or of two.
CFK_INLINE void cfk_winograd_multiply(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers,
                                      const cfk_winograd_rings *rings, int64_t first, int64_t count, int64_t group, int64_t q,
                                      const float *v, const int64_t *offsets, float *products) {
    const int64_t channels = conv->in_channels, elements = (m + 2) * (m + 2);
    int64_t most = q == 1 ? CFK_WIDE_PIXELS : CFK_PIXELS;
    const cfk_tile_function *functions =
        q == 1 ? cfk_wide_functions : cfk_tile_functions[CFK_TILE_FLAT][cfk_smaller(q, CFK_OUT_BLOCKS) - 1];
#if CFK_HAS_FOUR_BLOCKS
    if (q == 4) {
        most = CFK_FOUR_PIXELS;
        functions = cfk_four_functions;
    }
#endif
    cfk_tile tile = cfk_winograd_tile(conv, offsets);
    tile.weight_step = elements * channels * CFK_OUT_BLOCKS * 16;
    tile.out_block = count * 16;
    const int64_t v_step = cfk_winograd_step(cfk_winograd_vectors(channels, count));
    const int64_t out_step = cfk_winograd_step(q * count);
    const float *u = buffers->weights + group * tile.weight_step;
    for (int64_t e = 0; e < elements; ++e) {
        tile.weights = u + e * channels * cfk_smaller(q, CFK_OUT_BLOCKS) * 16;
        cfk_winograd_product(conv, count, v + e * v_step, offsets, &tile, products + e * out_step, 16, most, functions);
    }
    for (int64_t i = 0; i < q; ++i) {
        cfk_winograd_finish(m, 0, conv, buffers, rings, first, count, group * CFK_OUT_BLOCKS + i,
                            products + i * count * 16, out_step);
    }
}

/// Products and output transform of a half block.
CFK_INLINE void cfk_winograd_multiply_half(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers,
                                           const cfk_winograd_rings *rings, int64_t first, int64_t count, const float *v,
                                           const int64_t *offsets, float *products) {
    const int64_t channels = conv->in_channels, elements = (m + 2) * (m + 2), block = cfk_winograd_whole(conv);
    cfk_tile tile = cfk_winograd_tile(conv, offsets);
    const int64_t v_step = cfk_winograd_step(cfk_winograd_vectors(channels, count));
    const int64_t out_step = cfk_winograd_step(cfk_ceiling(count, 2));
    const float *u = buffers->weights + elements * channels * block * 16;
    for (int64_t e = 0; e < elements; ++e) {
        tile.weights = u + e * cfk_ceiling(channels, 2) * 16;
        cfk_winograd_product(conv, count, v + e * v_step, offsets, &tile, products + e * out_step, 8, CFK_WIDE_PIXELS,
                             cfk_half_functions);
    }
    cfk_winograd_finish(m, 1, conv, buffers, rings, first, count, block, products, out_step);
}

/// Where an item's numbers lie in its scratch.
typedef struct cfk_winograd_room {
    /// Of the input blocks in V.
    int64_t *offsets;
    float *v, *products;
} cfk_winograd_room;

/// Of `cfk_winograd_offset_floats`, those of the products of `groups` output groups, and those of V.
CFK_INLINE cfk_winograd_room cfk_winograd_room_of(const int m, const cfk_conv *conv, int64_t groups, int64_t tiles,
                                                  float *scratch) {
    float *products = scratch + cfk_winograd_offset_floats(conv);
    return (cfk_winograd_room){
        .offsets = (int64_t *)scratch,
        .v = products + cfk_winograd_product_floats(m, conv, groups, tiles),
        .products = products,
    };
}

/// Transforms, products and outputs of tiles first..<first+count.
CFK_INLINE void cfk_winograd_tiles(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers,
                                   const cfk_winograd_rings *rings, int64_t first, int64_t count,
                                   const cfk_winograd_room *room) {
    const int64_t in_blocks = cfk_blocks(conv->in_channels), whole = cfk_winograd_whole(conv);
    for (int64_t b = 0; b < in_blocks; ++b) {
        room->offsets[b] = b * count * 16;
        cfk_winograd_transform(m, conv, buffers, rings, first, count, b, room->v);
    }
    for (int64_t b = 0, q; b < whole; b += q) {
        q = whole - b >= 4 && cfk_fills_four(count) ? 4 : cfk_smaller(CFK_OUT_BLOCKS, whole - b);
        cfk_winograd_multiply(m, conv, buffers, rings, first, count, b / CFK_OUT_BLOCKS, q, room->v, room->offsets,
                              room->products);
    }
    if (cfk_has_half(conv->out_channels)) {
        cfk_winograd_multiply_half(m, conv, buffers, rings, first, count, room->v, room->offsets, room->products);
    }
}

CFK_INLINE void cfk_winograd_run_size(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers, int32_t phase,
                                      int64_t begin, int64_t end, float *scratch) {
    const int64_t in_blocks = cfk_blocks(conv->in_channels), groups = cfk_winograd_groups(conv);
    const int64_t tiles = conv->batch * cfk_ceiling(conv->out_height, m) * cfk_ceiling(conv->out_width, m);
    const int64_t blocks = conv->plan[CFK_WINOGRAD_BLOCKS], most = conv->plan[CFK_WINOGRAD_TILES];
    const int64_t shared = conv->plan[CFK_WINOGRAD_SHARED], v_floats = cfk_winograd_v_floats(m, conv, most);
    const cfk_winograd_rings rings = {conv->in_height, cfk_ceiling(conv->out_height, m) * m};
    cfk_winograd_room room = cfk_winograd_room_of(m, conv, cfk_winograd_most_groups(conv, shared), most,
                                                  (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63));
    float *shared_v = (float *)(((uintptr_t)buffers->shared + 63) & ~(uintptr_t)63);
    for (int64_t item = begin; item < end; ++item) {
        const int64_t parts = !shared ? 1 : phase == 0 ? in_blocks : cfk_winograd_parts(conv);
        // Of weights that are more than the transformed input each thread should read a part only.
        const int by_group = shared && phase == 1 && conv->out_channels > tiles;
        const int64_t block = by_group ? item % blocks : item / parts, part = by_group ? item / blocks : item % parts;
        const int64_t first = cfk_cut(tiles, blocks, block), count = cfk_cut(tiles, blocks, block + 1) - first;
        if (!shared) {
            cfk_winograd_tiles(m, conv, buffers, &rings, first, count, &room);
            continue;
        }
        room.v = shared_v + block * v_floats;
        for (int64_t b = 0; b < in_blocks; ++b) room.offsets[b] = b * count * 16;
        if (phase == 0) {
            cfk_winograd_transform(m, conv, buffers, &rings, first, count, part, room.v);
        } else if (part < groups) {
            const int64_t q = cfk_smaller(CFK_OUT_BLOCKS, cfk_winograd_whole(conv) - part * CFK_OUT_BLOCKS);
            cfk_winograd_multiply(m, conv, buffers, &rings, first, count, part, q, room.v, room.offsets, room.products);
        } else {
            cfk_winograd_multiply_half(m, conv, buffers, &rings, first, count, room.v, room.offsets, room.products);
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

// Of a chain: a row of tiles at a time, cut into pieces.

/// Most tiles of a piece: 20, or few less, whose transformed block nearly fits the first cache.
CFK_INLINE int64_t cfk_winograd_piece(const cfk_conv *conv) {
    const int64_t across = cfk_ceiling(conv->out_width, cfk_winograd_size(conv));
    return cfk_ceiling(across, cfk_ceiling(across, 20));
}

CFK_INLINE int64_t cfk_winograd_row_floats(const cfk_conv *conv) {
    const int m = (int)cfk_winograd_size(conv);
    const int64_t tiles = cfk_winograd_piece(conv);
    return cfk_winograd_offset_floats(conv) + cfk_winograd_v_floats(m, conv, tiles)
        + cfk_winograd_product_floats(m, conv, cfk_winograd_most_groups(conv, 0), tiles);
}

CFK_INLINE void cfk_winograd_row_size(const int m, const cfk_conv *conv, const cfk_conv_buffers *buffers,
                                      const cfk_winograd_rings *rings, int64_t row, float *scratch) {
    const int64_t across = cfk_ceiling(conv->out_width, m), most = cfk_winograd_piece(conv);
    const int64_t pieces = cfk_ceiling(across, most);
    const cfk_winograd_room room = cfk_winograd_room_of(m, conv, cfk_winograd_most_groups(conv, 0), most, scratch);
    for (int64_t piece = 0; piece < pieces; ++piece) {
        const int64_t first = cfk_cut(across, pieces, piece), count = cfk_cut(across, pieces, piece + 1) - first;
        cfk_winograd_tiles(m, conv, buffers, rings, row * across + first, count, &room);
    }
}

/// A row of tiles of the first picture of the maps.
static void cfk_winograd_row(const cfk_conv *conv, const cfk_conv_buffers *buffers, const cfk_winograd_rings *rings,
                             int64_t row, float *scratch) {
    if (conv->algorithm == CFK_CONV_WINOGRAD4) {
        cfk_winograd_row_size(4, conv, buffers, rings, row, scratch);
    } else {
        cfk_winograd_row_size(2, conv, buffers, rings, row, scratch);
    }
}
