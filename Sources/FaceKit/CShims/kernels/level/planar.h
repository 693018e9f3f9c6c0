// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// The first convolution: up to four planar channels in, blocked out. An item is a band of output rows.
//
// With 32 registers of whole blocks, 3x3 at stride one goes by Winograd F(4,3) down the columns (planar_winograd.h).
//
// Windows three pixels wide that advance by one or two read the rows of a large input in place, at distances that are
// constants of the tile; only tiles at the edges copy their part of the rows with its padding. Otherwise the whole band
// is copied with its padding into scratch and each pixel found by an offset.

/// plan[]: bands per picture, the height and width of the padded band, and whether rows are read in place.
enum { CFK_PLANAR_BANDS, CFK_PLANAR_ROWS, CFK_PLANAR_WIDTH, CFK_PLANAR_IN_PLACE };

/// Pixels of a tile in place: its accumulators, one block's weights and a value fit the registers.
enum { CFK_PLANAR_PIXELS = CFK_LANES == 16 ? 16 : CFK_PIXELS };

static int64_t cfk_planar_rows(const cfk_conv *conv, int64_t out_rows) {
    return (out_rows - 1) * conv->stride_height + (int64_t)(conv->kernel_height - 1) * conv->dilation_height + 1;
}

/// Input columns that a tile in place reads.
static int64_t cfk_planar_reach(const cfk_conv *conv) {
    return (int64_t)(CFK_PLANAR_PIXELS - 1) * conv->stride_width + 3;
}

/// Rows from the first to the last one of a window.
static int64_t cfk_planar_span(const cfk_conv *conv) { return cfk_planar_rows(conv, 1); }

/// Floats of a `cfk_planar_room`.
static int64_t cfk_planar_room_floats(const cfk_conv *conv) {
    return cfk_blocks(conv->out_channels) * (int64_t)(sizeof(cfk_epilogue) / sizeof(float))
        + conv->in_channels * (conv->kernel_height * (4 + cfk_planar_reach(conv)) + (int64_t)conv->in_width) + 16
        + cfk_planar_span(conv) * (2 + conv->in_channels * (int64_t)conv->in_width);
}

static cfk_status cfk_planar_prepare(cfk_conv *conv, int32_t threads) {
    if (conv->in_channels > 4) return CFK_BAD_SIZE;
    if (cfk_planar_is_winograd(conv)) return cfk_planar_winograd_prepare(conv);
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
    // Tiles of two blocks pay off earlier than reading in place, whose narrow rows are mostly edge.
    const int64_t least_width = cfk_blocks(conv->out_channels) % CFK_OUT_BLOCKS == 0 && CFK_OUT_BLOCKS > 1 ? 256 : 32;
    conv->plan[CFK_PLANAR_IN_PLACE] = conv->kernel_width == 3 && conv->stride_width <= 2 && conv->dilation_width == 1
        && conv->out_width >= least_width;
    conv->phases = 1;
    conv->items[0] = conv->batch * conv->plan[CFK_PLANAR_BANDS];
    conv->scratch_floats = conv->plan[CFK_PLANAR_IN_PLACE]
        ? cfk_planar_room_floats(conv)
        : conv->in_channels * (conv->plan[CFK_PLANAR_ROWS] * width + taps * 2) + 16;
    return CFK_OK;
}

static void cfk_planar_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end) {
    if (cfk_planar_is_winograd(conv)) {
        cfk_planar_winograd_pack(conv, weights, packed, begin, end);
        return;
    }
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

/// One tile in place.
typedef struct cfk_planar_tile {
    /// The rows of the window, channel by channel, each `from` floats before the tile's first column.
    const float *const *rows;
    int64_t row_count, from;
    const float *weights;
    int64_t weight_step;
    const cfk_epilogue *epilogue;
    /// The first `count` pixels are stored.
    int64_t count;
    float *out;
    const float *residual;
} cfk_planar_tile;

/// `P` pixels of one block; `stride` is a constant at each call.
CFK_INLINE void cfk_planar_pixels(const int P, const int stride, const cfk_planar_tile *tile) {
    cfk_v16 acc[CFK_PLANAR_PIXELS];
    CFK_UNROLL for (int p = 0; p < P; ++p) acc[p] = tile->epilogue->bias;
    const float *w = tile->weights;
    const int64_t step = tile->weight_step;
    for (int64_t r = 0; r < tile->row_count; ++r) {
        const float *row = tile->rows[r] + tile->from;
        if (CFK_LANES == 16) {
            // Neighbouring windows share columns: each is loaded once.
            const cfk_v16 weights[3] = {cfk_load(w), cfk_load(w + step), cfk_load(w + 2 * step)};
            CFK_UNROLL for (int i = 0; i < (P - 1) * stride + 3; ++i) {
                const float value = row[i];
                CFK_UNROLL for (int p = 0; p < P; ++p) {
                    if (i >= p * stride && i < p * stride + 3) acc[p] += weights[i - p * stride] * value;
                }
            }
            w += 3 * step;
        } else {
            // Unrolled, the values would be loaded early and not fit the registers.
            _Pragma("clang loop unroll(disable)") for (int64_t kx = 0; kx < 3; ++kx, w += step) {
                const cfk_v16 weight = cfk_load(w);
                CFK_UNROLL for (int p = 0; p < P; ++p) acc[p] += weight * row[kx + p * stride];
            }
        }
    }
    cfk_finish_pixels(P, tile->epilogue, acc, tile->count, tile->residual, tile->out);
}

typedef void (*cfk_planar_function)(const cfk_planar_tile *tile);

#define CFK_PLANAR(name, P, stride) \
    static void cfk_planar_##name(const cfk_planar_tile *tile) { cfk_planar_pixels(P, stride, tile); }
CFK_PLANAR(1, CFK_PLANAR_PIXELS, 1)
CFK_PLANAR(1_few, CFK_PLANAR_PIXELS / 2, 1)
CFK_PLANAR(2, CFK_PLANAR_PIXELS, 2)
CFK_PLANAR(2_few, CFK_PLANAR_PIXELS / 2, 2)
#undef CFK_PLANAR

/// [stride - 1][at most half of the pixels]
static const cfk_planar_function cfk_planar_functions[2][2] = {
    {cfk_planar_1, cfk_planar_1_few}, {cfk_planar_2, cfk_planar_2_few}
};

/// Columns from..<from + count of a row `width` wide, with padding.
static void cfk_planar_copy(const float *row, int64_t width, int64_t from, int64_t count, float pad, float *to) {
    const int64_t left = cfk_smaller(count, cfk_larger(0, -from));
    const int64_t right = cfk_larger(left, cfk_smaller(count, width - from));
    for (int64_t i = 0; i < left; ++i) to[i] = pad;
    if (right > left) memcpy(to + left, row + from + left, (size_t)(right - left) * sizeof(float));
    for (int64_t i = right; i < count; ++i) to[i] = pad;
}

/// Scratch of rows in place: the blocks' epilogues, pointers to the rows of the window and to their copies, the copies,
/// a row outside the map; where the input is made of a picture, the last rows made of it and which they are.
typedef struct cfk_planar_room {
    cfk_epilogue *epilogues;
    const float **rows, **copies;
    int64_t *made_rows;
    float *copied, *outside, *made;
} cfk_planar_room;

static cfk_planar_room cfk_planar_room_of(const cfk_conv *conv, const cfk_conv_buffers *buffers, float *scratch) {
    const int64_t blocks = cfk_blocks(conv->out_channels), reach = cfk_planar_reach(conv);
    const int64_t width = conv->in_width, window = conv->in_channels * (int64_t)conv->kernel_height;
    cfk_planar_room room = {.epilogues = (cfk_epilogue *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63)};
    room.rows = (const float **)(room.epilogues + blocks);
    room.copies = room.rows + window;
    room.made_rows = (int64_t *)(room.copies + window);
    room.copied = (float *)(room.made_rows + cfk_planar_span(conv));
    room.outside = room.copied + window * reach;
    room.made = room.outside + conv->in_channels * width;
    for (int64_t r = 0; r < cfk_planar_span(conv); ++r) room.made_rows[r] = -1;
    for (int64_t b = 0; b < blocks; ++b) room.epilogues[b] = cfk_block_epilogue(conv, buffers, b);
    for (int64_t r = 0; r < window; ++r) room.copies[r] = room.copied + r * reach;
    for (int64_t i = 0; i < conv->in_channels * width; ++i) {
        room.outside[i] = buffers->pad_values ? buffers->pad_values[i / width] : 0.0f;
    }
    return room;
}

typedef uint8_t cfk_bytes16 __attribute__((ext_vector_type(16)));
typedef uint8_t cfk_bytes16_unaligned __attribute__((ext_vector_type(16), aligned(1)));

/// Sixteen pixels of three bytes as sixteen floats of each channel.
CFK_INLINE void cfk_separate(const uint8_t *from, cfk_v16 channels[3]) {
    const cfk_bytes16 a = *(const cfk_bytes16_unaligned *)from, b = *(const cfk_bytes16_unaligned *)(from + 16);
    const cfk_bytes16 c = *(const cfk_bytes16_unaligned *)(from + 32);
#define CFK_SHUFFLE __builtin_shufflevector
    const cfk_bytes16 first = CFK_SHUFFLE(a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, -1, -1, -1, -1, -1);
    const cfk_bytes16 second = CFK_SHUFFLE(a, b, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, -1, -1, -1, -1, -1);
    const cfk_bytes16 third = CFK_SHUFFLE(a, b, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, -1, -1, -1, -1, -1, -1);
    const cfk_bytes16 bytes[3] = {
        CFK_SHUFFLE(first, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29),
        CFK_SHUFFLE(second, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30),
        CFK_SHUFFLE(third, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31),
    };
#undef CFK_SHUFFLE
    CFK_UNROLL for (int i = 0; i < 3; ++i) channels[i] = __builtin_convertvector(bytes[i], cfk_v16);
}

/// Returns when row `y` of a picture is there.
static void cfk_await_row(const cfk_pixels *pixels, int64_t y) {
    // Rows of a baseline JPEG come faster than they are read; those of a progressive one at its end.
    enum { spins_before_sleep = 1000 };
    const struct timespec moment = {.tv_nsec = 20000};
    for (int spins = 0; __atomic_load_n(pixels->rows_there, __ATOMIC_ACQUIRE) <= y; ++spins) {
        if (spins < spins_before_sleep) cfk_spin_pause();
        else nanosleep(&moment, NULL);
    }
}

/// Row `y` of the planes that are made of a picture, channel by channel; valid until a window further down is asked for.
static const float *cfk_planar_made(const cfk_conv *conv, const cfk_pixels *pixels, const cfk_planar_room *room,
                                    int64_t y) {
    const int64_t place = y % cfk_planar_span(conv), width = conv->in_width;
    float *row = room->made + place * conv->in_channels * width;
    if (room->made_rows[place] == y) return row;
    room->made_rows[place] = y;
    const int64_t end = y < pixels->height ? pixels->width : 0;
    if (pixels->rows_there && end > 0) cfk_await_row(pixels, y);
    const uint8_t *from = pixels->data + 3 * pixels->width * y;
    const int32_t order[3] = {pixels->order[0], pixels->order[1], pixels->order[2]};
    const float mean[3] = {pixels->mean[0], pixels->mean[1], pixels->mean[2]};
    const float scale[3] = {pixels->scale[0], pixels->scale[1], pixels->scale[2]};
    int64_t x = 0;
    for (; x + 16 <= end; x += 16) {
        cfk_v16 channels[3];
        cfk_separate(from + 3 * x, channels);
        CFK_UNROLL for (int c = 0; c < 3; ++c) {
            // Chosen so that the three stay in registers.
            const cfk_v16 channel = order[c] == 0 ? channels[0] : order[c] == 1 ? channels[1] : channels[2];
            cfk_store(row + c * width + x, (channel - mean[c]) * scale[c]);
        }
    }
    for (int64_t c = 0; c < 3; ++c) {
        float *to = row + c * width;
        for (int64_t i = x; i < end; ++i) {
            to[i] = ((float)from[3 * i + order[c]] - mean[c]) * scale[c];
        }
        for (int64_t i = end; i < width; ++i) to[i] = pixels->padding[c];
    }
    return row;
}

/// Row `oy` of picture `n`, in place, to `out`, whose blocks lie `out_block` floats apart; the residual's likewise.
static void cfk_planar_row(const cfk_conv *conv, const cfk_conv_buffers *buffers, const cfk_planar_room *room,
                            int64_t n, int64_t oy, const float *residual, int64_t residual_block, float *out,
                            int64_t out_block) {
    const int64_t blocks = cfk_blocks(conv->out_channels), width = conv->in_width;
    const int64_t window = conv->in_channels * (int64_t)conv->kernel_height;
    const int64_t terms = window * conv->kernel_width, reach = cfk_planar_reach(conv);
    const int is_made = buffers->pixels.data != NULL;
    const int64_t step = is_made ? width : buffers->input.block_stride;
    for (int64_t ky = 0; ky < conv->kernel_height; ++ky) {
        const int64_t y = oy * conv->stride_height - conv->pad_top + ky * conv->dilation_height;
        const int is_inside = y >= 0 && y < conv->in_height;
        const float *row = room->outside;
        if (is_inside) {
            row = is_made ? cfk_planar_made(conv, &buffers->pixels, room, y)
                         : buffers->input.data + n * buffers->input.batch_stride + y * width;
        }
        for (int64_t c = 0; c < conv->in_channels; ++c) {
            room->rows[c * conv->kernel_height + ky] = row + c * (is_inside ? step : width);
        }
    }
    cfk_planar_tile tile = {.row_count = window};
    for (int64_t ox = 0; ox < conv->out_width; ox += CFK_PLANAR_PIXELS) {
        const int few = conv->out_width - ox <= CFK_PLANAR_PIXELS / 2;
        const int64_t pixels = few ? CFK_PLANAR_PIXELS / 2 : CFK_PLANAR_PIXELS;
        // The last tile steps back and does some pixels twice rather than copy the rows' ends; the output might
        // be the residual, so never with one.
        int64_t start = ox;
        if (!conv->residual) start = cfk_larger(0, cfk_smaller(ox, conv->out_width - pixels));
        tile.rows = room->rows;
        tile.from = start * conv->stride_width - conv->pad_left;
        tile.count = cfk_smaller(pixels, conv->out_width - start);
        const int64_t columns = (pixels - 1) * conv->stride_width + 3;
        if (tile.from < 0 || tile.from + columns > width) {
            for (int64_t r = 0; r < window; ++r) {
                cfk_planar_copy(room->rows[r], width, tile.from, columns, room->outside[r / conv->kernel_height * width],
                                room->copied + r * reach);
            }
            tile.rows = room->copies;
            tile.from = 0;
        }
        const cfk_planar_function run = cfk_planar_functions[conv->stride_width - 1][few];
        for (int64_t b = 0; b < blocks; ++b) {
            const int64_t group = b / CFK_OUT_BLOCKS * CFK_OUT_BLOCKS;
            tile.epilogue = &room->epilogues[b];
            tile.weight_step = cfk_smaller(CFK_OUT_BLOCKS, blocks - group) * 16;
            tile.weights = buffers->weights + group * terms * 16 + (b - group) * 16;
            tile.out = out + b * out_block + start * 16;
            tile.residual = conv->residual ? residual + b * residual_block + start * 16 : tile.out;
            run(&tile);
        }
    }
}

static void cfk_planar_in_place(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t begin, int64_t end,
                                float *scratch) {
    const int64_t bands = conv->plan[CFK_PLANAR_BANDS];
    const cfk_planar_room room = cfk_planar_room_of(conv, buffers, scratch);
    for (int64_t item = begin; item < end; ++item) {
        const int64_t n = item / bands, last = cfk_cut(conv->out_height, bands, item % bands + 1);
        for (int64_t oy = cfk_cut(conv->out_height, bands, item % bands); oy < last; ++oy) {
            float *out = cfk_row_at(&buffers->output, n, 0, oy, conv->out_width);
            const float *residual = conv->residual ? cfk_row_at(&buffers->residual, n, 0, oy, conv->out_width) : out;
            cfk_planar_row(conv, buffers, &room, n, oy, residual, buffers->residual.block_stride, out,
                            buffers->output.block_stride);
        }
    }
}

static void cfk_planar_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int64_t begin, int64_t end,
                           float *scratch) {
    if (cfk_planar_is_winograd(conv)) {
        cfk_planar_winograd_run(conv, buffers, begin, end, scratch);
        return;
    }
    if (conv->plan[CFK_PLANAR_IN_PLACE]) {
        cfk_planar_in_place(conv, buffers, begin, end, scratch);
        return;
    }
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
    cfk_bounds bounds;
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
            const int64_t q = cfk_tile_outputs(&tile, group * CFK_OUT_BLOCKS, CFK_OUT_BLOCKS, conv->out_channels,
                                               buffers->bias, buffers->slopes, conv->low, conv->high, &bounds);
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
