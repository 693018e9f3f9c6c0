// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Operations along one axis: softmax, reductions, normalisation. An item is a run of lines, where a line is all
// elements that differ in that axis only. Lines whose elements are neighbours are taken one by one, others 16 side by
// side.

enum { CFK_ROWS_RUN = 64 };

/// plan[0]: lines (or vectors of 16 lines) per outer row; plan[1]: lines per item.
static cfk_status cfk_rows_prepare(cfk_rows *rows, int32_t threads) {
    int64_t count;
    if (rows->outer < 1 || rows->extent < 1 || rows->inner < 1) return CFK_BAD_SIZE;
    if (__builtin_mul_overflow(rows->outer, rows->extent, &count) || __builtin_mul_overflow(count, rows->inner, &count)
        || count > CFK_MOST_FLOATS) {
        return CFK_TOO_LARGE;
    }
    rows->plan[0] = rows->inner == 1 ? 1 : cfk_ceiling(rows->inner, 16);
    const int64_t lines = rows->outer * rows->plan[0];
    rows->plan[1] = threads > 1 ? cfk_larger(1, cfk_smaller(CFK_ROWS_RUN, cfk_ceiling(lines, threads * 4))) : lines;
    rows->items = cfk_ceiling(lines, rows->plan[1]);
    return CFK_OK;
}

CFK_INLINE float cfk_lane_sum(cfk_v16 x) {
    const cfk_v4 s = x.s0123 + x.s4567 + x.s89ab + x.scdef;
    return (s.x + s.y) + (s.z + s.w);
}

CFK_INLINE float cfk_lane_max(cfk_v16 x) {
    float m = x[0];
    for (int i = 1; i < 16; ++i) m = m < x[i] ? x[i] : m;
    return m;
}

/// Loads up to 16 values, the others being `fill`.
CFK_INLINE cfk_v16 cfk_load_some(const float *p, int64_t count, float fill) {
    if (count >= 16) return cfk_load(p);
    float values[16];
    cfk_store(values, (cfk_v16)fill);
    memcpy(values, p, (size_t)count * sizeof(float));
    return cfk_load(values);
}

CFK_INLINE void cfk_store_some(float *p, cfk_v16 v, int64_t count) {
    if (count >= 16) {
        cfk_store(p, v);
        return;
    }
    float values[16];
    cfk_store(values, v);
    memcpy(p, values, (size_t)count * sizeof(float));
}

/// One line of neighbours.
static void cfk_rows_line(const cfk_rows *rows, const float *x, const float *scale, const float *shift, float *out) {
    const int64_t extent = rows->extent;
    cfk_v16 sum = 0;
    switch (rows->operation) {
        case CFK_ROWS_SOFTMAX: {
            cfk_v16 largest = (cfk_v16)-__builtin_inff();
            for (int64_t i = 0; i < extent; i += 16) {
                largest = cfk_max(largest, cfk_load_some(x + i, extent - i, -__builtin_inff()));
            }
            const float most = cfk_lane_max(largest);
            for (int64_t i = 0; i < extent; i += 16) {
                const cfk_v16 e = cfk_exp(cfk_load_some(x + i, extent - i, -__builtin_inff()) - most);
                sum += e;
                cfk_store_some(out + i, e, extent - i);
            }
            const float factor = 1.0f / cfk_lane_sum(sum);
            for (int64_t i = 0; i < extent; i += 16) {
                cfk_store_some(out + i, cfk_load_some(out + i, extent - i, 0) * factor, extent - i);
            }
            return;
        }
        case CFK_ROWS_L2:
            for (int64_t i = 0; i < extent; i += 16) {
                const cfk_v16 v = cfk_load_some(x + i, extent - i, 0);
                sum += v * v;
            }
            *out = __builtin_sqrtf(cfk_lane_sum(sum));
            return;
        case CFK_ROWS_SUM:
        case CFK_ROWS_MEAN:
            for (int64_t i = 0; i < extent; i += 16) sum += cfk_load_some(x + i, extent - i, 0);
            *out = cfk_lane_sum(sum) / (rows->operation == CFK_ROWS_MEAN ? (float)extent : 1.0f);
            return;
        case CFK_ROWS_NORMALIZE: {
            for (int64_t i = 0; i < extent; i += 16) sum += cfk_load_some(x + i, extent - i, 0);
            const float mean = cfk_lane_sum(sum) / (float)extent;
            cfk_v16 squares = 0;
            for (int64_t i = 0; i < extent; i += 16) {
                const cfk_v16 d = cfk_load_some(x + i, extent - i, mean) - mean;
                squares += d * d;
            }
            const float factor = 1.0f / __builtin_sqrtf(cfk_lane_sum(squares) / (float)extent + rows->epsilon);
            for (int64_t i = 0; i < extent; i += 16) {
                const cfk_v16 v = (cfk_load_some(x + i, extent - i, 0) - mean) * factor;
                const cfk_v16 y = v * cfk_load_some(scale + i, extent - i, 0) + cfk_load_some(shift + i, extent - i, 0);
                cfk_store_some(out + i, y, extent - i);
            }
            return;
        }
    }
}

/// Up to 16 lines side by side, `step` floats between the elements of a line.
static void cfk_rows_columns(const cfk_rows *rows, const float *x, const float *scale, const float *shift, float *out,
                             int64_t step, int64_t count) {
    const int64_t extent = rows->extent;
    cfk_v16 sum = 0;
    switch (rows->operation) {
        case CFK_ROWS_SOFTMAX: {
            cfk_v16 most = (cfk_v16)-__builtin_inff();
            for (int64_t i = 0; i < extent; ++i) most = cfk_max(most, cfk_load_some(x + i * step, count, 0));
            for (int64_t i = 0; i < extent; ++i) {
                const cfk_v16 e = cfk_exp(cfk_load_some(x + i * step, count, 0) - most);
                sum += e;
                cfk_store_some(out + i * step, e, count);
            }
            const cfk_v16 factor = 1.0f / sum;
            for (int64_t i = 0; i < extent; ++i) {
                cfk_store_some(out + i * step, cfk_load_some(out + i * step, count, 0) * factor, count);
            }
            return;
        }
        case CFK_ROWS_L2:
            for (int64_t i = 0; i < extent; ++i) {
                const cfk_v16 v = cfk_load_some(x + i * step, count, 0);
                sum += v * v;
            }
            cfk_store_some(out, __builtin_elementwise_sqrt(sum), count);
            return;
        case CFK_ROWS_SUM:
        case CFK_ROWS_MEAN:
            for (int64_t i = 0; i < extent; ++i) sum += cfk_load_some(x + i * step, count, 0);
            cfk_store_some(out, sum / (rows->operation == CFK_ROWS_MEAN ? (float)extent : 1.0f), count);
            return;
        case CFK_ROWS_NORMALIZE: {
            for (int64_t i = 0; i < extent; ++i) sum += cfk_load_some(x + i * step, count, 0);
            const cfk_v16 mean = sum / (float)extent;
            cfk_v16 squares = 0;
            for (int64_t i = 0; i < extent; ++i) {
                const cfk_v16 d = cfk_load_some(x + i * step, count, 0) - mean;
                squares += d * d;
            }
            const cfk_v16 factor = 1.0f / __builtin_elementwise_sqrt(squares / (float)extent + rows->epsilon);
            for (int64_t i = 0; i < extent; ++i) {
                const cfk_v16 v = (cfk_load_some(x + i * step, count, 0) - mean) * factor;
                cfk_store_some(out + i * step, v * scale[i] + shift[i], count);
            }
            return;
        }
    }
}

/// Softmax of pairs: e^a / (e^a + e^b) is the logistic function of a - b.
static void cfk_rows_pairs(const float *x, float *out, int64_t count) {
    for (int64_t i = 0; i < count; i += 16) {
        const cfk_v16 v = cfk_load_some(x + i, count - i, 0);
        const cfk_v16 other = __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
        cfk_store_some(out + i, cfk_sigmoid(v - other), count - i);
    }
}

static void cfk_rows_run(const cfk_rows *rows, const float *input, const float *scale, const float *shift,
                         float *output, int64_t begin, int64_t end) {
    const int64_t vectors = rows->plan[0], lines = rows->outer * vectors;
    const int reduces = rows->operation >= CFK_ROWS_SUM;
    const int64_t last = cfk_smaller(lines, end * rows->plan[1]);
    if (rows->operation == CFK_ROWS_SOFTMAX && rows->extent == 2 && rows->inner == 1) {
        const int64_t first = begin * rows->plan[1];
        cfk_rows_pairs(input + first * 2, output + first * 2, (last - first) * 2);
        return;
    }
    for (int64_t line = begin * rows->plan[1]; line < last; ++line) {
        const int64_t row = line / vectors, column = line % vectors * 16;
        const float *x = input + row * rows->extent * rows->inner + column;
        float *out = output + row * (reduces ? 1 : rows->extent) * rows->inner + column;
        if (rows->inner == 1) {
            cfk_rows_line(rows, x, scale, shift, out);
        } else {
            cfk_rows_columns(rows, x, scale, shift, out, rows->inner, cfk_smaller(16, rows->inner - column));
        }
    }
}

// Normalisation over the channels of a blocked map. An item is a run of pixels of one picture.

/// plan[0]: runs per picture.
static cfk_status cfk_normalize_prepare(cfk_normalize *normalize, int32_t threads) {
    if (normalize->batch < 1 || normalize->channels < 1 || normalize->pixels < 1) return CFK_BAD_SIZE;
    if (normalize->pixels > CFK_MOST_FLOATS) return CFK_TOO_LARGE;
    normalize->plan[0] = threads > 1 ? cfk_smaller(threads * 4, cfk_ceiling(normalize->pixels, 16)) : 1;
    normalize->items = normalize->batch * normalize->plan[0];
    return CFK_OK;
}

static void cfk_normalize_run(const cfk_normalize *normalize, const cfk_map *input, const float *scale,
                              const float *shift, const cfk_map *output, int64_t begin, int64_t end) {
    const int64_t runs = normalize->plan[0], blocks = cfk_blocks(normalize->channels);
    const int64_t live = cfk_live(normalize->channels, blocks - 1);
    const float count = (float)normalize->channels;
    for (int64_t item = begin; item < end; ++item) {
        const int64_t n = item / runs, part = item % runs;
        const int64_t last = cfk_cut(normalize->pixels, runs, part + 1);
        for (int64_t pixel = cfk_cut(normalize->pixels, runs, part); pixel < last; ++pixel) {
            const float *x = input->data + n * input->batch_stride + pixel * 16;
            float *out = output->data + n * output->batch_stride + pixel * 16;
            cfk_v16 sum = 0, squares = 0;
            for (int64_t b = 0; b < blocks; ++b) sum += cfk_load(x + b * input->block_stride);
            const float mean = cfk_lane_sum(sum) / count;
            for (int64_t b = 0; b < blocks; ++b) {
                const cfk_v16 d = cfk_load(x + b * input->block_stride) - mean;
                squares += b == blocks - 1 ? cfk_keep(d * d, live) : d * d;
            }
            const float factor = 1.0f / __builtin_sqrtf(cfk_lane_sum(squares) / count + normalize->epsilon);
            for (int64_t b = 0; b < blocks; ++b) {
                // Scale and shift are zero in pad lanes, so these come out as zeros.
                const cfk_v16 v = (cfk_load(x + b * input->block_stride) - mean) * factor;
                cfk_store(out + b * output->block_stride, v * cfk_load(scale + b * 16) + cfk_load(shift + b * 16));
            }
        }
    }
}
