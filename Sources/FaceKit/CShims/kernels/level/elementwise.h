// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Element-wise operations. An item is a run of pixels of one block, or of a flat array.

enum { CFK_ELEMENTWISE_RUN = 1024, CFK_ELEMENTWISE_LEAST = 16 };

/// plan[0]: runs per block.
static cfk_status cfk_elementwise_prepare(cfk_elementwise *elementwise, int32_t threads) {
    if (elementwise->batch < 1 || elementwise->channels < 1 || elementwise->pixels < 1) return CFK_BAD_SIZE;
    if (elementwise->pixels > CFK_MOST_FLOATS) return CFK_TOO_LARGE;
    if (elementwise->flat && (elementwise->batch != 1 || elementwise->channels != 1)) return CFK_BAD_SIZE;
    if (elementwise->flat && elementwise->broadcast > CFK_BROADCAST_SCALAR) return CFK_UNSUPPORTED;
    const int64_t vectors = elementwise->flat ? cfk_ceiling(elementwise->pixels, 16) : elementwise->pixels;
    const int64_t blocks = cfk_blocks(elementwise->channels) * elementwise->batch;
    elementwise->plan[0] = cfk_runs(vectors, CFK_ELEMENTWISE_LEAST, cfk_ceiling(vectors, CFK_ELEMENTWISE_RUN),
                                    elementwise->batch, elementwise->channels, vectors, threads);
    elementwise->items = blocks * elementwise->plan[0];
    return CFK_OK;
}

CFK_INLINE cfk_v16 cfk_operate(const cfk_operation operation, cfk_v16 a, cfk_v16 b, float low, float high) {
    switch (operation) {
        case CFK_COPY: return a;
        case CFK_RELU: return cfk_positive(a);
        case CFK_CLIP: return cfk_min(cfk_max(a, low), high);
        case CFK_SIGMOID: return cfk_sigmoid(a);
        case CFK_TANH: return cfk_tanh(a);
        case CFK_EXP: return cfk_exp(a);
        case CFK_ERF: return cfk_erf(a);
        case CFK_GELU: return 0.5f * a * (1.0f + cfk_erf(a * 0.707106781f));
        case CFK_HARD_SWISH: return a * cfk_min(cfk_max(a * (1.0f / 6) + 0.5f, 0.0f), 1.0f);
        case CFK_HARD_SIGMOID: return cfk_min(cfk_max(a * low + high, 0.0f), 1.0f);
        case CFK_SILU: return a * cfk_sigmoid(a);
        case CFK_SQRT: return __builtin_elementwise_sqrt(a);
        case CFK_ABS: return cfk_magnitude(a);
        case CFK_NEGATE: return -a;
        case CFK_ADD: return a + b;
        case CFK_SUBTRACT: return a - b;
        case CFK_MULTIPLY: return a * b;
        case CFK_DIVIDE: return a / b;
        case CFK_MAXIMUM: return cfk_max(a, b);
        case CFK_MINIMUM: return cfk_min(a, b);
        case CFK_PRELU: return cfk_positive(a) + b * cfk_negative(a);
    }
    return a;
}

/// One run of `count` pixels of which `live` lanes are kept; `flat` arrays have `rest` more values at the end.
typedef struct cfk_run {
    const float *a, *b;
    float *out;
    int64_t b_step, count, live, rest;
    float low, high;
} cfk_run;

CFK_INLINE void cfk_elementwise_loop(const cfk_operation operation, const int reversed, const cfk_run *run) {
    const int binary = operation >= CFK_ADD;
    const float *b = run->b;
    for (int64_t i = 0; i < run->count; ++i) {
        const cfk_v16 x = cfk_load(run->a + i * 16), y = binary ? cfk_load(b + i * run->b_step) : x;
        cfk_v16 result = reversed ? cfk_operate(operation, y, x, run->low, run->high)
                                  : cfk_operate(operation, x, y, run->low, run->high);
        if (run->live < 16) result = cfk_keep(result, run->live);
        cfk_store(run->out + i * 16, result);
    }
    if (run->rest) {
        float x[16] = {0}, y[16] = {0}, result[16];
        memcpy(x, run->a + run->count * 16, (size_t)run->rest * sizeof(float));
        if (binary) {
            const int64_t length = run->b_step ? run->rest : 16;
            memcpy(y, b + run->count * run->b_step, (size_t)length * sizeof(float));
        }
        cfk_store(result, reversed ? cfk_operate(operation, cfk_load(y), cfk_load(x), run->low, run->high)
                                   : cfk_operate(operation, cfk_load(x), cfk_load(y), run->low, run->high));
        memcpy(run->out + run->count * 16, result, (size_t)run->rest * sizeof(float));
    }
}

/// Calls the loop of the operation, each compiled for itself.
static void cfk_elementwise_switch(cfk_operation operation, int32_t reversed, const cfk_run *run) {
    switch (operation) {
#define CFK_UNARY(name) \
    case name: cfk_elementwise_loop(name, 0, run); break;
#define CFK_BINARY(name) \
    case name: \
        if (reversed) cfk_elementwise_loop(name, 1, run); \
        else cfk_elementwise_loop(name, 0, run); \
        break;
        CFK_UNARY(CFK_COPY)
        CFK_UNARY(CFK_RELU)
        CFK_UNARY(CFK_CLIP)
        CFK_UNARY(CFK_SIGMOID)
        CFK_UNARY(CFK_TANH)
        CFK_UNARY(CFK_EXP)
        CFK_UNARY(CFK_ERF)
        CFK_UNARY(CFK_GELU)
        CFK_UNARY(CFK_HARD_SWISH)
        CFK_UNARY(CFK_HARD_SIGMOID)
        CFK_UNARY(CFK_SILU)
        CFK_UNARY(CFK_SQRT)
        CFK_UNARY(CFK_ABS)
        CFK_UNARY(CFK_NEGATE)
        CFK_BINARY(CFK_ADD)
        CFK_BINARY(CFK_SUBTRACT)
        CFK_BINARY(CFK_MULTIPLY)
        CFK_BINARY(CFK_DIVIDE)
        CFK_BINARY(CFK_MAXIMUM)
        CFK_BINARY(CFK_MINIMUM)
        CFK_BINARY(CFK_PRELU)
#undef CFK_UNARY
#undef CFK_BINARY
    }
}

static void cfk_elementwise_run(const cfk_elementwise *elementwise, const cfk_map *a, const cfk_map *b,
                                const cfk_map *output, int64_t begin, int64_t end) {
    const int64_t runs = elementwise->plan[0], blocks = cfk_blocks(elementwise->channels);
    const int64_t vectors = elementwise->flat ? elementwise->pixels / 16 : elementwise->pixels;
    const int binary = elementwise->operation >= CFK_ADD;
    float scalar[16];
    if (binary && elementwise->broadcast == CFK_BROADCAST_SCALAR) cfk_store(scalar, (cfk_v16)b->data[0]);
    for (int64_t item = begin; item < end; ++item) {
        const cfk_stretch part = cfk_stretch_of(item, runs, blocks);
        const int64_t block = part.block, n = part.n, first = cfk_cut(vectors, runs, part.run);
        cfk_run run = {
            .a = a->data + n * a->batch_stride + block * a->block_stride + first * 16,
            .out = output->data + n * output->batch_stride + block * output->block_stride + first * 16,
            .count = cfk_cut(vectors, runs, part.run + 1) - first,
            .live = elementwise->flat ? 16 : cfk_live(elementwise->channels, block),
            .rest = elementwise->flat && part.run == runs - 1 ? elementwise->pixels % 16 : 0,
            .low = elementwise->low,
            .high = elementwise->high,
        };
        if (binary) {
            switch (elementwise->broadcast) {
                case CFK_BROADCAST_NONE:
                    run.b = b->data + n * b->batch_stride + block * b->block_stride + first * 16;
                    run.b_step = 16;
                    break;
                case CFK_BROADCAST_SCALAR: run.b = scalar; break;
                case CFK_BROADCAST_CHANNEL: run.b = b->data + block * 16; break;
                case CFK_BROADCAST_PICTURE: run.b = b->data + n * b->batch_stride + block * b->block_stride; break;
            }
        }
        cfk_elementwise_switch(elementwise->operation, elementwise->reversed, &run);
    }
}
