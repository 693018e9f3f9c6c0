// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// The first convolution: up to four planar channels in, blocked out. An item is a band of output rows, whose input
// rows are first copied into scratch with their padding.

/// plan[]: bands per picture, and the height and width of the padded band.
enum { CFK_PLANAR_BANDS, CFK_PLANAR_ROWS, CFK_PLANAR_WIDTH };

static int64_t cfk_planar_rows(const cfk_conv *conv, int64_t out_rows) {
    return (out_rows - 1) * conv->stride_height + (int64_t)(conv->kernel_height - 1) * conv->dilation_height + 1;
}

static cfk_status cfk_planar_prepare(cfk_conv *conv, int32_t threads) {
    if (conv->in_channels > 4) return CFK_BAD_SIZE;
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    conv->packed_floats = conv->in_channels * taps * cfk_blocks(conv->out_channels) * 16;
    conv->pack_items = cfk_ceiling(cfk_blocks(conv->out_channels), CFK_OUT_BLOCKS);
    // Bands of about 512 pixels keep the outputs of a group in the first cache while input and weights are reused.
    int64_t rows = cfk_larger(1, 512 / conv->out_width);
    if (threads > 1) rows = cfk_smaller(rows, cfk_ceiling(conv->out_height, 4 * (int64_t)threads));
    const int64_t width = (int64_t)(conv->out_width - 1) * conv->stride_width
        + (int64_t)(conv->kernel_width - 1) * conv->dilation_width + 1;
    conv->plan[CFK_PLANAR_BANDS] = cfk_ceiling(conv->out_height, rows);
    conv->plan[CFK_PLANAR_ROWS] = cfk_planar_rows(conv, cfk_ceiling(conv->out_height, conv->plan[CFK_PLANAR_BANDS]));
    conv->plan[CFK_PLANAR_WIDTH] = width;
    conv->phases = 1;
    conv->items[0] = conv->batch * conv->plan[CFK_PLANAR_BANDS];
    conv->scratch_floats = conv->in_channels * (conv->plan[CFK_PLANAR_ROWS] * width + taps * 2) + 16;
    return CFK_OK;
}

static void cfk_planar_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end) {
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    const int64_t terms = conv->in_channels * taps;
    for (int64_t group = begin; group < end; ++group) {
        const int64_t first = group * CFK_OUT_BLOCKS * 16;
        const int64_t width = cfk_smaller(CFK_OUT_BLOCKS, cfk_blocks(conv->out_channels) - group * CFK_OUT_BLOCKS) * 16;
        float *to = packed + first * terms;
        for (int64_t k = 0; k < terms; ++k) {
            for (int64_t o = 0; o < width; ++o) {
                *to++ = first + o < conv->out_channels ? weights[(first + o) * terms + k] : 0.0f;
            }
        }
    }
}

static void cfk_planar_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t begin, int64_t end,
                           float *scratch) {
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width, terms = conv->in_channels * taps;
    const int64_t groups = cfk_ceiling(cfk_blocks(conv->out_channels), CFK_OUT_BLOCKS);
    const int64_t bands = conv->plan[CFK_PLANAR_BANDS], width = conv->plan[CFK_PLANAR_WIDTH];
    const int64_t band_plane = conv->plan[CFK_PLANAR_ROWS] * width;
    int64_t *offsets = (int64_t *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    float *band = (float *)(offsets + terms);
    for (int64_t c = 0, k = 0; c < conv->in_channels; ++c) {
        for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
            for (int64_t kx = 0; kx < conv->kernel_width; ++kx, ++k) {
                offsets[k] = c * band_plane + ky * conv->dilation_height * width + kx * conv->dilation_width;
            }
        }
    }
    float bounds[64];
    int64_t in_pixels[CFK_PIXELS], out_pixels[CFK_PIXELS];
    cfk_tile tile = {
        .offsets = offsets,
        .full = terms,
        .in = band,
        .in_pixels = in_pixels,
        .out_block = buffers->output.block_stride,
        .out_pixels = out_pixels,
        .residual_block = buffers->residual.block_stride,
        .residual_pixels = out_pixels,
        .activation = conv->activation,
        .residual_mode = conv->residual,
    };
    for (int64_t item = begin; item < end; ++item) {
        const int64_t n = item / bands, first = cfk_cut(conv->out_height, bands, item % bands);
        const int64_t rows = cfk_cut(conv->out_height, bands, item % bands + 1) - first;
        const int64_t top = first * conv->stride_height - conv->pad_top;
        for (int64_t c = 0; c < conv->in_channels; ++c) {
            const float *plane = buffers->input.data + n * buffers->input.batch_stride + c * buffers->input.block_stride;
            const float pad = buffers->pad_values ? buffers->pad_values[c] : 0.0f;
            // Input columns left..<right lie inside the band.
            const int64_t left = cfk_smaller(cfk_larger(0, -conv->pad_left), conv->in_width);
            const int64_t right = cfk_larger(left, cfk_smaller(conv->in_width, width - conv->pad_left));
            for (int64_t y = 0; y < cfk_planar_rows(conv, rows); ++y) {
                float *row = band + c * band_plane + y * width;
                const int64_t from = top + y;
                int64_t x = 0;
                if (from >= 0 && from < conv->in_height && right > left) {
                    for (; x < left + conv->pad_left; ++x) row[x] = pad;
                    memcpy(row + x, plane + from * conv->in_width + left, (size_t)(right - left) * sizeof(float));
                    x += right - left;
                }
                for (; x < width; ++x) row[x] = pad;
            }
        }
        const int64_t count = rows * conv->out_width, tiles = cfk_ceiling(count, CFK_PIXELS);
        for (int64_t group = 0; group < groups; ++group) {
            const int64_t q = cfk_tile_outputs(&tile, group, conv->out_channels, buffers->bias, buffers->slopes,
                                               conv->low, conv->high, bounds);
            tile.weights = buffers->weights + group * terms * CFK_OUT_BLOCKS * 16;
            const int64_t block = group * CFK_OUT_BLOCKS, start = first * conv->out_width * 16;
            tile.out = buffers->output.data + n * buffers->output.batch_stride + block * tile.out_block + start;
            if (tile.residual_mode) {
                tile.residual = buffers->residual.data + n * buffers->residual.batch_stride
                    + block * tile.residual_block + start;
            }
            int64_t oy = 0, ox = 0, done = 0;
            for (int64_t t = 0; t < tiles; ++t) {
                const int64_t pixels = cfk_cut(count, tiles, t + 1) - done;
                for (int64_t p = 0; p < pixels; ++p) {
                    in_pixels[p] = oy * conv->stride_height * width + ox * conv->stride_width;
                    out_pixels[p] = (done + p) * 16;
                    if (++ox == conv->out_width) {
                        ox = 0;
                        ++oy;
                    }
                }
                done += pixels;
                cfk_tile_functions[CFK_TILE_PLANAR][q - 1][pixels - 1](&tile);
            }
        }
    }
}
