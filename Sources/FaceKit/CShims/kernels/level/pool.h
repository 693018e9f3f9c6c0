// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Pooling of blocked maps. An item is a run of output rows of one block.

/// plan[0]: runs of rows per block.
static cfk_status cfk_pool_prepare(cfk_pool *pool, int32_t threads) {
    if (pool->batch < 1 || pool->channels < 1 || pool->in_height < 1 || pool->in_width < 1 || pool->out_height < 1
        || pool->out_width < 1 || pool->kernel_height < 1 || pool->kernel_width < 1 || pool->stride_height < 1
        || pool->stride_width < 1 || pool->dilation_height < 1 || pool->dilation_width < 1) {
        return CFK_BAD_SIZE;
    }
    const int64_t blocks = cfk_blocks(pool->channels) * pool->batch;
    pool->plan[0] = cfk_runs(pool->out_height, 1, cfk_ceiling(8 * (int64_t)threads, blocks), pool->batch, pool->channels,
                             (int64_t)pool->out_height * pool->out_width, threads);
    pool->items = blocks * pool->plan[0];
    return CFK_OK;
}

/// The rows that pooling reads of a block: all of a map's, or those of a ring, where row y has place y % rows.
typedef struct cfk_pool_rows {
    const float *first;
    int64_t rows;
} cfk_pool_rows;

CFK_INLINE const float *cfk_pool_row(const cfk_pool *pool, const cfk_pool_rows *in, int64_t y) {
    return in->first + (y < in->rows ? y : y % in->rows) * pool->in_width * 16;
}

/// One row of 2x2 or 3x3 maxima or 2x2 means whose windows lie inside the map: `columns` of them from float `from` of the
/// window's rows on. Size, mode and stride are constants at each call. Columns that two windows share are reduced once.
CFK_INLINE void cfk_pool_inside(const int size, const int stride, const cfk_pooling mode, const float *const rows[3],
                                int64_t from, int64_t columns, float *out) {
    cfk_v16 kept = 0.0f;
    for (int64_t x = 0; x < columns; ++x, from += stride * 16, out += 16) {
        cfk_v16 column[3];
        CFK_UNROLL for (int kx = 0; kx < size; ++kx) {
            if (kx + stride < size && x > 0) continue;
            column[kx] = cfk_load(rows[0] + from + kx * 16);
            CFK_UNROLL for (int ky = 1; ky < size; ++ky) {
                const cfk_v16 value = cfk_load(rows[ky] + from + kx * 16);
                column[kx] = mode == CFK_POOL_MAX ? cfk_max(column[kx], value) : column[kx] + value;
            }
        }
        if (size == 3 && stride == 2) {
            if (x > 0) column[0] = kept;
            kept = column[2];
        }
        cfk_v16 result = column[0];
        CFK_UNROLL for (int kx = 1; kx < size; ++kx) {
            result = mode == CFK_POOL_MAX ? cfk_max(result, column[kx]) : result + column[kx];
        }
        cfk_store(out, mode == CFK_POOL_MAX ? result : result * (1.0f / (float)(size * size)));
    }
}

/// The columns first..<last of the row of outputs that starts at `out`, whose windows begin in row `y` and lie inside the
/// map. Returns 0 where no kernel is made for the geometry.
static int cfk_pool_columns(const cfk_pool *pool, const cfk_pool_rows *in, int64_t y, int64_t first, int64_t last,
                            float *out) {
    if (pool->dilation_height != 1 || pool->dilation_width != 1 || pool->kernel_height != pool->kernel_width) return 0;
    if (pool->kernel_height > 3) return 0;
    const int64_t from = (first * pool->stride_width - pool->pad_left) * 16, count = last - first;
    const float *rows[3];
    for (int64_t ky = 0; ky < pool->kernel_height; ++ky) rows[ky] = cfk_pool_row(pool, in, y + ky);
    out += first * 16;
    if (pool->kernel_height == 2 && pool->stride_width == 2) {
        if (pool->mode == CFK_POOL_MAX) {
            cfk_pool_inside(2, 2, CFK_POOL_MAX, rows, from, count, out);
        } else {
            cfk_pool_inside(2, 2, CFK_POOL_AVERAGE, rows, from, count, out);
        }
        return 1;
    }
    if (pool->kernel_height == 3 && pool->stride_width == 2 && pool->mode == CFK_POOL_MAX) {
        cfk_pool_inside(3, 2, CFK_POOL_MAX, rows, from, count, out);
        return 1;
    }
    return 0;
}

/// Columns inner..<outer of a row of outputs, whose whole window lies inside the row.
typedef struct cfk_pool_span {
    int64_t inner, outer;
} cfk_pool_span;

static cfk_pool_span cfk_pool_whole(const cfk_pool *pool) {
    const int64_t room = pool->in_width - 1 - (int64_t)(pool->kernel_width - 1) * pool->dilation_width + pool->pad_left;
    const int64_t inner = cfk_smaller(cfk_ceiling(pool->pad_left, pool->stride_width), pool->out_width);
    const int64_t fitting = room < 0 ? 0 : cfk_smaller(room / pool->stride_width + 1, pool->out_width);
    return (cfk_pool_span){inner, cfk_larger(inner, fitting)};
}

/// Output row `oy` of one block.
static void cfk_pool_line(const cfk_pool *pool, const cfk_pool_span *whole, const cfk_pool_rows *in, int64_t oy,
                          float *out) {
    const int64_t step = (int64_t)pool->dilation_width * 16;
    const int64_t inner = whole->inner, outer = whole->outer;
    const int64_t y = oy * pool->stride_height - pool->pad_top;
    int64_t top, bottom, padded_top, padded_bottom;
    cfk_window(y, pool->kernel_height, pool->dilation_height, pool->in_height, &top, &bottom);
    cfk_window(y + pool->pad_top, pool->kernel_height, pool->dilation_height,
               (int64_t)pool->in_height + pool->pad_top + pool->pad_bottom, &padded_top, &padded_bottom);
    const int done = inner < outer && bottom - top == pool->kernel_height
        && cfk_pool_columns(pool, in, y, inner, outer, out);
    for (int64_t ox = 0; ox < pool->out_width; ++ox) {
        if (done && ox == inner) ox = outer;
        if (ox == pool->out_width) break;
        const int64_t x = ox * pool->stride_width - pool->pad_left;
        int64_t left, right;
        cfk_window(x, pool->kernel_width, pool->dilation_width, pool->in_width, &left, &right);
        cfk_v16 result = 0.0f;
        const int64_t count = (bottom - top) * (right - left);
        if (count > 0) {
            const int64_t wide = right - left, start = (x + left * pool->dilation_width) * 16;
            if (pool->mode == CFK_POOL_MAX) {
                result = cfk_load(cfk_pool_row(pool, in, y + top * pool->dilation_height) + start);
                for (int64_t ky = top; ky < bottom; ++ky) {
                    const float *from = cfk_pool_row(pool, in, y + ky * pool->dilation_height) + start;
                    for (int64_t kx = 0; kx < wide; ++kx) result = cfk_max(result, cfk_load(from + kx * step));
                }
            } else {
                cfk_v16 sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
                for (int64_t ky = top; ky < bottom; ++ky) {
                    const float *from = cfk_pool_row(pool, in, y + ky * pool->dilation_height) + start;
                    int64_t kx = 0;
                    for (; kx + 4 <= wide; kx += 4) {
                        CFK_UNROLL for (int i = 0; i < 4; ++i) sums[i] += cfk_load(from + (kx + i) * step);
                    }
                    for (; kx < wide; ++kx) sums[0] += cfk_load(from + kx * step);
                }
                int64_t divisor = count;
                if (pool->mode == CFK_POOL_AVERAGE_WITH_PADDING) {
                    int64_t padded_left, padded_right;
                    cfk_window(x + pool->pad_left, pool->kernel_width, pool->dilation_width,
                               (int64_t)pool->in_width + pool->pad_left + pool->pad_right, &padded_left, &padded_right);
                    divisor = (padded_bottom - padded_top) * (padded_right - padded_left);
                }
                result = ((sums[0] + sums[1]) + (sums[2] + sums[3])) / (float)divisor;
            }
        }
        cfk_store(out + ox * 16, result);
    }
}

static void cfk_pool_run(const cfk_pool *pool, const cfk_map *input, const cfk_map *output, int64_t begin,
                         int64_t end) {
    const int64_t runs = pool->plan[0], blocks = cfk_blocks(pool->channels);
    const cfk_pool_span whole = cfk_pool_whole(pool);
    for (int64_t item = begin; item < end; ++item) {
        const cfk_stretch part = cfk_stretch_of(item, runs, blocks);
        const int64_t last = cfk_cut(pool->out_height, runs, part.run + 1);
        const cfk_pool_rows in = {cfk_row_at(input, part.n, part.block, 0, pool->in_width), pool->in_height};
        for (int64_t oy = cfk_cut(pool->out_height, runs, part.run); oy < last; ++oy) {
            cfk_pool_line(pool, &whole, &in, oy, cfk_row_at(output, part.n, part.block, oy, pool->out_width));
        }
    }
}
