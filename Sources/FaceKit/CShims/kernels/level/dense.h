// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Fully connected layer: the micro-kernel with pictures for pixels.

/// plan[0]: K-blocks per channel block ("taps"); plan[1]: output groups per item.
static cfk_status cfk_dense_prepare(cfk_dense *dense, int32_t threads) {
    if (dense->batch < 1 || dense->in_channels < 1 || dense->in_height < 1 || dense->in_width < 1
        || dense->out_features < 1 || (!dense->blocked_input && (dense->in_height != 1 || dense->in_width != 1))) {
        return CFK_BAD_SIZE;
    }
    const int64_t taps = (int64_t)dense->in_height * dense->in_width;
    const int64_t blocks = cfk_blocks(dense->in_channels), out_blocks = cfk_blocks(dense->out_features);
    const int64_t groups = cfk_ceiling(out_blocks, CFK_OUT_BLOCKS);
    int64_t terms, floats;
    if (__builtin_mul_overflow((int64_t)dense->in_channels, taps, &terms) || terms > CFK_MOST_FLOATS
        || __builtin_mul_overflow(terms, out_blocks * 16, &floats) || floats > CFK_MOST_FLOATS) {
        return CFK_TOO_LARGE;
    }
    dense->packed_floats = floats;
    dense->pack_items = groups;
    dense->plan[0] = taps;
    dense->items = threads > 1 ? cfk_smaller(groups, 8 * (int64_t)threads) : 1;
    dense->scratch_floats = 16 + blocks * taps * 2 + CFK_PIXELS * CFK_OUT_BLOCKS * 16;
    return CFK_OK;
}

static void cfk_dense_pack(const cfk_dense *dense, const float *weights, float *packed, int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
        cfk_pack_group(weights, packed, group, dense->out_features, dense->in_channels, dense->plan[0],
                       dense->weight_row_stride, dense->weight_column_stride);
    }
}

static void cfk_dense_run(const cfk_dense *dense, const cfk_dense_buffers *buffers, int64_t begin, int64_t end,
                          float *scratch) {
    const int64_t taps = dense->plan[0], blocks = cfk_blocks(dense->in_channels);
    const int64_t groups = cfk_ceiling(cfk_blocks(dense->out_features), CFK_OUT_BLOCKS);
    const int64_t live = dense->in_channels - (blocks - 1) * 16;
    int64_t *offsets = (int64_t *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    float *results = (float *)(offsets + blocks * taps);
    const int64_t block_stride = dense->blocked_input ? buffers->input.block_stride : 16;
    for (int64_t b = 0; b < blocks; ++b) {
        for (int64_t t = 0; t < taps; ++t) offsets[b * taps + t] = b * block_stride + t * 16;
    }
    cfk_bounds bounds;
    int64_t in_pixels[CFK_PIXELS], out_pixels[CFK_PIXELS];
    for (int64_t p = 0; p < CFK_PIXELS; ++p) {
        in_pixels[p] = p * buffers->input.batch_stride;
        out_pixels[p] = p * CFK_OUT_BLOCKS * 16;
    }
    cfk_tile tile = {
        .offsets = offsets,
        .full = (live == 16 ? blocks : blocks - 1) * taps,
        .partial = live == 16 ? 0 : taps,
        .live = live,
        .in_pixels = in_pixels,
        .out = results,
        .out_block = 16,
        .out_pixels = out_pixels,
        .activation = dense->activation,
    };
    const int64_t last = cfk_cut(groups, dense->items, end);
    for (int64_t group = cfk_cut(groups, dense->items, begin); group < last; ++group) {
        const int64_t q = cfk_tile_outputs(&tile, group * CFK_OUT_BLOCKS, CFK_OUT_BLOCKS, dense->out_features,
                                           buffers->bias, buffers->slopes, dense->low, dense->high, &bounds);
        tile.weights = buffers->weights + group * dense->in_channels * taps * CFK_OUT_BLOCKS * 16;
        const int64_t first = group * CFK_OUT_BLOCKS * 16;
        const int64_t width = cfk_smaller(q * 16, dense->out_features - first);
        const int64_t runs = cfk_ceiling(dense->batch, CFK_PIXELS);
        for (int64_t run = 0; run < runs; ++run) {
            const int64_t start = cfk_cut(dense->batch, runs, run);
            const int64_t count = cfk_cut(dense->batch, runs, run + 1) - start;
            tile.in = buffers->input.data + start * buffers->input.batch_stride;
            cfk_tile_functions[CFK_TILE_SCATTERED][q - 1][count - 1](&tile);
            for (int64_t p = 0; p < count; ++p) {
                memcpy(buffers->output + (start + p) * buffers->output_stride + first, results + out_pixels[p],
                       (size_t)width * sizeof(float));
            }
        }
    }
}
