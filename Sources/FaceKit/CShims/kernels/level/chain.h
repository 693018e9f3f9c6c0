// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Layers one after the other, row by row. What a stage writes goes to a ring of as many rows as the next stage's window
// needs, and is read from the cache it was just written to; maps of megabytes would go to memory and back, and take it.
// An item is a run of the last stage's rows of one picture. Rows are made when they are asked for, by Winograd's and
// depthwise stages several at once.

/// One row of a pointwise convolution; the maps begin at the row.
static void cfk_direct_row(const cfk_conv *conv, const cfk_conv_buffers *buffers, cfk_map in, cfk_map residual,
                           cfk_map out, float *scratch) {
    int64_t *offsets = (int64_t *)scratch;
    for (int64_t b = 0; b < cfk_blocks(conv->in_channels); ++b) offsets[b] = b * in.block_stride;
    const int64_t groups = cfk_ceiling(cfk_blocks(conv->out_channels), CFK_OUT_BLOCKS);
    cfk_direct_pixels(conv, buffers, offsets, in, residual, out, conv->out_width, 0, groups);
}

CFK_INLINE int64_t cfk_direct_row_floats(const cfk_conv *conv) { return cfk_blocks(conv->in_channels) * 2; }

/// Sizes of a stage, whatever it does.
typedef struct cfk_stage_shape {
    int64_t batch, in_channels, in_height, in_width, out_channels, out_height, out_width;
    /// Rows of the window; between windows; above the map.
    int64_t kernel, stride, pad;
    /// Rows of outputs that are made at once, from a multiple of their number on.
    int64_t step;
} cfk_stage_shape;

CFK_INLINE int cfk_is_winograd(const cfk_conv *conv) {
    return conv->algorithm == CFK_CONV_WINOGRAD4 || conv->algorithm == CFK_CONV_WINOGRAD2;
}

CFK_INLINE cfk_stage_shape cfk_shape_of(const cfk_stage *stage) {
    if (stage->kind == CFK_STAGE_POOL) {
        const cfk_pool *pool = &stage->pool;
        return (cfk_stage_shape){
            pool->batch,      pool->channels,  pool->in_height,     pool->in_width,      pool->channels,
            pool->out_height, pool->out_width, pool->kernel_height, pool->stride_height, pool->pad_top, 1,
        };
    }
    const cfk_conv *conv = &stage->conv;
    return (cfk_stage_shape){
        conv->batch,      conv->in_channels, conv->in_height,     conv->in_width,      conv->out_channels,
        conv->out_height, conv->out_width,   conv->kernel_height, conv->stride_height, conv->pad_top,
        cfk_is_winograd(conv) ? cfk_winograd_size(conv) : cfk_makes_two_rows(conv) ? 2 : 1,
    };
}

CFK_INLINE int cfk_is_winograd_stage(const cfk_stage *stage) {
    return stage->kind == CFK_STAGE_CONV && cfk_is_winograd(&stage->conv);
}

/// Floats between the blocks of a stage's ring: an odd number of cache lines, so that blocks lie in different sets of the
/// cache.
CFK_INLINE int64_t cfk_ring_step(const cfk_stage *stage, const cfk_stage_shape *shape) {
    return (stage->ring_rows * shape->in_width | 1) * 16;
}

/// Rows of input for the rows of outputs that are made at once.
CFK_INLINE int64_t cfk_stage_window(const cfk_stage_shape *shape) {
    return shape->kernel + (shape->step - 1) * shape->stride;
}

/// Rows of a ring that is written `step` rows at a time, and of which the windows of what is made at once must be there. A
/// multiple of `step`: what is written at once does not go round the end.
CFK_INLINE int64_t cfk_ring_rows(const cfk_stage_shape *shape, int64_t step) {
    const int64_t window = cfk_stage_window(shape);
    // Windows that follow each other without a gap never need rows of two such steps.
    if (shape->kernel == shape->stride && shape->pad == 0 && step % window == 0) return step;
    return cfk_ceiling(window + step - 1, step) * step;
}

/// Whether stage `i` and the pooling after it are made as one.
CFK_INLINE int cfk_is_pooled(const cfk_stage *stages, int32_t count, int32_t i) {
    return i + 1 < count && stages[i].kind == CFK_STAGE_CONV && stages[i + 1].kind == CFK_STAGE_POOL
        && cfk_is_pooled_depthwise(&stages[i].conv, &stages[i + 1].pool);
}

/// Whether a stage that has been prepared can work by rows at its place in the chain.
static int cfk_works_by_rows(const cfk_stage *stage, int is_first, int is_last) {
    if (stage->kind == CFK_STAGE_POOL) return is_first || stage->pool.dilation_height == 1;
    const cfk_conv *conv = &stage->conv;
    if (conv->residual != CFK_RESIDUAL_NONE && !is_last) return 0;
    switch (conv->algorithm) {
        case CFK_CONV_DEPTHWISE: return conv->dilation_height == 1;
        case CFK_CONV_PLANAR: return is_first && !cfk_planar_is_winograd(conv) && conv->plan[CFK_PLANAR_IN_PLACE];
        case CFK_CONV_DIRECT: return cfk_is_pointwise(conv);
        case CFK_CONV_WINOGRAD4:
        case CFK_CONV_WINOGRAD2: return 1;
        default: return 0;
    }
}

/// Floats of a depthwise stage's row pointers.
CFK_INLINE int64_t cfk_chain_pointers(const cfk_conv *conv) {
    return cfk_ceiling(2 * ((int64_t)conv->kernel_height + 1), 16) * 16;
}

/// Scratch of a stage's rows beside the ring.
static int64_t cfk_stage_floats(const cfk_stage *stage) {
    if (stage->kind == CFK_STAGE_POOL) return 0;
    const cfk_conv *conv = &stage->conv;
    switch (conv->algorithm) {
        // Row pointers, one more where two rows are made at once, and a row of padding.
        case CFK_CONV_DEPTHWISE: return cfk_chain_pointers(conv) + (int64_t)conv->in_width * 16;
        case CFK_CONV_PLANAR: return cfk_planar_room_floats(conv);
        case CFK_CONV_WINOGRAD4:
        case CFK_CONV_WINOGRAD2: return cfk_winograd_row_floats(conv);
        default: return cfk_direct_row_floats(conv);
    }
}

/// Floats at the start of the scratch: the row that each stage makes next.
enum { CFK_CHAIN_HEADER = (2 * CFK_MOST_STAGES + 15) / 16 * 16 };

static cfk_status cfk_chain_prepare(cfk_chain *chain, cfk_stage *stages, int32_t threads) {
    if (chain->count < 1 || chain->count > CFK_MOST_STAGES) return CFK_BAD_SIZE;
    int64_t floats = CFK_CHAIN_HEADER, tile_floats = 0;
    cfk_stage_shape last = {0};
    for (int32_t i = 0; i < chain->count; ++i) {
        cfk_stage *stage = &stages[i];
        const cfk_status status = stage->kind == CFK_STAGE_POOL ? cfk_pool_prepare(&stage->pool, threads)
                                                                : cfk_conv_prepare(&stage->conv, threads);
        if (status != CFK_OK) return status;
        if (!cfk_works_by_rows(stage, i == 0, i == chain->count - 1)) return CFK_UNSUPPORTED;
        const cfk_stage_shape shape = cfk_shape_of(stage);
        if (i > 0) {
            if (shape.batch != last.batch || shape.in_channels != last.out_channels
                || shape.in_height != last.out_height || shape.in_width != last.out_width) {
                return CFK_BAD_SIZE;
            }
            stage->ring = floats;
            stage->ring_rows = cfk_ring_rows(&shape, last.step);
            // The rows of a convolution that is pooled are not kept.
            if (!cfk_is_pooled(stages, chain->count, i - 1)) {
                floats += cfk_blocks(shape.in_channels) * cfk_ring_step(stage, &shape);
            }
        }
        stage->scratch = floats;
        if (cfk_is_winograd_stage(stage)) {
            tile_floats = cfk_larger(tile_floats, cfk_stage_floats(stage));
        } else {
            floats += cfk_ceiling(cfk_stage_floats(stage), 16) * 16;
        }
        last = shape;
    }
    // One stage works at a time, and Winograd's keep nothing from row to row.
    for (int32_t i = 0; i < chain->count; ++i) {
        if (cfk_is_winograd_stage(&stages[i])) stages[i].scratch = floats;
    }
    floats += tile_floats;
    // From the last stage back: how many rows of the first one's output two neighbouring runs both make. Runs begin where
    // the last stage's steps do, those of the others lie anywhere.
    int64_t shared = 0;
    for (int32_t i = chain->count - 1; i > 0; --i) {
        const cfk_stage_shape shape = cfk_shape_of(&stages[i]), before = cfk_shape_of(&stages[i - 1]);
        shared = shared * shape.stride + cfk_larger(0, shape.kernel - shape.stride) + 2 * (before.step - 1);
    }
    const int64_t rows = cfk_shape_of(&stages[0]).out_height;
    // A thread makes shared rows once for its part, however many runs that is, and again for what it takes from another's.
    // Runs are as high at least; half of all work for nothing is the most, for the sake of many threads.
    const int64_t most = rows / cfk_larger(1, 2 * shared), fine = rows / cfk_larger(1, shared);
    const int64_t each = cfk_ceiling(threads, last.batch);
    if (threads > 1 && most < each) return CFK_UNSUPPORTED;
    // As many for one thread as for another.
    chain->runs = threads > 1 ? cfk_larger(1, cfk_smaller(4, fine / each)) * each : 1;
    chain->runs = cfk_smaller(chain->runs, cfk_ceiling(last.out_height, last.step));
    chain->items = chain->runs * last.batch;
    // With room to align.
    chain->scratch_floats = floats + 16;
    return CFK_OK;
}

/// A chain at work on one run.
typedef struct cfk_chain_state {
    const cfk_stage *stages;
    const cfk_conv_buffers *buffers;
    int32_t count;
    int64_t n;
    float *scratch;
    /// The row that each stage makes next.
    int64_t next[CFK_MOST_STAGES];
    cfk_columns columns[CFK_MOST_STAGES];
    cfk_pool_span spans[CFK_MOST_STAGES];
    cfk_planar_room planar;
} cfk_chain_state;

/// Row `y` of a stage's input: in its ring, or for the first stage in the map.
CFK_INLINE cfk_map cfk_chain_input(const cfk_chain_state *state, int32_t i, const cfk_stage_shape *shape, int64_t y) {
    const cfk_map *map = &state->buffers[0].input;
    if (i == 0) return (cfk_map){cfk_row_at(map, state->n, 0, y, shape->in_width), 0, map->block_stride};
    const cfk_stage *stage = &state->stages[i];
    float *ring = state->scratch + stage->ring;
    return (cfk_map){ring + y % stage->ring_rows * shape->in_width * 16, 0, cfk_ring_step(stage, shape)};
}

/// The rows of block `b` from row `top` of a depthwise stage's input on, as many as `count`; those outside the map are `pad`.
CFK_INLINE void cfk_chain_rows(const cfk_chain_state *state, int32_t i, const cfk_stage_shape *shape, int64_t b,
                               int64_t top, int64_t count, const float *pad, const float **rows) {
    for (int64_t ky = 0; ky < count; ++ky) {
        const int64_t y = top + ky;
        if (y < 0 || y >= shape->in_height) {
            rows[ky] = pad;
        } else {
            const cfk_map in = cfk_chain_input(state, i, shape, y);
            rows[ky] = in.data + b * in.block_stride;
        }
    }
}

/// The row of padding of a depthwise stage.
CFK_INLINE const float *cfk_chain_pad(const cfk_chain_state *state, int32_t i) {
    return state->scratch + state->stages[i].scratch + cfk_chain_pointers(&state->stages[i].conv);
}

static void cfk_chain_make(cfk_chain_state *state, int32_t i, int64_t end);

/// Has the rows of stage `i`'s input ready that a window of `rows` rows from `top` on meets.
static void cfk_chain_need(cfk_chain_state *state, int32_t i, const cfk_stage_shape *shape, int64_t top, int64_t rows) {
    if (i == 0) return;
    state->next[i - 1] = cfk_larger(state->next[i - 1], top);
    cfk_chain_make(state, i - 1, cfk_smaller(top + rows, shape->in_height));
}

/// Row `oy` of the pooling after depthwise stage `i`, to `out`.
static void cfk_chain_make_pooled(cfk_chain_state *state, int32_t i, int64_t oy, cfk_map out) {
    const cfk_stage *stage = &state->stages[i];
    const cfk_stage_shape shape = cfk_shape_of(stage);
    const cfk_conv_buffers *buffers = &state->buffers[i];
    const int64_t top = 2 * oy - shape.pad, count = cfk_stage_window(&shape);
    cfk_chain_need(state, i, &shape, top, count);
    const float **rows = (const float **)(state->scratch + stage->scratch);
    const float *pad = cfk_chain_pad(state, i);
    for (int64_t b = 0; b < cfk_blocks(shape.in_channels); ++b) {
        cfk_chain_rows(state, i, &shape, b, top, count, pad, rows);
        const cfk_epilogue epilogue = cfk_block_epilogue(&stage->conv, buffers, b);
        cfk_depthwise_pooled_line(&stage->conv, rows, pad, buffers->weights + b * shape.kernel * stage->conv.kernel_width * 16,
                                  &epilogue, out.data + b * out.block_stride);
    }
}

/// The rows of Winograd stage `i` from `oy` on that its tiles have; `out` and `residual` begin at the first of them.
static void cfk_chain_make_tiles(cfk_chain_state *state, int32_t i, int64_t oy, cfk_map out, cfk_map residual) {
    const cfk_stage *stage = &state->stages[i];
    const cfk_stage_shape shape = cfk_shape_of(stage);
    cfk_conv_buffers buffers = state->buffers[i];
    const cfk_winograd_rings rings = {i == 0 ? shape.in_height : stage->ring_rows, shape.step};
    buffers.input = cfk_chain_input(state, i, &shape, 0);
    buffers.output = out;
    buffers.residual = residual;
    if (residual.data) buffers.residual.data -= oy * shape.out_width * 16;
    cfk_winograd_row(&stage->conv, &buffers, &rings, oy / shape.step, state->scratch + stage->scratch);
}

/// Makes the rows of stage `i` up to `end`, and those of the stages before it that they need.
static void cfk_chain_make(cfk_chain_state *state, int32_t i, int64_t end) {
    const cfk_stage *stage = &state->stages[i];
    const cfk_stage_shape shape = cfk_shape_of(stage);
    const cfk_conv *conv = &stage->conv;
    const cfk_conv_buffers *buffers = &state->buffers[i];
    const int is_last = i == state->count - 1, is_pooled = i > 0 && cfk_is_pooled(state->stages, state->count, i - 1);
    float *scratch = state->scratch + stage->scratch;
    int64_t oy = state->next[i] / shape.step * shape.step;
    for (; oy < end; oy += shape.step) {
        const int64_t top = oy * shape.stride - shape.pad;
        if (!is_pooled) cfk_chain_need(state, i, &shape, top, cfk_stage_window(&shape));
        cfk_map out, residual = {NULL, 0, 0};
        if (is_last) {
            const cfk_map *map = &buffers->output;
            out = (cfk_map){cfk_row_at(map, state->n, 0, oy, shape.out_width), 0, map->block_stride};
            map = &buffers->residual;
            if (stage->kind == CFK_STAGE_CONV && conv->residual) {
                residual = (cfk_map){cfk_row_at(map, state->n, 0, oy, shape.out_width), 0, map->block_stride};
            }
        } else {
            const cfk_stage_shape following = cfk_shape_of(&state->stages[i + 1]);
            out = cfk_chain_input(state, i + 1, &following, oy);
        }
        if (is_pooled) {
            cfk_chain_make_pooled(state, i - 1, oy, out);
        } else if (stage->kind == CFK_STAGE_POOL) {
            const cfk_map in = cfk_chain_input(state, i, &shape, 0);
            for (int64_t b = 0; b < cfk_blocks(shape.in_channels); ++b) {
                const cfk_pool_rows rows = {
                    in.data + b * in.block_stride, i == 0 ? shape.in_height : stage->ring_rows,
                };
                cfk_pool_line(&stage->pool, &state->spans[i], &rows, oy, out.data + b * out.block_stride);
            }
        } else if (conv->algorithm == CFK_CONV_PLANAR) {
            cfk_planar_row(conv, buffers, &state->planar, state->n, oy, residual.data, residual.block_stride, out.data,
                            out.block_stride);
        } else if (conv->algorithm == CFK_CONV_DEPTHWISE) {
            const float **rows = (const float **)scratch;
            const float *pad = cfk_chain_pad(state, i);
            for (int64_t b = 0; b < cfk_blocks(shape.in_channels); ++b) {
                cfk_chain_rows(state, i, &shape, b, top, cfk_stage_window(&shape), pad, rows);
                const cfk_epilogue epilogue = cfk_block_epilogue(conv, buffers, b);
                const float *weights = buffers->weights + b * shape.kernel * conv->kernel_width * 16;
                const int64_t line = shape.out_width * 16, lines = cfk_smaller(shape.step, shape.out_height - oy);
                float *to = out.data + b * out.block_stride;
                if (lines == 2 && !residual.data) {
                    cfk_depthwise_two_lines(conv, rows, pad, weights, &epilogue, to, to + line);
                    continue;
                }
                const float *added = residual.data ? residual.data + b * residual.block_stride : to;
                for (int64_t y = 0; y < lines; ++y) {
                    cfk_depthwise_line(conv, buffers, &state->columns[i], rows + y, pad, weights, &epilogue,
                                       added + y * line, to + y * line);
                }
            }
        } else if (cfk_is_winograd(conv)) {
            cfk_chain_make_tiles(state, i, oy, out, residual);
        } else {
            const cfk_map in = cfk_chain_input(state, i, &shape, oy);
            cfk_direct_row(conv, buffers, in, residual, out, scratch);
        }
    }
    state->next[i] = cfk_larger(state->next[i], cfk_smaller(oy, shape.out_height));
}

static void cfk_chain_run(const cfk_chain *chain, const cfk_stage *stages, const cfk_conv_buffers *buffers,
                          int64_t begin, int64_t end, int32_t follows, float *scratch) {
    cfk_chain_state state = {.stages = stages, .buffers = buffers, .count = chain->count};
    state.scratch = (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    if (follows) memcpy(state.next, state.scratch, sizeof(state.next));
    for (int32_t i = 0; i < chain->count; ++i) {
        const cfk_conv *conv = &stages[i].conv;
        float *room = state.scratch + stages[i].scratch;
        if (stages[i].kind == CFK_STAGE_POOL) {
            state.spans[i] = cfk_pool_whole(&stages[i].pool);
        } else if (conv->algorithm == CFK_CONV_PLANAR) {
            state.planar = cfk_planar_room_of(conv, &buffers[i], room);
        } else if (conv->algorithm == CFK_CONV_DEPTHWISE) {
            state.columns[i] = cfk_depthwise_columns(conv);
            if (!follows) memset(room, 0, (size_t)cfk_stage_floats(&stages[i]) * sizeof(float));
        }
    }
    const cfk_stage_shape last = cfk_shape_of(&stages[chain->count - 1]);
    const int64_t steps = cfk_ceiling(last.out_height, last.step);
    for (int64_t item = begin; item < end; ++item) {
        const int64_t run = item % chain->runs;
        state.n = item / chain->runs;
        // The rows that this run shares with the one before are still in the rings.
        if (!follows || run == 0) {
            memset(state.next, 0, sizeof(state.next));
            state.next[chain->count - 1] = cfk_cut(steps, chain->runs, run) * last.step;
        }
        follows = 1;
        cfk_chain_make(&state, chain->count - 1,
                       cfk_smaller(last.out_height, cfk_cut(steps, chain->runs, run + 1) * last.step));
    }
    memcpy(state.scratch, state.next, sizeof(state.next));
}
