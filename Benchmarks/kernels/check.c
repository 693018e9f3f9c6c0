// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Compares every kernel of every level with a plain loop in double precision, on random odd geometries.
//
//   clang -O1 -g -fsanitize=address,undefined -ISources/FaceKit/CShims/include \
//       Benchmarks/kernels/check.c Sources/FaceKit/CShims/kernels/*.c -lm -o check && ./check 300
//
// The argument is the number of geometries per kernel and level. Add -DCFK_OPENBLAS and -lopenblas for the products
// through OpenBLAS. Prints one line per kernel and level; exits 1 on any difference.

#include "support.h"

static int failures = 0;

/// Where the terms of a sum cancel, its rounding error is measured against this part of their absolute values.
static const double cancelled = 0.1;

/// Worst error of one kernel so far, relative to the largest value of its output.
typedef struct verdict {
    double worst;
    int count;
} verdict;

/// Compares a blocked map with planar values, relative to the largest of them or to `largest` (what a clipped output was
/// before clipping); looks at pad lanes and gaps too.
static double compare_map(cfk_map map, const double *expected, int64_t batch, int64_t channels, int64_t pixels,
                          double largest) {
    double worst = 0;
    for (int64_t i = 0; i < batch * channels * pixels; ++i) largest = fmax(largest, fabs(expected[i]));
    for (int64_t n = 0; n < batch; ++n) {
        const float *picture = map.data + n * map.batch_stride;
        for (int64_t b = 0; b < blocks_of(channels); ++b) {
            for (int64_t i = pixels * 16; i < map.block_stride; ++i) {
                if (picture[b * map.block_stride + i] != canary) return INFINITY;
            }
        }
        for (int64_t c = 0; c < blocks_of(channels) * 16; ++c) {
            for (int64_t p = 0; p < pixels; ++p) {
                const float value = *map_at(map, n, c, p);
                if (c >= channels) {
                    if (value != 0) return INFINITY;
                    continue;
                }
                const double error = fabs(value - expected[(n * channels + c) * pixels + p]) / largest;
                if (!(error <= worst)) worst = error;
            }
        }
    }
    return worst;
}

static int judge(verdict *verdict, double error, double tolerance) {
    verdict->count += 1;
    if (!(error <= verdict->worst)) verdict->worst = error;
    if (error <= tolerance) return 1;
    failures += 1;
    return 0;
}

static void report(const cfk_kernel_table *table, const char *kernel, verdict verdict) {
    printf("%-9s %-22s %5d geometries, worst relative error %.1e\n", table->name, kernel, verdict.count, verdict.worst);
}

static double activate(cfk_activation activation, double x, double slope, double low, double high) {
    switch (activation) {
        case CFK_ACTIVATION_RELU: return x > 0 ? x : 0;
        case CFK_ACTIVATION_PRELU: return x > 0 ? x : slope * x;
        case CFK_ACTIVATION_CLIP: return fmin(fmax(x, low), high);
        default: return x;
    }
}

static cfk_conv random_conv(cfk_algorithm algorithm) {
    cfk_conv conv = {.algorithm = algorithm, .activation = (cfk_activation)random_between(0, 3)};
    conv.residual = (cfk_residual)random_between(0, 2);
    conv.low = random_between(0, 1) ? 0.25f : -0.5f;
    conv.high = 0.75f;
    conv.batch = random_between(1, 3);
    conv.in_channels = algorithm == CFK_CONV_PLANAR ? random_between(1, 4) : random_between(1, 33);
    conv.out_channels = algorithm == CFK_CONV_DEPTHWISE ? conv.in_channels : random_between(1, 33);
    if (algorithm != CFK_CONV_PLANAR && algorithm != CFK_CONV_DEPTHWISE && random_between(0, 1)) {
        conv.in_channels = random_between(1, 100);
        conv.out_channels = random_between(1, 80);
    }
    if (random_between(0, 9) == 0) {
        if (algorithm != CFK_CONV_PLANAR) conv.in_channels = 16 * random_between(1, 6);
        conv.out_channels = algorithm == CFK_CONV_DEPTHWISE ? conv.in_channels : 16 * random_between(1, 6);
    }
    const int winograd = algorithm == CFK_CONV_WINOGRAD4 || algorithm == CFK_CONV_WINOGRAD2;
    const int large = random_between(0, 7) == 0;
    for (;;) {
        conv.in_height = random_between(1, large ? 40 : 17);
        conv.in_width = random_between(1, large ? 40 : 17);
        // Wide enough for rows read in place.
        if (algorithm == CFK_CONV_PLANAR && large) conv.in_width = random_between(30, 150);
        static const int32_t kernels[] = {1, 1, 2, 3, 3, 3, 4, 5, 7};
        conv.kernel_height = winograd ? 3 : kernels[random_between(0, 8)];
        conv.kernel_width = winograd ? 3 : random_between(0, 3) ? conv.kernel_height : kernels[random_between(0, 8)];
        conv.stride_height = winograd ? 1 : random_between(1, 3);
        conv.stride_width = winograd ? 1 : random_between(0, 3) ? conv.stride_height : random_between(1, 3);
        conv.dilation_height = winograd ? 1 : random_between(0, 3) ? 1 : 2;
        conv.dilation_width = winograd ? 1 : random_between(0, 3) ? 1 : 2;
        conv.pad_top = random_between(0, conv.kernel_height / 2 + 1);
        conv.pad_left = random_between(0, conv.kernel_width / 2 + 1);
        const int32_t bottom = random_between(0, conv.kernel_height / 2 + 1);
        const int32_t right = random_between(0, conv.kernel_width / 2 + 1);
        if (random_between(0, 3) == 0 && conv.kernel_height == 1 && conv.kernel_width == 1) {
            conv.pad_top = conv.pad_left = 0;
            conv.stride_height = conv.stride_width = 1;
            conv.out_height = conv.in_height;
            conv.out_width = conv.in_width;
            break;
        }
        const int32_t y = conv.in_height + conv.pad_top + bottom - (conv.kernel_height - 1) * conv.dilation_height - 1;
        const int32_t x = conv.in_width + conv.pad_left + right - (conv.kernel_width - 1) * conv.dilation_width - 1;
        conv.out_height = y / conv.stride_height + 1;
        conv.out_width = x / conv.stride_width + 1;
        if (x >= 0 && y >= 0) break;
    }
    return conv;
}

static void check_conv(const cfk_kernel_table *table, cfk_algorithm algorithm, const char *name, int rounds,
                       double tolerance) {
    verdict verdict = {0};
    for (int round = 0; round < rounds; ++round) {
        cfk_conv conv = random_conv(algorithm);
        const int32_t threads = random_between(1, 4);
        if (table->conv_prepare(&conv, threads) != CFK_OK) {
            printf("%s refused a geometry\n", name);
            failures += 1;
            continue;
        }
        const int depthwise = algorithm == CFK_CONV_DEPTHWISE;
        const int64_t in_plane = (int64_t)conv.in_height * conv.in_width;
        const int64_t plane = (int64_t)conv.out_height * conv.out_width;
        const int64_t taps = (int64_t)conv.kernel_height * conv.kernel_width;
        const int64_t fan_in = depthwise ? 1 : conv.in_channels;
        float *x = make_floats(conv.batch * conv.in_channels * in_plane, 1);
        float *weights = make_floats(conv.out_channels * fan_in * taps, 1);
        float *residual = make_floats(conv.batch * conv.out_channels * plane, 1);
        float *bias = random_between(0, 3) ? make_vector(conv.out_channels) : NULL;
        float *slopes = make_vector(conv.out_channels);
        float *pads = random_between(0, 1) ? make_vector(conv.in_channels) : NULL;
        double *expected = malloc((size_t)(conv.batch * conv.out_channels * plane) * sizeof(double));
        double largest = 1e-30;

        for (int64_t n = 0; n < conv.batch; ++n) {
            for (int64_t o = 0; o < conv.out_channels; ++o) {
                for (int64_t p = 0; p < plane; ++p) {
                    double sum = bias ? bias[o] : 0, size = fabs(sum);
                    for (int64_t i = 0; i < fan_in; ++i) {
                        const int64_t c = depthwise ? o : i;
                        for (int64_t t = 0; t < taps; ++t) {
                            const int64_t y = p / conv.out_width * conv.stride_height - conv.pad_top
                                + t / conv.kernel_width * conv.dilation_height;
                            const int64_t xx = p % conv.out_width * conv.stride_width - conv.pad_left
                                + t % conv.kernel_width * conv.dilation_width;
                            const int inside = y >= 0 && y < conv.in_height && xx >= 0 && xx < conv.in_width;
                            const float *from = x + (n * conv.in_channels + c) * in_plane;
                            const double value = inside ? from[y * conv.in_width + xx] : pads ? pads[c] : 0;
                            sum += value * weights[(o * fan_in + i) * taps + t];
                            size += fabs(value * weights[(o * fan_in + i) * taps + t]);
                        }
                    }
                    const int64_t at = (n * conv.out_channels + o) * plane + p;
                    largest = fmax(largest, fmax(fabs(sum), cancelled * size));
                    if (conv.residual == CFK_RESIDUAL_BEFORE_ACTIVATION) sum += residual[at];
                    sum = activate(conv.activation, sum, slopes[o], conv.low, conv.high);
                    if (conv.residual == CFK_RESIDUAL_AFTER_ACTIVATION) sum += residual[at];
                    expected[at] = sum;
                }
            }
        }

        cfk_conv_buffers buffers = {.bias = bias, .slopes = slopes, .pad_values = pads};
        if (algorithm == CFK_CONV_PLANAR) {
            buffers.input = (cfk_map){x, conv.in_channels * in_plane, in_plane};
        } else {
            buffers.input = map_of(x, conv.batch, conv.in_channels, in_plane);
        }
        buffers.output = make_map(conv.batch, conv.out_channels, plane);
        if (conv.residual) {
            buffers.residual = map_of(residual, conv.batch, conv.out_channels, plane);
            // In place: the output is the residual.
            if (random_between(0, 3) == 0) {
                free(buffers.output.data);
                buffers.output = buffers.residual;
            }
        }
        float *packed = make_floats(conv.packed_floats, 0);
        for (int64_t i = conv.pack_items; i-- > 0;) table->conv_pack(&conv, weights, packed, i, i + 1);
        buffers.weights = packed;
        buffers.shared = make_floats(conv.shared_floats, 0);
        for (int32_t phase = 0; phase < conv.phases; ++phase) {
            for (int64_t end = conv.items[phase]; end > 0;) {
                const int64_t begin = threads == 1 ? 0 : end - random_between(1, (int32_t)end);
                float *scratch = make_floats(conv.scratch_floats, 0);
                table->conv_run(&conv, &buffers, phase, begin, end, scratch);
                free(scratch);
                end = begin;
            }
        }
        const double error = compare_map(buffers.output, expected, conv.batch, conv.out_channels, plane, largest);
        if (!judge(&verdict, error, tolerance) && failures < 10) {
            printf("  %s: error %g batch %d in %dx%dx%d out %dx%dx%d kernel %dx%d stride %d,%d dilation %d,%d pad %d,%d "
                   "activation %d residual %d threads %d\n",
                   name, error, conv.batch, conv.in_channels, conv.in_height, conv.in_width, conv.out_channels,
                   conv.out_height, conv.out_width, conv.kernel_height, conv.kernel_width, conv.stride_height,
                   conv.stride_width, conv.dilation_height, conv.dilation_width, conv.pad_top, conv.pad_left,
                   conv.activation, conv.residual, threads);
        }
        if (algorithm != CFK_CONV_PLANAR) free(buffers.input.data);
        if (buffers.residual.data != buffers.output.data) free(buffers.residual.data);
        free(buffers.output.data);
        free(buffers.shared);
        free(packed);
        free(x);
        free(weights);
        free(residual);
        free(bias);
        free(slopes);
        free(pads);
        free(expected);
    }
    report(table, name, verdict);
}

/// A convolution's packed weights, such that the numbers keep their size from layer to layer.
static float *packed_weights(const cfk_kernel_table *table, const cfk_conv *conv) {
    const int64_t fan_in = conv->algorithm == CFK_CONV_DEPTHWISE ? 1 : conv->in_channels;
    const int64_t terms = fan_in * conv->kernel_height * conv->kernel_width;
    float *weights = make_floats(conv->out_channels * terms, 1);
    for (int64_t i = 0; i < conv->out_channels * terms; ++i) weights[i] /= sqrtf((float)terms);
    float *packed = make_floats(conv->packed_floats, 0);
    table->conv_pack(conv, weights, packed, 0, conv->pack_items);
    free(weights);
    return packed;
}

static void run_conv(const cfk_kernel_table *table, const cfk_conv *conv, const cfk_conv_buffers *buffers) {
    cfk_conv_buffers all = *buffers;
    all.shared = make_floats(conv->shared_floats, 0);
    float *scratch = make_floats(conv->scratch_floats, 0);
    for (int32_t phase = 0; phase < conv->phases; ++phase) {
        table->conv_run(conv, &all, phase, 0, conv->items[phase], scratch);
    }
    free(scratch);
    free(all.shared);
}

/// A depthwise stage of one pixel's window.
static cfk_stage depthwise_stage(int32_t batch, int32_t channels, int32_t height, int32_t width) {
    cfk_stage stage = {.kind = CFK_STAGE_CONV};
    cfk_conv *conv = &stage.conv;
    *conv = (cfk_conv){.algorithm = CFK_CONV_DEPTHWISE, .activation = (cfk_activation)random_between(0, 3)};
    conv->low = -0.5f;
    conv->high = 0.5f;
    conv->batch = batch;
    conv->in_channels = conv->out_channels = channels;
    conv->in_height = height;
    conv->in_width = width;
    conv->kernel_height = conv->kernel_width = conv->stride_height = conv->stride_width = 1;
    conv->dilation_height = conv->dilation_width = 1;
    conv->out_height = height;
    conv->out_width = width;
    return stage;
}

/// A stage for a chain that has come to maps of `channels` x `height` x `width`.
static cfk_stage random_stage(int32_t batch, int32_t channels, int32_t height, int32_t width, int is_first) {
    const int32_t choice = random_between(0, 12);
    cfk_stage stage = {.kind = choice == 0 ? CFK_STAGE_POOL : CFK_STAGE_CONV};
    if (stage.kind == CFK_STAGE_POOL) {
        cfk_pool *pool = &stage.pool;
        *pool = (cfk_pool){.mode = (cfk_pooling)random_between(0, 2), .batch = batch, .channels = channels};
        pool->in_height = height;
        pool->in_width = width;
        pool->kernel_height = pool->kernel_width = random_between(2, 3);
        pool->stride_height = pool->stride_width = random_between(0, 2) ? 2 : random_between(1, 3);
        pool->pad_top = random_between(0, 1);
        pool->pad_left = random_between(0, 1);
        pool->pad_bottom = random_between(0, 1);
        pool->pad_right = random_between(0, 1);
        pool->dilation_height = pool->dilation_width = 1;
        if (is_first && random_between(0, 3) == 0) pool->dilation_height = 2;
        // The last window may reach outside.
        pool->out_height = (height + pool->pad_top - 1) / pool->stride_height + 1;
        pool->out_width = (width + pool->pad_left - 1) / pool->stride_width + 1;
        return stage;
    }
    stage = depthwise_stage(batch, channels, height, width);
    cfk_conv *conv = &stage.conv;
    if (is_first && channels <= 4 && width > 40) {
        conv->algorithm = CFK_CONV_PLANAR;
        conv->out_channels = random_between(1, 40);
        conv->kernel_height = conv->kernel_width = 3;
        conv->stride_height = conv->stride_width = 2;
        conv->pad_top = conv->pad_left = 1;
        conv->out_height = (height - 1) / 2 + 1;
        conv->out_width = (width - 1) / 2 + 1;
    } else if (choice < 6) {
        conv->algorithm = CFK_CONV_DIRECT;
        conv->out_channels = random_between(1, 80);
    } else if (choice > 9) {
        conv->algorithm = choice == 10 ? CFK_CONV_WINOGRAD2 : CFK_CONV_WINOGRAD4;
        conv->out_channels = random_between(1, 80);
        conv->kernel_height = conv->kernel_width = 3;
        conv->pad_top = random_between(height < 3 ? 1 : 0, 2);
        conv->pad_left = random_between(width < 3 ? 1 : 0, 2);
        conv->out_height = height + conv->pad_top + random_between(height < 3 ? 1 : 0, 2) - 2;
        conv->out_width = width + conv->pad_left + random_between(width < 3 ? 1 : 0, 2) - 2;
    } else {
        static const int32_t kernels[] = {1, 2, 3, 3, 3, 4, 5};
        conv->kernel_height = kernels[random_between(0, 6)];
        conv->kernel_width = random_between(0, 3) ? conv->kernel_height : kernels[random_between(0, 6)];
        conv->stride_height = random_between(1, 3);
        conv->stride_width = random_between(0, 3) ? conv->stride_height : random_between(1, 3);
        conv->dilation_width = random_between(0, 5) ? 1 : 2;
        conv->pad_top = random_between(0, conv->kernel_height / 2 + 1);
        conv->pad_left = random_between(0, conv->kernel_width / 2 + 1);
        const int32_t reach = (conv->kernel_width - 1) * conv->dilation_width;
        // The window may reach outside below and to the right as well.
        conv->out_height = (height + conv->pad_top - 1) / conv->stride_height + 1;
        conv->out_width = (width + conv->pad_left + random_between(0, reach) - 1) / conv->stride_width + 1;
    }
    return stage;
}

/// A 3x3 depthwise stage of even size and the pooling after it, which a chain may make as one.
static void random_pooled(int32_t batch, int32_t channels, int32_t height, int32_t width, cfk_stage stages[2]) {
    stages[0] = depthwise_stage(batch, channels, height, width);
    cfk_conv *conv = &stages[0].conv;
    conv->kernel_height = conv->kernel_width = 3;
    conv->pad_top = random_between(0, 2);
    conv->pad_left = random_between(0, 2);
    conv->out_height = (height + 1) / 2 * 2;
    conv->out_width = (width + random_between(0, 1)) / 2 * 2 + (width == 1) * 2;
    stages[1] = (cfk_stage){.kind = CFK_STAGE_POOL};
    cfk_pool *pool = &stages[1].pool;
    *pool = (cfk_pool){.mode = CFK_POOL_MAX, .batch = batch, .channels = channels};
    pool->in_height = conv->out_height;
    pool->in_width = conv->out_width;
    pool->kernel_height = pool->kernel_width = pool->stride_height = pool->stride_width = 2;
    pool->dilation_height = pool->dilation_width = 1;
    pool->out_height = conv->out_height / 2;
    pool->out_width = conv->out_width / 2;
}

/// A random picture, and in `planes` what is to be made of it.
static cfk_pixels make_pixels(int32_t width, int32_t height, float *planes) {
    cfk_pixels pixels = {
        .width = random_between(1, width), .height = random_between(1, height), .order = {2, 1, 0},
        .mean = {104, 117, 123}, .scale = {0.01f, 0.02f, 0.03f}, .padding = {0.1f, 0.2f, 0.3f},
    };
    uint8_t *data = malloc(3 * (size_t)pixels.width * (size_t)pixels.height);
    for (int32_t i = 0; i < 3 * pixels.width * pixels.height; ++i) data[i] = (uint8_t)random_between(0, 255);
    pixels.data = data;
    for (int32_t c = 0; c < 3; ++c) {
        for (int32_t y = 0; y < height; ++y) {
            for (int32_t x = 0; x < width; ++x, ++planes) {
                const int is_inside = x < pixels.width && y < pixels.height;
                *planes = is_inside
                    ? ((float)data[3 * (y * pixels.width + x) + pixels.order[c]] - pixels.mean[c]) * pixels.scale[c]
                    : pixels.padding[c];
            }
        }
    }
    return pixels;
}

/// Against the layers one after the other.
static void check_chain(const cfk_kernel_table *table, int rounds) {
    verdict verdict = {0};
    int refused = 0;
    for (int round = 0; round < rounds; ++round) {
        cfk_stage stages[CFK_MOST_STAGES];
        cfk_conv_buffers buffers[CFK_MOST_STAGES];
        memset(buffers, 0, sizeof(buffers));
        cfk_chain chain = {.count = random_between(1, 6)};
        const int32_t batch = random_between(1, 3), threads = random_between(1, 4);
        const int is_wide = random_between(0, 2) == 0;
        int32_t channels = random_between(1, is_wide ? 4 : 40), height = random_between(1, is_wide ? 80 : 30);
        int32_t width = random_between(1, is_wide ? 120 : 30);
        int is_pooled = 0;
        for (int32_t i = 0; i < chain.count; ++i) {
            const int is_after_pooled = i > 0 && stages[i - 1].kind == CFK_STAGE_CONV && is_pooled;
            if (!is_after_pooled) {
                is_pooled = i + 1 < chain.count && random_between(0, 4) == 0 && (i > 0 || !is_wide);
                if (is_pooled) random_pooled(batch, channels, height, width, stages + i);
                else stages[i] = random_stage(batch, channels, height, width, i == 0);
            }
            const int is_pool = stages[i].kind == CFK_STAGE_POOL;
            if (!is_pool && i == chain.count - 1) stages[i].conv.residual = (cfk_residual)random_between(0, 2);
            channels = is_pool ? channels : stages[i].conv.out_channels;
            height = is_pool ? stages[i].pool.out_height : stages[i].conv.out_height;
            width = is_pool ? stages[i].pool.out_width : stages[i].conv.out_width;
        }
        const cfk_status status = table->chain_prepare(&chain, stages, threads);
        if (status != CFK_OK) {
            // Narrow planar rows are not read in place, and few rows are not for many threads.
            const int is_planar = stages[0].kind == CFK_STAGE_CONV && stages[0].conv.algorithm == CFK_CONV_PLANAR;
            if (status != CFK_UNSUPPORTED || (!is_planar && threads == 1)) {
                printf("  chain refused a geometry\n");
                failures += 1;
            }
            refused += 1;
            continue;
        }
        // Layer by layer.
        cfk_map map = {0};
        cfk_pixels pixels = {0};
        for (int32_t i = 0; i < chain.count; ++i) {
            cfk_stage *stage = &stages[i];
            cfk_conv_buffers *b = &buffers[i];
            if (stage->kind == CFK_STAGE_POOL) {
                const cfk_pool *pool = &stage->pool;
                if (i == 0) {
                    float *x = make_floats((int64_t)batch * pool->channels * pool->in_height * pool->in_width, 1);
                    map = map_of(x, batch, pool->channels, (int64_t)pool->in_height * pool->in_width);
                    free(x);
                }
                b->input = map;
                b->output = make_map(batch, pool->channels, (int64_t)pool->out_height * pool->out_width);
                table->pool_run(pool, &b->input, &b->output, 0, pool->items);
            } else {
                const cfk_conv *conv = &stage->conv;
                const int64_t in_plane = (int64_t)conv->in_height * conv->in_width;
                const int64_t plane = (int64_t)conv->out_height * conv->out_width;
                if (i == 0) {
                    float *x = make_floats(batch * conv->in_channels * in_plane, 1);
                    if (conv->algorithm == CFK_CONV_PLANAR && conv->in_channels == 3 && batch == 1) {
                        pixels = make_pixels(conv->in_width, conv->in_height, x);
                    }
                    if (conv->algorithm == CFK_CONV_PLANAR) {
                        map = (cfk_map){x, conv->in_channels * in_plane, in_plane};
                    } else {
                        map = map_of(x, batch, conv->in_channels, in_plane);
                        free(x);
                    }
                }
                b->input = map;
                b->output = make_map(batch, conv->out_channels, plane);
                b->bias = make_vector(conv->out_channels);
                b->slopes = make_vector(conv->out_channels);
                b->weights = packed_weights(table, conv);
                if (conv->residual) {
                    float *x = make_floats(batch * conv->out_channels * plane, 1);
                    b->residual = map_of(x, batch, conv->out_channels, plane);
                    free(x);
                }
                run_conv(table, conv, b);
            }
            map = b->output;
        }
        const int64_t plane = (int64_t)height * width, count = batch * channels * plane;
        double *expected = malloc((size_t)count * sizeof(double)), largest = 1e-30;
        for (int64_t i = 0; i < count; ++i) {
            expected[i] = *map_at(map, i / plane / channels, i / plane % channels, i % plane);
            largest = fmax(largest, fabs(expected[i]));
        }
        // As one, with nothing but the ends.
        cfk_conv_buffers ends[CFK_MOST_STAGES];
        memcpy(ends, buffers, sizeof(ends));
        for (int32_t i = 0; i < chain.count; ++i) {
            if (i > 0 || pixels.data) ends[i].input.data = NULL;
            ends[i].output = i < chain.count - 1 ? (cfk_map){0} : make_map(batch, channels, plane);
        }
        // In place: the output is the residual.
        cfk_conv_buffers *last = &ends[chain.count - 1];
        const int in_place = last->residual.data && random_between(0, 1);
        if (in_place) {
            free(last->output.data);
            last->output = last->residual;
        }
        ends[0].pixels = pixels;
        for (int64_t end = chain.items; end > 0;) {
            const int64_t begin = threads == 1 ? 0 : end - random_between(1, (int32_t)end);
            float *scratch = make_floats(chain.scratch_floats, 0);
            // At once, or in two calls with the same scratch.
            const int64_t middle = begin + random_between(0, (int32_t)(end - begin));
            if (middle > begin) table->chain_run(&chain, stages, ends, begin, middle, 0, scratch);
            if (middle < end) table->chain_run(&chain, stages, ends, middle, end, middle > begin, scratch);
            free(scratch);
            end = begin;
        }
        const cfk_map output = ends[chain.count - 1].output;
        const double error = compare_map(output, expected, batch, channels, plane, largest);
        if (!judge(&verdict, error, 1e-4) && failures < 10) {
            printf("  chain of %d: error %g, threads %d, batch %d\n", chain.count, error, threads, batch);
            for (int32_t i = 0; i < chain.count; ++i) {
                const cfk_conv *c = &stages[i].conv;
                if (stages[i].kind == CFK_STAGE_POOL) {
                    printf("    pool %d -> %d\n", stages[i].pool.in_height, stages[i].pool.out_height);
                } else {
                    printf("    form %d %dx%dx%d -> %dx%dx%d kernel %dx%d stride %d,%d pad %d,%d\n", c->algorithm,
                           c->in_channels, c->in_height, c->in_width, c->out_channels, c->out_height, c->out_width,
                           c->kernel_height, c->kernel_width, c->stride_height, c->stride_width, c->pad_top, c->pad_left);
                }
            }
        }
        free((void *)pixels.data);
        if (!in_place) free(output.data);
        free(expected);
        for (int32_t i = 0; i < chain.count; ++i) {
            if (i == 0) free(buffers[i].input.data);
            free(buffers[i].output.data);
            free(buffers[i].residual.data);
            free((void *)buffers[i].weights);
            free((void *)buffers[i].bias);
            free((void *)buffers[i].slopes);
        }
    }
    report(table, "chain", verdict);
    if (refused == rounds) failures += 1;
}

static void check_dense(const cfk_kernel_table *table, int rounds) {
    verdict verdict = {0};
    for (int round = 0; round < rounds; ++round) {
        cfk_dense dense = {.activation = (cfk_activation)random_between(0, 3), .low = -0.5f, .high = 0.75f};
        dense.batch = random_between(1, 11);
        dense.blocked_input = random_between(0, 1);
        dense.in_channels = random_between(1, dense.blocked_input ? 40 : 300);
        dense.in_height = dense.blocked_input ? random_between(1, 5) : 1;
        dense.in_width = dense.blocked_input ? random_between(1, 5) : 1;
        dense.out_features = random_between(1, 100);
        const int64_t pixels = (int64_t)dense.in_height * dense.in_width, k = dense.in_channels * pixels;
        const int64_t m = dense.out_features, by_columns = random_between(0, 1);
        dense.weight_row_stride = by_columns ? 1 : k;
        dense.weight_column_stride = by_columns ? m : 1;
        if (table->dense_prepare(&dense, random_between(1, 3)) != CFK_OK) exit(2);
        float *x = make_floats(dense.batch * k, 1), *weights = make_floats(m * k, 1);
        float *bias = random_between(0, 1) ? make_vector(m) : NULL, *slopes = make_vector(m);
        float *packed = make_floats(dense.packed_floats, 0);
        const int64_t stride = m + 3;
        float *output = make_floats(dense.batch * stride, 0);
        cfk_dense_buffers buffers = {.output = output, .output_stride = stride, .bias = bias, .slopes = slopes};
        if (dense.blocked_input) {
            buffers.input = map_of(x, dense.batch, dense.in_channels, pixels);
        } else {
            buffers.input = (cfk_map){x, k, 0};
        }
        for (int64_t i = 0; i < dense.pack_items; ++i) table->dense_pack(&dense, weights, packed, i, i + 1);
        buffers.weights = packed;
        for (int64_t i = dense.items; i-- > 0;) {
            float *scratch = make_floats(dense.scratch_floats, 0);
            table->dense_run(&dense, &buffers, i, i + 1, scratch);
            free(scratch);
        }
        double worst = 0, largest = 0;
        for (int64_t n = 0; n < dense.batch; ++n) {
            for (int64_t o = 0; o < m; ++o) {
                double sum = bias ? bias[o] : 0, size = fabs(sum);
                for (int64_t i = 0; i < k; ++i) {
                    const double term = (double)x[n * k + i]
                        * weights[o * dense.weight_row_stride + i * dense.weight_column_stride];
                    sum += term;
                    size += fabs(term);
                }
                largest = fmax(largest, fmax(fabs(sum), cancelled * size));
                sum = activate(dense.activation, sum, slopes[o], dense.low, dense.high);
                const double error = fabs(sum - output[n * stride + o]);
                if (!(error <= worst)) worst = error;
            }
            for (int64_t o = m; o < stride; ++o) {
                if (output[n * stride + o] == output[n * stride + o]) worst = INFINITY;
            }
        }
        judge(&verdict, worst / fmax(largest, 1e-3), 1e-5);
        if (dense.blocked_input) free(buffers.input.data);
        free(x);
        free(weights);
        free(bias);
        free(slopes);
        free(packed);
        free(output);
    }
    report(table, "fully connected", verdict);
}

static void check_pool(const cfk_kernel_table *table, int rounds) {
    verdict verdict = {0};
    for (int round = 0; round < rounds; ++round) {
        const int global = random_between(0, 5) == 0;
        cfk_pool pool = {.mode = (cfk_pooling)random_between(0, 2), .batch = random_between(1, 3)};
        pool.channels = random_between(1, 33);
        for (;;) {
            pool.in_height = random_between(1, 17);
            pool.in_width = random_between(1, 17);
            pool.kernel_height = global ? pool.in_height : random_between(1, 4);
            pool.kernel_width = global ? pool.in_width : random_between(1, 4);
            pool.stride_height = random_between(1, 3);
            pool.stride_width = random_between(1, 3);
            pool.dilation_height = global ? 1 : random_between(1, 2);
            pool.dilation_width = global ? 1 : random_between(1, 2);
            pool.pad_top = global ? 0 : random_between(0, pool.kernel_height / 2);
            pool.pad_left = global ? 0 : random_between(0, pool.kernel_width / 2);
            pool.pad_bottom = global ? 0 : random_between(0, pool.kernel_height / 2);
            pool.pad_right = global ? 0 : random_between(0, pool.kernel_width / 2);
            const int32_t y = pool.in_height + pool.pad_top + pool.pad_bottom
                - (pool.kernel_height - 1) * pool.dilation_height - 1;
            const int32_t x = pool.in_width + pool.pad_left + pool.pad_right
                - (pool.kernel_width - 1) * pool.dilation_width - 1;
            if (x < 0 || y < 0) continue;
            const int32_t ceiling = random_between(0, 1);
            pool.out_height = (y + (ceiling ? pool.stride_height - 1 : 0)) / pool.stride_height + 1;
            pool.out_width = (x + (ceiling ? pool.stride_width - 1 : 0)) / pool.stride_width + 1;
            break;
        }
        if (table->pool_prepare(&pool, random_between(1, 3)) != CFK_OK) exit(2);
        const int64_t in_plane = (int64_t)pool.in_height * pool.in_width;
        const int64_t plane = (int64_t)pool.out_height * pool.out_width;
        float *x = make_floats(pool.batch * pool.channels * in_plane, 1);
        double *expected = malloc((size_t)(pool.batch * pool.channels * plane) * sizeof(double));
        for (int64_t nc = 0; nc < (int64_t)pool.batch * pool.channels; ++nc) {
            for (int64_t p = 0; p < plane; ++p) {
                double sum = 0, largest = -INFINITY;
                int count = 0, padded = 0;
                for (int64_t ky = 0; ky < pool.kernel_height; ++ky) {
                    for (int64_t kx = 0; kx < pool.kernel_width; ++kx) {
                        const int64_t y = p / pool.out_width * pool.stride_height - pool.pad_top
                            + ky * pool.dilation_height;
                        const int64_t xx = p % pool.out_width * pool.stride_width - pool.pad_left
                            + kx * pool.dilation_width;
                        if (y < pool.in_height + pool.pad_bottom && xx < pool.in_width + pool.pad_right) padded += 1;
                        if (y < 0 || y >= pool.in_height || xx < 0 || xx >= pool.in_width) continue;
                        const float value = x[nc * in_plane + y * pool.in_width + xx];
                        sum += value;
                        largest = fmax(largest, value);
                        count += 1;
                    }
                }
                double result = 0;
                if (count) {
                    result = pool.mode == CFK_POOL_MAX ? largest : sum / (pool.mode == CFK_POOL_AVERAGE ? count : padded);
                }
                expected[nc * plane + p] = result;
            }
        }
        cfk_map input = map_of(x, pool.batch, pool.channels, in_plane);
        cfk_map output = make_map(pool.batch, pool.channels, plane);
        for (int64_t i = pool.items; i-- > 0;) table->pool_run(&pool, &input, &output, i, i + 1);
        if (!judge(&verdict, compare_map(output, expected, pool.batch, pool.channels, plane, 1e-30), 1e-5) && failures < 10) {
            printf("  pool mode %d in %dx%d kernel %dx%d stride %d,%d dilation %d,%d pad %d,%d,%d,%d\n", pool.mode,
                   pool.in_height, pool.in_width, pool.kernel_height, pool.kernel_width, pool.stride_height,
                   pool.stride_width, pool.dilation_height, pool.dilation_width, pool.pad_top, pool.pad_left,
                   pool.pad_bottom, pool.pad_right);
        }
        free(input.data);
        free(output.data);
        free(x);
        free(expected);
    }
    report(table, "pooling", verdict);
}

static double operate(const cfk_elementwise *e, double a, double b) {
    switch (e->operation) {
        case CFK_COPY: return a;
        case CFK_RELU: return a > 0 ? a : 0;
        case CFK_CLIP: return fmin(fmax(a, e->low), e->high);
        case CFK_SIGMOID: return 1 / (1 + exp(-a));
        case CFK_TANH: return tanh(a);
        case CFK_EXP: return exp(a);
        case CFK_ERF: return erf(a);
        case CFK_GELU: return a / 2 * (1 + erf(a / sqrt(2)));
        case CFK_HARD_SWISH: return a * fmin(fmax(a / 6 + 0.5, 0), 1);
        case CFK_HARD_SIGMOID: return fmin(fmax(e->low * a + e->high, 0), 1);
        case CFK_SILU: return a / (1 + exp(-a));
        case CFK_SQRT: return sqrt(a);
        case CFK_ABS: return fabs(a);
        case CFK_NEGATE: return -a;
        case CFK_ADD: return a + b;
        case CFK_SUBTRACT: return a - b;
        case CFK_MULTIPLY: return a * b;
        case CFK_DIVIDE: return a / b;
        case CFK_MAXIMUM: return fmax(a, b);
        case CFK_MINIMUM: return fmin(a, b);
        case CFK_PRELU: return a > 0 ? a : a * b;
    }
    return NAN;
}

static void check_elementwise(const cfk_kernel_table *table, int rounds) {
    verdict verdict = {0};
    for (int round = 0; round < rounds; ++round) {
        const int binary = random_between(0, 1);
        cfk_elementwise e = {.low = 0.25f, .high = 0.75f, .batch = 1, .channels = 1};
        e.operation = (cfk_operation)(binary ? random_between(CFK_ADD, CFK_PRELU) : random_between(CFK_COPY, CFK_NEGATE));
        e.flat = random_between(0, 1);
        e.broadcast = (cfk_broadcast)(binary ? random_between(0, e.flat ? 1 : 3) : 0);
        e.reversed = binary && e.operation != CFK_PRELU && random_between(0, 1);
        if (!e.flat) {
            e.batch = random_between(1, 3);
            e.channels = random_between(1, 33);
        }
        e.pixels = random_between(1, random_between(0, 9) ? 60 : e.flat ? 70000 : 4000);
        if (table->elementwise_prepare(&e, random_between(1, 3)) != CFK_OK) exit(2);
        const int64_t count = e.batch * e.channels * e.pixels;
        float *a = make_floats(count, 1), *b = make_floats(count, 1), *vector = make_vector(e.channels);
        float *picture = make_floats(e.batch * e.channels, 1);
        for (int64_t i = 0; i < count; ++i) {
            if (e.operation == CFK_SQRT) a[i] = fabsf(a[i]);
            else if (!binary) a[i] *= 8;
            b[i] += b[i] < 0 ? -0.5f : 0.5f;
        }
        double *expected = malloc((size_t)count * sizeof(double));
        cfk_map blocked_a = {a, 0, 0}, blocked_b = {b, 0, 0}, output = {make_floats(count, 0), 0, 0};
        if (!e.flat) {
            free(output.data);
            blocked_a = map_of(a, e.batch, e.channels, e.pixels);
            output = make_map(e.batch, e.channels, e.pixels);
            if (e.broadcast == CFK_BROADCAST_NONE) blocked_b = map_of(b, e.batch, e.channels, e.pixels);
            if (e.broadcast == CFK_BROADCAST_CHANNEL) blocked_b.data = vector;
            if (e.broadcast == CFK_BROADCAST_PICTURE) blocked_b = map_of(picture, e.batch, e.channels, 1);
        }
        for (int64_t i = 0; i < count; ++i) {
            const int64_t c = i / e.pixels % e.channels, n = i / e.pixels / e.channels;
            double other = b[i];
            if (e.broadcast == CFK_BROADCAST_SCALAR) other = b[0];
            if (e.broadcast == CFK_BROADCAST_CHANNEL) other = vector[c];
            if (e.broadcast == CFK_BROADCAST_PICTURE) other = picture[n * e.channels + c];
            expected[i] = e.reversed ? operate(&e, other, a[i]) : operate(&e, a[i], other);
        }
        for (int64_t i = e.items; i-- > 0;) {
            table->elementwise_run(&e, &blocked_a, binary ? &blocked_b : NULL, &output, i, i + 1);
        }
        double error = 0;
        if (e.flat) {
            for (int64_t i = 0; i < count; ++i) {
                const double difference = fabs(output.data[i] - expected[i]) / fmax(fabs(expected[i]), 0.1);
                if (!(difference <= error)) error = difference;
            }
        } else {
            error = compare_map(output, expected, e.batch, e.channels, e.pixels, 1e-30);
        }
        if (!judge(&verdict, error, 1e-5) && failures < 10) {
            printf("  operation %d broadcast %d flat %d reversed %d: %g\n", e.operation, e.broadcast, e.flat, e.reversed,
                   error);
        }
        if (!e.flat) {
            free(blocked_a.data);
            if (e.broadcast == CFK_BROADCAST_NONE || e.broadcast == CFK_BROADCAST_PICTURE) free(blocked_b.data);
        }
        free(output.data);
        free(a);
        free(b);
        free(vector);
        free(picture);
        free(expected);
    }
    report(table, "element-wise", verdict);
}

/// Elementary functions over their whole range, in relative error.
static void check_functions(const cfk_kernel_table *table) {
    static const struct { cfk_operation operation; const char *name; float from, to; } functions[] = {
        {CFK_EXP, "exp", -87, 88},       {CFK_SIGMOID, "sigmoid", -80, 80}, {CFK_TANH, "tanh", -12, 12},
        {CFK_ERF, "erf", -5, 5},         {CFK_SILU, "silu", -20, 20},
    };
    enum { points = 200000 };
    for (int f = 0; f < 5; ++f) {
        cfk_elementwise e = {.operation = functions[f].operation, .flat = 1, .batch = 1, .channels = 1, .pixels = points};
        float *x = make_floats(points, 0), *y = make_floats(points, 0);
        for (int i = 0; i < points; ++i) {
            x[i] = functions[f].from + (functions[f].to - functions[f].from) * (float)i / (points - 1);
        }
        table->elementwise_prepare(&e, 1);
        const cfk_map in = {x, 0, 0}, out = {y, 0, 0};
        table->elementwise_run(&e, &in, NULL, &out, 0, e.items);
        verdict verdict = {0};
        for (int i = 0; i < points; ++i) {
            const double expected = operate(&e, x[i], 0);
            judge(&verdict, expected == 0 ? fabs(y[i]) : fabs(y[i] - expected) / fabs(expected), 6e-7);
        }
        report(table, functions[f].name, verdict);
        const float special[4] = {INFINITY, -INFINITY, NAN, 0};
        memcpy(x, special, sizeof(special));
        e.pixels = 4;
        table->elementwise_prepare(&e, 1);
        table->elementwise_run(&e, &in, NULL, &out, 0, e.items);
        if (e.operation != CFK_SILU && (y[0] != (float)operate(&e, INFINITY, 0) || y[1] != (float)operate(&e, -INFINITY, 0)
                                        || y[2] == y[2] || y[3] != (float)operate(&e, 0, 0))) {
            printf("  %s: wrong at infinity, NaN or 0: %g %g %g %g\n", functions[f].name, y[0], y[1], y[2], y[3]);
            failures += 1;
        }
        free(x);
        free(y);
    }
}

/// A table of `count` elements, each of `taps` of the `extent` inputs.
static float *make_taps(int64_t count, int64_t taps, int64_t extent) {
    float *table = make_floats(count * taps * 2, 1);
    for (int64_t i = 0; i < count * taps; ++i) {
        table[2 * i] = (float)random_between(0, (int)extent - 1);
        if (taps == 1 && random_between(0, 3)) table[2 * i + 1] = 1;
    }
    return table;
}

static double check_resample(const cfk_kernel_table *table, const float *x, cfk_map in, int32_t batch, int32_t channels,
                             int32_t height, int32_t width, int32_t threads) {
    cfk_resample resample = {.batch = batch, .channels = channels, .in_height = height, .in_width = width};
    resample.out_height = random_between(1, 12);
    resample.out_width = random_between(1, 12);
    resample.row_taps = random_between(1, 4);
    resample.column_taps = random_between(1, 4);
    if (table->resample_prepare(&resample, threads) != CFK_OK) exit(2);
    const int64_t plane = (int64_t)resample.out_height * resample.out_width;
    float *rows = make_taps(resample.out_height, resample.row_taps, height);
    float *columns = make_taps(resample.out_width, resample.column_taps, width);
    float *scratch = make_floats(resample.scratch_floats, 0);
    double *expected = calloc((size_t)(batch * channels * plane), sizeof(double));
    for (int64_t i = 0; i < batch * channels * plane; ++i) {
        const float *row = rows + i % plane / resample.out_width * resample.row_taps * 2;
        const float *column = columns + i % plane % resample.out_width * resample.column_taps * 2;
        for (int64_t r = 0; r < resample.row_taps; ++r) {
            for (int64_t c = 0; c < resample.column_taps; ++c) {
                expected[i] += (double)row[2 * r + 1] * column[2 * c + 1]
                    * x[i / plane * height * width + (int64_t)row[2 * r] * width + (int64_t)column[2 * c]];
            }
        }
    }
    cfk_map out = make_map(batch, channels, plane);
    for (int64_t i = resample.items; i-- > 0;) table->resample_run(&resample, &in, rows, columns, &out, i, i + 1, scratch);
    const double error = compare_map(out, expected, batch, channels, plane, 1);
    free(rows);
    free(columns);
    free(scratch);
    free(expected);
    free(out.data);
    return error;
}

static void check_moves(const cfk_kernel_table *table, int rounds) {
    verdict reorders = {0}, copies = {0}, upsamples = {0}, resamples = {0};
    for (int round = 0; round < rounds; ++round) {
        const int32_t batch = random_between(1, 3), channels = random_between(1, 33), threads = random_between(1, 3);
        const int64_t pixels = random_between(1, random_between(0, 9) ? 70 : 5000), count = batch * channels * pixels;
        float *x = make_floats(count, 1), *back = make_floats(count, 0);
        double *expected = malloc((size_t)count * sizeof(double));
        for (int64_t i = 0; i < count; ++i) expected[i] = x[i];
        cfk_reorder reorder = {.batch = batch, .channels = channels, .pixels = pixels};
        cfk_map planar = {x, channels * pixels, pixels}, blocked = make_map(batch, channels, pixels);
        cfk_map again = {back, channels * pixels, pixels};
        if (table->reorder_prepare(&reorder, threads) != CFK_OK) exit(2);
        for (int64_t i = 0; i < reorder.items; ++i) table->reorder_run(&reorder, &planar, &blocked, i, i + 1);
        judge(&reorders, compare_map(blocked, expected, batch, channels, pixels, 1e-30), 0);
        reorder.direction = CFK_BLOCKED_TO_PLANAR;
        for (int64_t i = 0; i < reorder.items; ++i) table->reorder_run(&reorder, &blocked, &again, i, i + 1);
        judge(&reorders, memcmp(back, x, (size_t)count * sizeof(float)) ? 1 : 0, 0);
        reorder.direction = CFK_BLOCKED_TO_INTERLEAVED;
        again.block_stride = channels;
        for (int64_t i = 0; i < reorder.items; ++i) table->reorder_run(&reorder, &blocked, &again, i, i + 1);
        int wrong = 0;
        for (int64_t i = 0; i < count; ++i) {
            const int64_t p = i % pixels, c = i / pixels % channels, n = i / pixels / channels;
            wrong |= back[(n * pixels + p) * channels + c] != x[i];
        }
        judge(&reorders, wrong, 0);

        // Concatenation of three slices, the second with a step.
        const int32_t step = random_between(1, 3), second = (channels - 1) / step + 1;
        const int32_t counts[3] = {channels, second, channels}, total = 2 * channels + second;
        cfk_map joined = make_map(batch, total, pixels);
        double *sum = malloc((size_t)(batch * total * pixels) * sizeof(double));
        for (int part = 0, at = 0; part < 3; at += counts[part], ++part) {
            cfk_channel_copy copy = {.batch = batch, .channels = counts[part], .in_step = part == 1 ? step : 1};
            copy.out_channel = at;
            copy.pixels = pixels;
            if (table->channel_copy_prepare(&copy, threads) != CFK_OK) exit(2);
            for (int64_t i = copy.items; i-- > 0;) table->channel_copy_run(&copy, &blocked, &joined, i, i + 1);
            for (int64_t n = 0; n < batch; ++n) {
                for (int64_t c = 0; c < counts[part]; ++c) {
                    for (int64_t p = 0; p < pixels; ++p) {
                        sum[(n * total + at + c) * pixels + p] = x[(n * channels + c * copy.in_step) * pixels + p];
                    }
                }
            }
        }
        judge(&copies, compare_map(joined, sum, batch, total, pixels, 1e-30), 0);
        free(sum);
        free(joined.data);

        cfk_upsample up = {.batch = batch, .channels = channels, .in_height = random_between(1, 9)};
        up.in_width = random_between(1, 9);
        up.factor_height = random_between(1, 3);
        up.factor_width = random_between(1, 3);
        if (table->upsample_prepare(&up, threads) != CFK_OK) exit(2);
        const int64_t in_plane = up.in_height * up.in_width, plane = in_plane * up.factor_height * up.factor_width;
        float *small = make_floats(batch * channels * in_plane, 1), *add = make_floats(batch * channels * plane, 1);
        double *large = malloc((size_t)(batch * channels * plane) * sizeof(double));
        const int adds = random_between(0, 1);
        for (int64_t i = 0; i < batch * channels * plane; ++i) {
            const int64_t wide = up.in_width * up.factor_width, y = i % plane / wide, xx = i % plane % wide;
            large[i] = small[i / plane * in_plane + y / up.factor_height * up.in_width + xx / up.factor_width]
                + (adds ? add[i] : 0);
        }
        cfk_map in = map_of(small, batch, channels, in_plane), addend = map_of(add, batch, channels, plane);
        cfk_map out = make_map(batch, channels, plane);
        for (int64_t i = up.items; i-- > 0;) table->upsample_run(&up, &in, adds ? &addend : NULL, &out, i, i + 1);
        judge(&upsamples, compare_map(out, large, batch, channels, plane, 1e-30), 1e-6);
        judge(&resamples, check_resample(table, small, in, batch, channels, up.in_height, up.in_width, threads), 1e-5);
        free(in.data);
        free(addend.data);
        free(out.data);
        free(small);
        free(add);
        free(large);
        free(blocked.data);
        free(x);
        free(back);
        free(expected);
    }
    report(table, "reorder", reorders);
    report(table, "channel copy", copies);
    report(table, "upsample", upsamples);
    report(table, "resample", resamples);
}

static void check_gemm(const cfk_kernel_table *table, int rounds, int32_t own) {
    verdict verdict = {0};
    for (int round = 0; round < rounds; ++round) {
        const int big = random_between(0, 9) == 0;
        cfk_gemm gemm = {.m = random_between(1, big ? 150 : 20), .n = random_between(1, big ? 200 : 70)};
        gemm.k = random_between(1, random_between(0, 9) ? 60 : 1300);
        gemm.own_kernel = own;
        gemm.transpose_a = random_between(0, 1);
        gemm.transpose_b = random_between(0, 1);
        gemm.lda = (gemm.transpose_a ? gemm.m : gemm.k) + random_between(0, 3);
        gemm.ldb = (gemm.transpose_b ? gemm.k : gemm.n) + random_between(0, 3);
        gemm.ldc = gemm.n + random_between(0, 3);
        gemm.alpha = random_between(0, 1) ? 1 : random_float();
        if (table->gemm_prepare(&gemm, random_between(1, 3)) != CFK_OK) exit(2);
        float *a = make_floats(gemm.lda * ((gemm.transpose_a ? gemm.k : gemm.m) - 1) + (gemm.transpose_a ? gemm.m : gemm.k), 1);
        float *b = make_floats(gemm.ldb * ((gemm.transpose_b ? gemm.n : gemm.k) - 1) + (gemm.transpose_b ? gemm.k : gemm.n), 1);
        float *c = make_floats(gemm.ldc * gemm.m, 0), *bias = random_between(0, 1) ? make_floats(gemm.n, 1) : NULL;
        const cfk_gemm_buffers buffers = {a, b, c, bias};
        for (int64_t i = gemm.items; i-- > 0;) {
            float *scratch = make_floats(gemm.scratch_floats, 0);
            table->gemm_run(&gemm, &buffers, i, i + 1, scratch);
            free(scratch);
        }
        double worst = 0, largest = 1e-3;
        for (int64_t i = 0; i < gemm.m; ++i) {
            for (int64_t j = 0; j < gemm.ldc; ++j) {
                const float value = c[i * gemm.ldc + j];
                if (j >= gemm.n) {
                    if (value == value) worst = INFINITY;
                    continue;
                }
                double sum = 0, size = 0;
                for (int64_t k = 0; k < gemm.k; ++k) {
                    const double term = (double)(gemm.transpose_a ? a[k * gemm.lda + i] : a[i * gemm.lda + k])
                        * (gemm.transpose_b ? b[j * gemm.ldb + k] : b[k * gemm.ldb + j]);
                    sum += term;
                    size += fabs(gemm.alpha * term);
                }
                sum = gemm.alpha * sum + (bias ? bias[j] : 0);
                largest = fmax(largest, fmax(fabs(sum), cancelled * size));
                if (!(fabs(sum - value) <= worst)) worst = fabs(sum - value);
            }
        }
        if (!judge(&verdict, worst / largest, 1e-5) && failures < 10) {
            printf("  gemm m %d n %d k %d transpose %d,%d alpha %g: %g\n", gemm.m, gemm.n, gemm.k, gemm.transpose_a,
                   gemm.transpose_b, gemm.alpha, worst);
        }
        free(a);
        free(b);
        free(c);
        free(bias);
    }
    report(table, own ? "matrix product" : "matrix product (BLAS)", verdict);
}

/// Geometries that must be refused, not trapped on.
static void check_refusals(const cfk_kernel_table *table) {
    cfk_conv good = random_conv(CFK_CONV_DIRECT);
    cfk_conv conv = good;
    conv.stride_width = 0;
    failures += table->conv_prepare(&conv, 1) != CFK_BAD_SIZE;
    conv = good;
    conv.in_channels = INT32_MAX;
    conv.in_height = INT32_MAX;
    failures += table->conv_prepare(&conv, 1) != CFK_TOO_LARGE;
    conv = good;
    conv.algorithm = CFK_CONV_WINOGRAD4;
    conv.kernel_height = 5;
    failures += table->conv_prepare(&conv, 1) != CFK_UNSUPPORTED;
    conv = random_conv(CFK_CONV_PLANAR);
    conv.in_channels = 5;
    failures += table->conv_prepare(&conv, 1) != CFK_BAD_SIZE;
}

int main(int argc, char **argv) {
    const int rounds = argc > 1 ? atoi(argv[1]) : 300;
    cfk_blas_single_threaded();
    const uint64_t control = cfk_flush_denormals();
    volatile float tiny = 1e-38f;
    if (tiny * 0.1f != 0) failures += 1;
    cfk_restore_denormals(control);
    if (tiny * 0.1f == 0) failures += 1;
    for (cfk_level level = CFK_LEVEL_PORTABLE; level <= cfk_best_level(); ++level) {
        const cfk_kernel_table *table = cfk_kernels(level);
        check_conv(table, CFK_CONV_DIRECT, "direct", rounds, 1e-5);
        check_conv(table, CFK_CONV_PLANAR, "planar", rounds, 1e-5);
        check_conv(table, CFK_CONV_DEPTHWISE, "depthwise", rounds, 1e-5);
        check_chain(table, rounds);
        check_conv(table, CFK_CONV_WINOGRAD4, "Winograd F(4x4,3x3)", rounds, 1e-4);
        check_conv(table, CFK_CONV_WINOGRAD2, "Winograd F(2x2,3x3)", rounds, 1e-4);
        if (level == CFK_LEVEL_AMX) check_conv(table, CFK_CONV_MATRIX, "matrix registers", rounds, 3e-5);
        check_dense(table, rounds);
        check_pool(table, rounds);
        check_elementwise(table, rounds);
        check_functions(table);
        check_moves(table, rounds);
        check_gemm(table, rounds, 1);
        if (cfk_has_blas()) check_gemm(table, rounds, 0);
        check_refusals(table);
    }
    printf(failures ? "%d FAILURES\n" : "all equal\n", failures);
    return failures ? 1 : 0;
}
