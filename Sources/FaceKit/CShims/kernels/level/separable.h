// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// A pointwise convolution and the depthwise one that reads its output, row by row. Rows of the map between them live in a
// ring as tall as the depthwise window, so that they are read from the cache they were just written to; a map of
// megabytes would go to memory and back. An item is a run of output rows of one picture.

/// Floats of one block's ring: an odd number of cache lines, so that blocks lie in different sets of the cache.
CFK_INLINE int64_t cfk_ring_floats(const cfk_conv *depthwise) {
    return ((int64_t)depthwise->kernel_height * depthwise->in_width | 1) * 16;
}

/// plan[0]: runs of rows per picture.
static cfk_status cfk_separable_prepare(cfk_separable *separable, int32_t threads) {
    cfk_conv *pointwise = &separable->pointwise, *depthwise = &separable->depthwise;
    if (pointwise->algorithm != CFK_CONV_DIRECT || depthwise->algorithm != CFK_CONV_DEPTHWISE
        || pointwise->kernel_height != 1 || pointwise->kernel_width != 1 || pointwise->stride_height != 1
        || pointwise->stride_width != 1 || pointwise->pad_top != 0 || pointwise->pad_left != 0
        || pointwise->residual != CFK_RESIDUAL_NONE || depthwise->dilation_height != 1) {
        return CFK_UNSUPPORTED;
    }
    const cfk_status first = cfk_conv_prepare(pointwise, threads), second = cfk_conv_prepare(depthwise, threads);
    if (first != CFK_OK) return first;
    if (second != CFK_OK) return second;
    if (pointwise->out_height != pointwise->in_height || pointwise->out_width != pointwise->in_width
        || depthwise->batch != pointwise->batch || depthwise->in_channels != pointwise->out_channels
        || depthwise->in_height != pointwise->out_height || depthwise->in_width != pointwise->out_width) {
        return CFK_BAD_SIZE;
    }
    // Neighbouring runs both compute the rows between them, so a run should be many windows high.
    const int64_t high = cfk_larger(1, depthwise->out_height / (4 * (int64_t)depthwise->kernel_height));
    separable->plan[0] = threads > 1 ? cfk_smaller(high, cfk_ceiling(4 * (int64_t)threads, depthwise->batch)) : 1;
    separable->items = separable->plan[0] * depthwise->batch;
    separable->scratch_floats = cfk_blocks(pointwise->in_channels) * 2 + 2 * (int64_t)depthwise->kernel_height + 48
        + (int64_t)depthwise->in_width * 16 + cfk_blocks(depthwise->in_channels) * cfk_ring_floats(depthwise);
    return CFK_OK;
}

/// One row of the pointwise convolution, from `in` of its first block to `out` of the ring's.
static void cfk_separable_row(const cfk_separable *separable, const cfk_conv_buffers *buffers, cfk_tile *tile,
                              const float *in, float *out) {
    const cfk_conv *conv = &separable->pointwise;
    const int64_t groups = cfk_ceiling(cfk_blocks(conv->out_channels), CFK_OUT_BLOCKS), width = conv->out_width;
    float bounds[64];
    for (int64_t group = 0; group < groups; ++group) {
        const int64_t q = cfk_tile_outputs(tile, group, conv->out_channels, buffers->bias, buffers->slopes, conv->low,
                                           conv->high, bounds);
        tile->weights = buffers->weights + group * conv->in_channels * CFK_OUT_BLOCKS * 16;
        const int64_t tiles = cfk_ceiling(width, q == 1 ? CFK_WIDE_PIXELS : CFK_PIXELS);
        for (int64_t t = 0; t < tiles; ++t) {
            const int64_t start = cfk_cut(width, tiles, t), pixels = cfk_cut(width, tiles, t + 1) - start;
            tile->in = in + start * 16;
            tile->out = out + group * CFK_OUT_BLOCKS * tile->out_block + start * 16;
            (q == 1 ? cfk_wide_functions[pixels - 1] : cfk_tile_functions[CFK_TILE_FLAT][q - 1][pixels - 1])(tile);
        }
    }
}

static void cfk_separable_run(const cfk_separable *separable, const cfk_conv_buffers *pointwise_buffers,
                              const cfk_conv_buffers *depthwise_buffers, int64_t begin, int64_t end, float *scratch) {
    const cfk_conv *pointwise = &separable->pointwise, *depthwise = &separable->depthwise;
    const int64_t in_blocks = cfk_blocks(pointwise->in_channels), blocks = cfk_blocks(depthwise->in_channels);
    const int64_t kernel = depthwise->kernel_height, line = (int64_t)depthwise->in_width * 16;
    const int64_t ring_step = cfk_ring_floats(depthwise), runs = separable->plan[0];
    const int64_t taps = kernel * depthwise->kernel_width;
    const cfk_columns columns = cfk_depthwise_columns(depthwise);

    int64_t *offsets = (int64_t *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    const float **rows = (const float **)(offsets + in_blocks);
    float *pad = (float *)(((uintptr_t)(rows + kernel) + 63) & ~(uintptr_t)63);
    float *ring = pad + line;
    for (int64_t b = 0; b < in_blocks; ++b) offsets[b] = b * pointwise_buffers->input.block_stride;
    memset(pad, 0, (size_t)line * sizeof(float));

    const int64_t live = pointwise->in_channels - (in_blocks - 1) * 16;
    cfk_tile tile = {
        .offsets = offsets,
        .full = live == 16 ? in_blocks : in_blocks - 1,
        .partial = live == 16 ? 0 : 1,
        .live = live,
        .out_block = ring_step,
        .activation = pointwise->activation,
    };
    for (int64_t item = begin; item < end; ++item) {
        const int64_t run = item % runs, n = item / runs;
        const float *in = pointwise_buffers->input.data + n * pointwise_buffers->input.batch_stride;
        const int64_t first = cfk_cut(depthwise->out_height, runs, run);
        const int64_t last = cfk_cut(depthwise->out_height, runs, run + 1);
        int64_t next = cfk_larger(0, first * depthwise->stride_height - depthwise->pad_top);
        for (int64_t oy = first; oy < last; ++oy) {
            const int64_t top = oy * depthwise->stride_height - depthwise->pad_top;
            next = cfk_larger(next, top);
            for (; next < cfk_smaller(top + kernel, depthwise->in_height); ++next) {
                cfk_separable_row(separable, pointwise_buffers, &tile, in + next * line, ring + next % kernel * line);
            }
            for (int64_t b = 0; b < blocks; ++b) {
                for (int64_t ky = 0; ky < kernel; ++ky) {
                    const int64_t y = top + ky;
                    rows[ky] = y >= 0 && y < depthwise->in_height ? ring + b * ring_step + y % kernel * line : pad;
                }
                const cfk_epilogue epilogue = cfk_block_epilogue(depthwise, depthwise_buffers, b);
                cfk_depthwise_line(depthwise, depthwise_buffers, &columns, rows, pad,
                                   depthwise_buffers->weights + b * taps * 16, &epilogue, n, b, oy);
            }
        }
    }
}
