// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Kernels that move data: change of layout, channel copies, enlargement.

enum { CFK_MOVE_RUN = 2048, CFK_MOVE_LEAST = 16 };

/// plan[0]: runs of pixels per block.
static cfk_status cfk_reorder_prepare(cfk_reorder *reorder, int32_t threads) {
    if (reorder->batch < 1 || reorder->channels < 1 || reorder->pixels < 1 || reorder->first_channel < 0) {
        return CFK_BAD_SIZE;
    }
    if (reorder->first_channel && reorder->direction == CFK_PLANAR_TO_BLOCKED) return CFK_UNSUPPORTED;
    if (reorder->pixels > CFK_MOST_FLOATS) return CFK_TOO_LARGE;
    reorder->plan[0] = cfk_runs(reorder->pixels, CFK_MOVE_LEAST, cfk_ceiling(reorder->pixels, CFK_MOVE_RUN), reorder->batch,
                                reorder->channels, reorder->pixels, threads);
    reorder->items = reorder->batch * cfk_blocks(reorder->channels) * reorder->plan[0];
    return CFK_OK;
}

/// Rows of four channels to columns, and back.
CFK_INLINE void cfk_transpose4(cfk_v4 *r) {
    const cfk_v4 a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), b = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
    const cfk_v4 c = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5), d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
    r[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

/// `live` planes, `plane` apart, to `count` pixels of 16 lanes.
static void cfk_to_blocked(const float *in, int64_t plane, int64_t live, int64_t count, float *out) {
    for (int64_t c = 0; c < 16; c += 4) {
        int64_t p = 0;
        for (; p + 4 <= count; p += 4) {
            cfk_v4 r[4];
            CFK_UNROLL for (int i = 0; i < 4; ++i) {
                r[i] = c + i < live ? *(const cfk_v4_unaligned *)(in + (c + i) * plane + p) : (cfk_v4)0.0f;
            }
            cfk_transpose4(r);
            CFK_UNROLL for (int i = 0; i < 4; ++i) *(cfk_v4_unaligned *)(out + (p + i) * 16 + c) = r[i];
        }
        for (; p < count; ++p) {
            for (int64_t i = c; i < c + 4; ++i) out[p * 16 + i] = i < live ? in[i * plane + p] : 0.0f;
        }
    }
}

/// `live` lanes of `count` pixels, which have `room` lanes from `in` on, to planes.
static void cfk_to_planar(const float *in, int64_t plane, int64_t live, int64_t room, int64_t count, float *out) {
    for (int64_t c = 0; c < live; c += 4) {
        const int64_t rows = cfk_smaller(4, live - c);
        int64_t p = 0;
        for (; p + 4 <= count && c + 4 <= room; p += 4) {
            cfk_v4 r[4];
            CFK_UNROLL for (int i = 0; i < 4; ++i) r[i] = *(const cfk_v4_unaligned *)(in + (p + i) * 16 + c);
            cfk_transpose4(r);
            CFK_UNROLL for (int i = 0; i < 4; ++i) {
                if (i < rows) *(cfk_v4_unaligned *)(out + (c + i) * plane + p) = r[i];
            }
        }
        for (; p < count; ++p) {
            for (int64_t i = 0; i < rows; ++i) out[(c + i) * plane + p] = in[p * 16 + c + i];
        }
    }
}

/// `live` lanes of `count` pixels to pixels `stride` floats apart. `tight` says that nothing else lies between them.
static void cfk_to_interleaved(const float *in, int64_t stride, int64_t live, int64_t count, float *out, int tight) {
    int64_t p = 0;
    if (tight) {
        // Whole vectors are stored one over the end of the other; what the last of them would spill is copied exactly.
        const int64_t exact = cfk_ceiling(16, stride);
        for (; p + exact < count; ++p) cfk_store(out + p * stride, cfk_load(in + p * 16));
    }
    for (; p < count; ++p) memcpy(out + p * stride, in + p * 16, (size_t)live * sizeof(float));
}

/// Lanes from `lane` on of consecutive blocks to `live` planes or interleaved channels.
static void cfk_from_blocked(const cfk_reorder *reorder, const float *in, int64_t block_stride, int64_t lane,
                             int64_t live, int64_t count, const cfk_map *output, float *out) {
    // A shifted run of 16 channels meets two blocks.
    for (int64_t done = 0; done < live; in += block_stride, lane = 0) {
        const int64_t part = cfk_smaller(live - done, 16 - lane);
        if (reorder->direction == CFK_BLOCKED_TO_PLANAR) {
            cfk_to_planar(in + lane, output->block_stride, part, 16 - lane, count, out + done * output->block_stride);
        } else {
            cfk_to_interleaved(in + lane, output->block_stride, part, count, out + done, part == output->block_stride);
        }
        done += part;
    }
}

static void cfk_reorder_run(const cfk_reorder *reorder, const cfk_map *input, const cfk_map *output, int64_t begin,
                            int64_t end) {
    const int64_t runs = reorder->plan[0], blocks = cfk_blocks(reorder->channels);
    for (int64_t item = begin; item < end; ++item) {
        const cfk_stretch part = cfk_stretch_of(item, runs, blocks);
        const int64_t b = part.block, n = part.n, first = cfk_cut(reorder->pixels, runs, part.run);
        const int64_t count = cfk_cut(reorder->pixels, runs, part.run + 1) - first;
        const int64_t live = cfk_live(reorder->channels, b);
        const float *in = input->data + n * input->batch_stride;
        float *out = output->data + n * output->batch_stride;
        switch (reorder->direction) {
            case CFK_PLANAR_TO_BLOCKED:
                cfk_to_blocked(in + b * 16 * input->block_stride + first, input->block_stride, live, count,
                               out + b * output->block_stride + first * 16);
                break;
            case CFK_BLOCKED_TO_PLANAR:
            case CFK_BLOCKED_TO_INTERLEAVED: {
                const int64_t channel = reorder->first_channel + b * 16;
                const int planar = reorder->direction == CFK_BLOCKED_TO_PLANAR;
                cfk_from_blocked(reorder, in + channel / 16 * input->block_stride + first * 16, input->block_stride,
                                 channel % 16, live, count, output,
                                 planar ? out + b * 16 * output->block_stride + first
                                        : out + first * output->block_stride + b * 16);
                break;
            }
        }
    }
}

/// plan[0]: runs of pixels per block. An item is a run of one output block of one picture.
static cfk_status cfk_channel_copy_prepare(cfk_channel_copy *copy, int32_t threads) {
    if (copy->batch < 1 || copy->channels < 1 || copy->pixels < 1 || copy->in_channel < 0 || copy->in_step < 1
        || copy->out_channel < 0) {
        return CFK_BAD_SIZE;
    }
    if (copy->pixels > CFK_MOST_FLOATS) return CFK_TOO_LARGE;
    const int64_t first = copy->out_channel / 16, last = ((int64_t)copy->out_channel + copy->channels - 1) / 16;
    copy->plan[0] = cfk_runs(copy->pixels, CFK_MOVE_LEAST, cfk_ceiling(copy->pixels, CFK_MOVE_RUN), copy->batch,
                             copy->channels, copy->pixels, threads);
    copy->items = copy->batch * (last - first + 1) * copy->plan[0];
    return CFK_OK;
}

/// Lanes `shift`.. of `a`, then those of `b`.
#define CFK_SHIFTED(shift) \
    case shift: \
        return __builtin_shufflevector(a, b, shift, shift + 1, shift + 2, shift + 3, shift + 4, shift + 5, shift + 6, \
                                       shift + 7, shift + 8, shift + 9, shift + 10, shift + 11, shift + 12, \
                                       shift + 13, shift + 14, shift + 15);
CFK_INLINE cfk_v16 cfk_shifted(const int shift, cfk_v16 a, cfk_v16 b) {
    switch (shift) {
        CFK_SHIFTED(1) CFK_SHIFTED(2) CFK_SHIFTED(3) CFK_SHIFTED(4) CFK_SHIFTED(5) CFK_SHIFTED(6) CFK_SHIFTED(7)
        CFK_SHIFTED(8) CFK_SHIFTED(9) CFK_SHIFTED(10) CFK_SHIFTED(11) CFK_SHIFTED(12) CFK_SHIFTED(13) CFK_SHIFTED(14)
        CFK_SHIFTED(15)
        default: return a;
    }
}
#undef CFK_SHIFTED

/// What a run of one output block takes from two input blocks: its lane i comes from lane i + shift of `a`, or from
/// lane i + shift - 16 of `b`. Only lanes first..<last are taken.
typedef struct cfk_shift {
    const float *a, *b;
    float *out;
    int64_t first, last, count;
} cfk_shift;

CFK_INLINE void cfk_shift_run(const int shift, const cfk_shift *run) {
    const cfk_i16 index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const cfk_i16 old = index < (cfk_i16)(int32_t)run->first, live = index < (cfk_i16)(int32_t)run->last;
    if (run->first == 0 && run->last == 16) {
        for (int64_t p = 0; p < run->count; ++p) {
            cfk_store(run->out + p * 16, cfk_shifted(shift, cfk_load(run->a + p * 16), cfk_load(run->b + p * 16)));
        }
        return;
    }
    for (int64_t p = 0; p < run->count; ++p) {
        const cfk_v16 value = cfk_shifted(shift, cfk_load(run->a + p * 16), cfk_load(run->b + p * 16));
        cfk_store(run->out + p * 16, old ? cfk_load(run->out + p * 16) : live ? value : (cfk_v16)0.0f);
    }
}

static void cfk_shift_switch(int64_t shift, const cfk_shift *run) {
#define CFK_CASE(shift) case shift: cfk_shift_run(shift, run); break;
    switch (shift) {
        CFK_CASE(0) CFK_CASE(1) CFK_CASE(2) CFK_CASE(3) CFK_CASE(4) CFK_CASE(5) CFK_CASE(6) CFK_CASE(7) CFK_CASE(8)
        CFK_CASE(9) CFK_CASE(10) CFK_CASE(11) CFK_CASE(12) CFK_CASE(13) CFK_CASE(14) CFK_CASE(15)
        default: break;
    }
#undef CFK_CASE
}

static void cfk_channel_copy_run(const cfk_channel_copy *copy, const cfk_map *input, const cfk_map *output,
                                 int64_t begin, int64_t end) {
    const int64_t runs = copy->plan[0], blocks = copy->items / runs / copy->batch;
    for (int64_t item = begin; item < end; ++item) {
        const cfk_stretch part = cfk_stretch_of(item, runs, blocks);
        const int64_t n = part.n, block = copy->out_channel / 16 + part.block;
        const int64_t start = cfk_cut(copy->pixels, runs, part.run);
        const int64_t count = cfk_cut(copy->pixels, runs, part.run + 1) - start;
        const float *picture = input->data + n * input->batch_stride + start * 16;
        float *out = output->data + n * output->batch_stride + block * output->block_stride + start * 16;
        // Lanes before `first` belong to an earlier copy, lanes from `last` on are cleared.
        const int64_t first = cfk_larger(0, copy->out_channel - block * 16);
        const int64_t last = cfk_smaller(16, (int64_t)copy->out_channel + copy->channels - block * 16);
        if (copy->in_step == 1) {
            // The channels that lanes 0 and last - 1 of the block come from; the former may lie before the input.
            const int64_t lowest = copy->in_channel + block * 16 - copy->out_channel;
            const int64_t shift = lowest & 15, a = (lowest - shift) / 16, b = (lowest + last - 1) / 16;
            const int64_t from = lowest + first < (a + 1) * 16 ? a : b;
            const cfk_shift run = {
                .a = picture + from * input->block_stride,
                .b = picture + b * input->block_stride,
                .out = out,
                .first = first,
                .last = last,
                .count = count,
            };
            cfk_shift_switch(shift, &run);
            continue;
        }
        for (int64_t lane = first; lane < 16; ++lane) {
            if (lane >= last) {
                for (int64_t p = 0; p < count; ++p) out[p * 16 + lane] = 0.0f;
                continue;
            }
            const int64_t channel = copy->in_channel + (block * 16 + lane - copy->out_channel) * copy->in_step;
            const float *in = picture + channel / 16 * input->block_stride + channel % 16;
            for (int64_t p = 0; p < count; ++p) out[p * 16 + lane] = in[p * 16];
        }
    }
}

/// An item is one output row of one block.
static cfk_status cfk_upsample_prepare(cfk_upsample *upsample, int32_t threads) {
    (void)threads;
    if (upsample->batch < 1 || upsample->channels < 1 || upsample->in_height < 1 || upsample->in_width < 1
        || upsample->factor_height < 1 || upsample->factor_width < 1) {
        return CFK_BAD_SIZE;
    }
    int64_t height, width;
    if (__builtin_mul_overflow((int64_t)upsample->in_height, upsample->factor_height, &height)
        || __builtin_mul_overflow((int64_t)upsample->in_width, upsample->factor_width, &width) || height > INT32_MAX
        || width > INT32_MAX) {
        return CFK_TOO_LARGE;
    }
    upsample->items = upsample->batch * cfk_blocks(upsample->channels) * upsample->in_height;
    return CFK_OK;
}

static void cfk_upsample_run(const cfk_upsample *upsample, const cfk_map *input, const cfk_map *addend,
                             const cfk_map *output, int64_t begin, int64_t end) {
    const int64_t blocks = cfk_blocks(upsample->channels), height = upsample->in_height, width = upsample->in_width;
    const int64_t out_width = width * upsample->factor_width;
    for (int64_t item = begin; item < end; ++item) {
        const cfk_stretch part = cfk_stretch_of(item, height, blocks);
        const int64_t y = part.run, b = part.block, n = part.n;
        const float *in = input->data + n * input->batch_stride + b * input->block_stride + y * width * 16;
        for (int64_t i = 0; i < upsample->factor_height; ++i) {
            const int64_t row = (y * upsample->factor_height + i) * out_width * 16;
            float *out = output->data + n * output->batch_stride + b * output->block_stride + row;
            const float *add = addend ? addend->data + n * addend->batch_stride + b * addend->block_stride + row : 0;
            for (int64_t x = 0; x < width; ++x) {
                const cfk_v16 value = cfk_load(in + x * 16);
                for (int64_t j = 0; j < upsample->factor_width; ++j, out += 16) {
                    if (add) {
                        cfk_store(out, value + cfk_load(add));
                        add += 16;
                    } else {
                        cfk_store(out, value);
                    }
                }
            }
        }
    }
}

/// An item is one output row of one block.
static cfk_status cfk_resample_prepare(cfk_resample *resample, int32_t threads) {
    (void)threads;
    if (resample->batch < 1 || resample->channels < 1 || resample->in_height < 1 || resample->in_width < 1
        || resample->out_height < 1 || resample->out_width < 1 || resample->row_taps < 1 || resample->column_taps < 1) {
        return CFK_BAD_SIZE;
    }
    // Indices are kept as floats.
    if (resample->in_height > 1 << 24 || resample->in_width > 1 << 24) return CFK_TOO_LARGE;
    resample->items = resample->batch * cfk_blocks(resample->channels) * resample->out_height;
    resample->scratch_floats = (int64_t)resample->in_width * 16 + 16;
    return CFK_OK;
}

static void cfk_resample_run(const cfk_resample *resample, const cfk_map *input, const float *rows,
                             const float *columns, const cfk_map *output, int64_t begin, int64_t end, float *scratch) {
    const int64_t blocks = cfk_blocks(resample->channels), height = resample->out_height;
    const int64_t in_width = resample->in_width, width = resample->out_width;
    const int64_t row_taps = resample->row_taps, column_taps = resample->column_taps;
    float *sums = (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    for (int64_t item = begin; item < end; ++item) {
        const cfk_stretch part = cfk_stretch_of(item, height, blocks);
        const int64_t y = part.run, b = part.block, n = part.n;
        const float *plane = input->data + n * input->batch_stride + b * input->block_stride;
        float *out = output->data + n * output->batch_stride + b * output->block_stride + y * width * 16;
        const float *taps = rows + y * row_taps * 2, *row = plane + (int64_t)taps[0] * in_width * 16;
        if (row_taps > 1 || taps[1] != 1.0f) {
            for (int64_t x = 0; x < in_width; ++x) {
                cfk_v16 sum = cfk_load(row + x * 16) * taps[1];
                for (int64_t t = 1; t < row_taps; ++t) {
                    sum += cfk_load(plane + ((int64_t)taps[2 * t] * in_width + x) * 16) * taps[2 * t + 1];
                }
                cfk_store(sums + x * 16, sum);
            }
            row = sums;
        }
        for (int64_t x = 0; x < width; ++x) {
            const float *tap = columns + x * column_taps * 2;
            cfk_v16 sum = cfk_load(row + (int64_t)tap[0] * 16) * tap[1];
            for (int64_t t = 1; t < column_taps; ++t) sum += cfk_load(row + (int64_t)tap[2 * t] * 16) * tap[2 * t + 1];
            cfk_store(out + x * 16, sum);
        }
    }
}
