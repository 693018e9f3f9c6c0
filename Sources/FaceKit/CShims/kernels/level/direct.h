// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Direct convolution of blocked maps, read in place. An item is a run of output pixels times a run of output groups.

/// plan[]: how the work is cut.
enum {
    /// 1 when a 1x1 convolution walks the plane as one row of pixels.
    CFK_DIRECT_FLAT,
    /// Runs of pixels: per picture when flat, else over all pictures.
    CFK_DIRECT_RUNS,
    CFK_DIRECT_GROUP_RUNS,
    /// 1 when the items of one run of groups follow each other, 0 when those of one run of pixels do.
    CFK_DIRECT_BY_GROUP,
    /// Most pixels in a run.
    CFK_DIRECT_RUN_PIXELS,
};

/// A tile of a run, found once and used for every output group.
typedef struct cfk_place {
    int32_t kind, count;
    int64_t in[CFK_PIXELS], out[CFK_PIXELS], residual[CFK_PIXELS];
} cfk_place;

/// Cuts `total` pixels of `pixel_bytes` each (times `batch` when runs do not cross pictures) and `groups` output groups
/// into runs that fit the cache and keep all threads busy: first by groups, or first by pixels.
static void cfk_cut_runs(int64_t total, int64_t batch, int64_t groups, int64_t pixel_bytes, int by_group, int32_t threads,
                         int64_t *runs, int64_t *group_runs) {
    const int64_t most = cfk_larger(4 * CFK_PIXELS, cfk_smaller(192 * 1024 / cfk_larger(pixel_bytes, 1), 1024));
    *runs = cfk_ceiling(total, most);
    *group_runs = 1;
    if (threads > 1) {
        const int64_t wanted = 4 * (int64_t)threads;
        if (by_group) *group_runs = cfk_smaller(groups, wanted);
        if (*runs * batch * *group_runs < wanted) {
            const int64_t fine = cfk_smaller(cfk_ceiling(wanted, batch), cfk_ceiling(total, 4 * CFK_PIXELS));
            *runs = cfk_larger(*runs, fine);
        }
        // As many for one thread as for another.
        const int64_t each = cfk_ceiling(threads, batch), most_runs = cfk_larger(*runs, total / (2 * CFK_PIXELS));
        *runs = cfk_smaller(cfk_ceiling(*runs, each) * each, most_runs);
        if (!by_group && *runs * batch < wanted) {
            *group_runs = cfk_smaller(groups, cfk_ceiling(wanted, *runs * batch));
        }
    }
}

/// Whether each output pixel comes from the input pixel at its place alone.
CFK_INLINE int cfk_is_pointwise(const cfk_conv *conv) {
    return conv->kernel_height == 1 && conv->kernel_width == 1 && conv->stride_height == 1 && conv->stride_width == 1
        && conv->pad_top == 0 && conv->pad_left == 0 && conv->out_height == conv->in_height
        && conv->out_width == conv->in_width;
}

static cfk_status cfk_direct_prepare(cfk_conv *conv, int32_t threads) {
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    const int64_t groups = cfk_ceiling(cfk_blocks(conv->out_channels), CFK_OUT_BLOCKS);
    const int64_t plane = (int64_t)conv->out_height * conv->out_width;
    conv->packed_floats = conv->in_channels * taps * cfk_blocks(conv->out_channels) * 16;
    conv->pack_items = groups;

    const int flat = cfk_is_pointwise(conv) && (conv->batch == 1 || plane >= 4 * CFK_PIXELS);
    const int64_t total = flat ? plane : plane * conv->batch;
    const int64_t pixel_bytes = (int64_t)conv->in_channels * 4
        * (taps == 1 ? 1 : (int64_t)conv->stride_height * conv->stride_width);
    // Of weights that are more than the input each thread should read a part only.
    const int by_group = conv->out_channels * taps > (int64_t)conv->batch * conv->in_height * conv->in_width;
    conv->plan[CFK_DIRECT_BY_GROUP] = by_group;
    cfk_cut_runs(total, flat ? conv->batch : 1, groups, pixel_bytes, by_group, threads, &conv->plan[CFK_DIRECT_RUNS],
                 &conv->plan[CFK_DIRECT_GROUP_RUNS]);
    conv->plan[CFK_DIRECT_FLAT] = flat;
    conv->plan[CFK_DIRECT_RUN_PIXELS] = cfk_ceiling(total, conv->plan[CFK_DIRECT_RUNS]);
    conv->phases = 1;
    conv->items[0] = conv->plan[CFK_DIRECT_RUNS] * conv->plan[CFK_DIRECT_GROUP_RUNS] * (flat ? conv->batch : 1);

    const int64_t tiles = cfk_ceiling(conv->plan[CFK_DIRECT_RUN_PIXELS], CFK_PIXELS);
    conv->scratch_floats = 16 + cfk_blocks(conv->in_channels) * taps * 2;
    if (!flat) {
        conv->scratch_floats += cfk_blocks(conv->in_channels) * 16
            + tiles * (int64_t)(sizeof(cfk_place) + taps * CFK_PIXELS * sizeof(cfk_tap)) / 4;
    }
    return CFK_OK;
}

static void cfk_direct_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end) {
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    for (int64_t group = begin; group < end; ++group) {
        cfk_pack_group(weights, packed, group, conv->out_channels, conv->in_channels, taps, conv->in_channels * taps, 1);
    }
}

/// Finds the pixels of the tile that starts at pixel `first` of the batch; writes the taps of border tiles.
static void cfk_find_place(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t first, const float *pad,
                           cfk_place *place, cfk_tap *taps) {
    const int64_t plane = (int64_t)conv->out_height * conv->out_width;
    const int64_t height = conv->in_height, width = conv->in_width;
    int64_t n = first / plane;
    int64_t oy = (first - n * plane) / conv->out_width;
    int64_t ox = first - n * plane - oy * conv->out_width;
    const int64_t reach_y = (int64_t)(conv->kernel_height - 1) * conv->dilation_height;
    const int64_t reach_x = (int64_t)(conv->kernel_width - 1) * conv->dilation_width;
    int64_t ys[CFK_PIXELS], xs[CFK_PIXELS], ns[CFK_PIXELS];
    place->kind = CFK_TILE_SCATTERED;
    for (int64_t p = 0; p < place->count; ++p) {
        const int64_t y = oy * conv->stride_height - conv->pad_top, x = ox * conv->stride_width - conv->pad_left;
        const int64_t pixel = (oy * conv->out_width + ox) * 16;
        ns[p] = n;
        ys[p] = y;
        xs[p] = x;
        place->in[p] = n * buffers->input.batch_stride + (y * width + x) * 16;
        place->out[p] = n * buffers->output.batch_stride + pixel;
        place->residual[p] = n * buffers->residual.batch_stride + pixel;
        if (y < 0 || x < 0 || y + reach_y >= height || x + reach_x >= width) place->kind = CFK_TILE_BORDER;
        if (++ox == conv->out_width) {
            ox = 0;
            if (++oy == conv->out_height) {
                oy = 0;
                ++n;
            }
        }
    }
    if (place->kind == CFK_TILE_SCATTERED) return;
    for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
        for (int64_t kx = 0; kx < conv->kernel_width; ++kx) {
            for (int64_t p = 0; p < place->count; ++p, ++taps) {
                const int64_t y = ys[p] + ky * conv->dilation_height, x = xs[p] + kx * conv->dilation_width;
                if (y >= 0 && y < height && x >= 0 && x < width) {
                    taps->data = buffers->input.data + ns[p] * buffers->input.batch_stride + (y * width + x) * 16;
                    taps->block_stride = buffers->input.block_stride;
                } else {
                    taps->data = pad;
                    taps->block_stride = 16;
                }
            }
        }
    }
}

/// Output groups `first_group` to `last_group` of a pointwise convolution for `count` neighbouring pixels, at which the maps
/// begin; the blocks of the input begin at `offsets`.
static void cfk_direct_pixels(const cfk_conv *conv, const cfk_conv_buffers *buffers, const int64_t *offsets, cfk_map in,
                              cfk_map residual, cfk_map out, int64_t count, int64_t first_group, int64_t last_group) {
    const int64_t blocks = cfk_blocks(conv->in_channels), live = conv->in_channels - (blocks - 1) * 16;
    const int64_t group_floats = conv->in_channels * CFK_OUT_BLOCKS * 16;
    cfk_tile tile = {
        .offsets = offsets,
        .weight_step = group_floats,
        .full = live == 16 ? blocks : blocks - 1,
        .partial = live == 16 ? 0 : 1,
        .live = live,
        .out_block = out.block_stride,
        .residual_block = residual.block_stride,
        .activation = conv->activation,
        .residual_mode = conv->residual,
    };
    cfk_bounds bounds;
    const int64_t last = cfk_smaller(last_group * CFK_OUT_BLOCKS, cfk_blocks(conv->out_channels));
    int64_t q;
    for (int64_t block = first_group * CFK_OUT_BLOCKS; block < last; block += q) {
        q = cfk_smaller(CFK_OUT_BLOCKS, last - block);
        int64_t most = q == 1 ? CFK_WIDE_PIXELS : CFK_PIXELS;
        const cfk_tile_function *functions = q == 1 ? cfk_wide_functions : cfk_tile_functions[CFK_TILE_FLAT][q - 1];
#if CFK_HAS_FOUR_BLOCKS
        if (last - block >= 4 && cfk_fills_four(count)) {
            q = 4;
            most = CFK_FOUR_PIXELS;
            functions = cfk_four_functions;
        }
#endif
        cfk_tile_outputs(&tile, block, q, conv->out_channels, buffers->bias, buffers->slopes, conv->low, conv->high,
                         &bounds);
        tile.weights = buffers->weights + block / CFK_OUT_BLOCKS * group_floats;
        const int64_t tiles = cfk_ceiling(count, most);
        // Those of a large network come from memory: each tile fetches its share of the next blocks' into the second cache.
        const int64_t following = cfk_smaller(4, last - block - q), parts = tiles * tile.full;
        tile.fetch = tile.weights;
        tile.fetch_lines = 0;
        if (q == 4 && following > 0 && parts > 0) {
            tile.fetch += 2 * group_floats;
            tile.fetch_lines = cfk_ceiling(following * conv->in_channels, parts);
        }
        for (int64_t t = 0; t < tiles; ++t, tile.fetch += tile.full * tile.fetch_lines * 16) {
            const int64_t start = cfk_cut(count, tiles, t), pixels = cfk_cut(count, tiles, t + 1) - start;
            tile.in = in.data + start * 16;
            tile.out = out.data + block * out.block_stride + start * 16;
            if (conv->residual) tile.residual = residual.data + block * residual.block_stride + start * 16;
            functions[pixels - 1](&tile);
        }
    }
}

static void cfk_direct_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t begin, int64_t end,
                           float *scratch) {
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    const int64_t blocks = cfk_blocks(conv->in_channels);
    const int64_t groups = cfk_ceiling(cfk_blocks(conv->out_channels), CFK_OUT_BLOCKS);
    const int64_t plane = (int64_t)conv->out_height * conv->out_width;
    const int64_t flat = conv->plan[CFK_DIRECT_FLAT];
    const int64_t runs = conv->plan[CFK_DIRECT_RUNS], group_runs = conv->plan[CFK_DIRECT_GROUP_RUNS];
    const int64_t by_group = conv->plan[CFK_DIRECT_BY_GROUP], all_runs = runs * (flat ? conv->batch : 1);
    const int64_t most_tiles = cfk_ceiling(conv->plan[CFK_DIRECT_RUN_PIXELS], CFK_PIXELS);
    const int64_t live = conv->in_channels - (blocks - 1) * 16;

    int64_t *offsets = (int64_t *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    cfk_place *places = (cfk_place *)(offsets + blocks * taps);
    cfk_tap *border = (cfk_tap *)(places + (flat ? 0 : most_tiles));
    float *pad = (float *)(border + (flat ? 0 : most_tiles * taps * CFK_PIXELS));
    for (int64_t b = 0, k = 0; b < blocks; ++b) {
        for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
            for (int64_t kx = 0; kx < conv->kernel_width; ++kx, ++k) {
                offsets[k] = b * buffers->input.block_stride
                    + (ky * conv->dilation_height * conv->in_width + kx * conv->dilation_width) * 16;
            }
        }
    }
    if (!flat) {
        for (int64_t i = 0; i < blocks * 16; ++i) pad[i] = buffers->pad_values ? buffers->pad_values[i] : 0.0f;
    }

    cfk_bounds bounds;
    cfk_tile tile = {
        .offsets = offsets,
        .live = live,
        .tap_count = taps,
        .out_block = buffers->output.block_stride,
        .residual_block = buffers->residual.block_stride,
        .activation = conv->activation,
        .residual_mode = conv->residual,
    };
    for (int64_t item = begin; item < end; ++item) {
        const int64_t group_run = by_group ? item / all_runs : item % group_runs;
        const int64_t place = by_group ? item % all_runs : item / group_runs, run = place % runs, n = place / runs;
        const int64_t first_group = cfk_cut(groups, group_runs, group_run);
        const int64_t last_group = cfk_cut(groups, group_runs, group_run + 1);
        const int64_t total = flat ? plane : plane * conv->batch;
        const int64_t first = cfk_cut(total, runs, run), count = cfk_cut(total, runs, run + 1) - first;
        if (flat) {
            cfk_map in = buffers->input, out = buffers->output, residual = buffers->residual;
            in.data += n * in.batch_stride + first * 16;
            out.data += n * out.batch_stride + first * 16;
            if (conv->residual) residual.data += n * residual.batch_stride + first * 16;
            cfk_direct_pixels(conv, buffers, offsets, in, residual, out, count, first_group, last_group);
            continue;
        }
        const int64_t tiles = cfk_ceiling(count, CFK_PIXELS);
        for (int64_t t = 0; t < tiles; ++t) {
            const int64_t start = cfk_cut(count, tiles, t);
            places[t].count = (int32_t)(cfk_cut(count, tiles, t + 1) - start);
            cfk_find_place(conv, buffers, first + start, pad, &places[t], border + t * taps * CFK_PIXELS);
        }
        tile.in = buffers->input.data;
        for (int64_t group = first_group; group < last_group; ++group) {
            const int64_t block = group * CFK_OUT_BLOCKS;
            const int64_t q = cfk_tile_outputs(&tile, block, CFK_OUT_BLOCKS, conv->out_channels, buffers->bias,
                                               buffers->slopes, conv->low, conv->high, &bounds);
            tile.out = buffers->output.data + block * buffers->output.block_stride;
            if (tile.residual_mode) tile.residual = buffers->residual.data + block * buffers->residual.block_stride;
            tile.weights = buffers->weights + group * conv->in_channels * taps * CFK_OUT_BLOCKS * 16;
            for (int64_t t = 0; t < tiles; ++t) {
                const cfk_place *found = &places[t];
                tile.in_pixels = found->in;
                tile.out_pixels = found->out;
                tile.residual_pixels = found->residual;
                tile.taps = border + t * taps * CFK_PIXELS;
                const int64_t per_block = found->kind == CFK_TILE_BORDER ? 1 : taps;
                tile.full = (live == 16 ? blocks : blocks - 1) * per_block;
                tile.partial = live == 16 ? 0 : per_block;
                cfk_tile_functions[found->kind][q - 1][found->count - 1](&tile);
            }
        }
    }
}
