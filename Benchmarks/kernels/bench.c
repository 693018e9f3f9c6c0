// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Speed of the kernels on one thread, in GFLOP/s counted as direct convolution, on the layers of face networks.
//
//   clang -O2 -ISources/FaceKit/CShims/include Benchmarks/kernels/bench.c Sources/FaceKit/CShims/kernels/*.c -lm \
//       -o bench && ./bench [level] [part of a layer's name] [cold]
//   ./bench layer INPUTS OUTPUTS SIZE KERNEL [STRIDE [BATCH [cold]]]     one layer by every algorithm
//   ./bench peaks SECONDS      what vectors and matrix registers do each second
//
// Add -DCFK_OPENBLAS and -lopenblas to compare the matrix products. The first line is the multiply-add peak of the
// machine, measured with registers only; figures are the best of many runs with warm caches. With "cold" the weights come
// from memory, as in a large network: the best of some rounds over copies of them.

#include "support.h"

#if defined(__x86_64__)
#include <immintrin.h>

typedef float wide __attribute__((ext_vector_type(16)));
__attribute__((target("avx512f"), noinline)) static float peak_loop512(int64_t count) {
    wide acc[16];
    for (int i = 0; i < 16; ++i) acc[i] = (wide)(float)i;
    wide x = (wide)0.999f, y = (wide)1e-3f;
    __asm__ volatile("" : "+v"(x), "+v"(y));
    for (int64_t n = 0; n < count; ++n) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; ++i) acc[i] = acc[i] * x + y;
    }
    float sum = 0;
    for (int i = 0; i < 16; ++i) sum += acc[i][i];
    return sum;
}

/// GFLOP/s of `runs` calls of the loop above.
static double vector_peak(int runs, int64_t count, double *best) {
    volatile float sink;
    double sum = 0;
    for (int i = 0; i < runs; ++i) {
        const double start = seconds();
        sink = peak_loop512(count);
        const double time = seconds() - start;
        sum += time;
        *best = fmin(*best, time);
    }
    (void)sink;
    return 16.0 * 32 * (double)count * runs / sum * 1e-9;
}

static void print_peak(void) {
    if (cfk_best_level() < CFK_LEVEL_AVX512) return;
    double best = 1e9;
    vector_peak(20, 1000000, &best);
    printf("AVX-512 multiply-add peak: %.0f GFLOP/s\n", 1e6 * 16 * 32 / best * 1e-9);
}

/// GFLOP/s of four products of bfloat16 after another, each operand of which is loaded once, `count` times.
__attribute__((target("amx-tile,amx-bf16"), noinline)) static double matrix_rate(const uint8_t *operands, int64_t count) {
    struct {
        uint8_t palette, start, zeros[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; ++i) {
        shape.bytes[i] = 64;
        shape.rows[i] = 16;
    }
    _tile_loadconfig(&shape);
    const double start = seconds();
    for (int64_t n = 0; n < count; ++n) {
        const uint8_t *from = operands + n % 8 * 4096;
        _tile_loadd(4, from, 64);
        _tile_loadd(5, from + 1024, 64);
        _tile_loadd(6, from + 2048, 64);
        _tile_loadd(7, from + 3072, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    const double time = seconds() - start;
    _tile_release();
    return 4.0 * 16 * 16 * 32 * 2 * (double)count / time * 1e-9;
}

/// Both in turns: where another thread of the core is busy, the matrix registers lose more than the vectors.
static void print_peaks(double length) {
    if (cfk_best_level() < CFK_LEVEL_AVX512) return;
    static _Alignas(64) uint8_t operands[8 * 4096];
    const double end = seconds() + length;
    while (seconds() < end) {
        double vectors = 0, matrices = 0, best = 1e9;
        int turns = 0;
        for (const double until = seconds() + 1; seconds() < until; ++turns) {
            vectors += vector_peak(1, 20000, &best);
            if (cfk_best_level() == CFK_LEVEL_AMX) matrices += matrix_rate(operands, 5000);
        }
        printf("vectors %.0f GFLOP/s, matrix registers %.0f\n", vectors / turns, matrices / turns);
        fflush(stdout);
    }
}
#else
static void print_peak(void) {}
static void print_peaks(double length) { (void)length; }
#endif

/// Best time of `conv` on `threads` = 1; with cold weights the best mean over copies that no cache holds.
static double time_conv(const cfk_kernel_table *table, cfk_conv *conv, int cold) {
    if (table->conv_prepare(conv, 1) != CFK_OK) exit(2);
    const int64_t copies = cold ? ((int64_t)1 << 27) / conv->packed_floats + 1 : 1;
    const int64_t in_plane = (int64_t)conv->in_height * conv->in_width;
    const int64_t plane = (int64_t)conv->out_height * conv->out_width;
    const int64_t fan_in = conv->algorithm == CFK_CONV_DEPTHWISE ? 1 : conv->in_channels;
    float *x = make_floats(conv->batch * conv->in_channels * in_plane, 1);
    float *weights = make_floats(conv->out_channels * fan_in * conv->kernel_height * conv->kernel_width, 1);
    float *packed = make_floats(conv->packed_floats * copies, 0), *scratch = make_floats(conv->scratch_floats, 0);
    cfk_conv_buffers buffers = {.weights = packed, .bias = make_vector(conv->out_channels)};
    buffers.slopes = make_vector(conv->out_channels);
    if (conv->algorithm == CFK_CONV_PLANAR) {
        buffers.input = (cfk_map){x, conv->in_channels * in_plane, in_plane};
    } else {
        buffers.input = map_of(x, conv->batch, conv->in_channels, in_plane);
    }
    buffers.output = make_map(conv->batch, conv->out_channels, plane);
    buffers.shared = make_floats(conv->shared_floats, 0);
    for (int64_t i = 0; i < copies; ++i) {
        table->conv_pack(conv, weights, packed + i * conv->packed_floats, 0, conv->pack_items);
    }
    double best = 1e9;
    const double until = seconds() + (cold ? 0.5 : 0.25);
    while (seconds() < until) {
        const double start = seconds();
        for (int64_t i = 0; i < copies; ++i) {
            buffers.weights = packed + i * conv->packed_floats;
            for (int32_t phase = 0; phase < conv->phases; ++phase) {
                table->conv_run(conv, &buffers, phase, 0, conv->items[phase], scratch);
            }
        }
        best = fmin(best, (seconds() - start) / (double)copies);
    }
    if (conv->algorithm != CFK_CONV_PLANAR) free(buffers.input.data);
    free(buffers.output.data);
    free(buffers.shared);
    free((void *)buffers.bias);
    free((void *)buffers.slopes);
    free(x);
    free(weights);
    free(packed);
    free(scratch);
    return best;
}

typedef struct layer {
    cfk_algorithm algorithm;
    int32_t in, out, size, kernel, stride, batch;
} layer;

static const layer layers[] = {
    {CFK_CONV_WINOGRAD4, 64, 64, 112, 3, 1, 1},   {CFK_CONV_WINOGRAD4, 64, 64, 56, 3, 1, 1},
    {CFK_CONV_WINOGRAD2, 64, 64, 56, 3, 1, 1},    {CFK_CONV_DIRECT, 64, 64, 56, 3, 1, 1},
    {CFK_CONV_WINOGRAD4, 128, 128, 28, 3, 1, 1},  {CFK_CONV_DIRECT, 128, 128, 28, 3, 1, 1},
    {CFK_CONV_WINOGRAD4, 256, 256, 14, 3, 1, 1},  {CFK_CONV_WINOGRAD4, 256, 256, 14, 3, 1, 4},
    {CFK_CONV_WINOGRAD2, 256, 256, 14, 3, 1, 1},  {CFK_CONV_WINOGRAD2, 128, 128, 28, 3, 1, 1},
    {CFK_CONV_DIRECT, 256, 256, 14, 3, 1, 1},     {CFK_CONV_WINOGRAD4, 512, 512, 7, 3, 1, 1},
    {CFK_CONV_WINOGRAD2, 512, 512, 7, 3, 1, 1},   {CFK_CONV_WINOGRAD4, 512, 512, 7, 3, 1, 4},
    {CFK_CONV_DIRECT, 512, 512, 7, 3, 1, 1},      {CFK_CONV_WINOGRAD4, 64, 64, 80, 3, 1, 1},
    {CFK_CONV_WINOGRAD4, 12, 24, 320, 3, 1, 1},   {CFK_CONV_WINOGRAD4, 24, 24, 160, 3, 1, 1},
    {CFK_CONV_DIRECT, 64, 64, 112, 3, 2, 1},      {CFK_CONV_DIRECT, 256, 256, 28, 3, 2, 1},
    {CFK_CONV_DIRECT, 64, 128, 56, 1, 1, 1},      {CFK_CONV_DIRECT, 64, 128, 28, 1, 1, 1},
    {CFK_CONV_DIRECT, 128, 256, 14, 1, 1, 1},     {CFK_CONV_DIRECT, 128, 512, 7, 1, 1, 1},
    {CFK_CONV_DIRECT, 128, 512, 7, 1, 1, 4},      {CFK_CONV_DIRECT, 16, 16, 320, 1, 1, 1},
    {CFK_CONV_DIRECT, 64, 64, 56, 1, 2, 1},       {CFK_CONV_DEPTHWISE, 64, 64, 56, 3, 1, 1},
    {CFK_CONV_DEPTHWISE, 128, 128, 28, 3, 1, 1},  {CFK_CONV_DEPTHWISE, 256, 256, 14, 3, 1, 1},
    {CFK_CONV_DEPTHWISE, 128, 128, 56, 3, 2, 1},  {CFK_CONV_DEPTHWISE, 64, 64, 160, 3, 1, 1},
    {CFK_CONV_DEPTHWISE, 16, 16, 320, 3, 1, 1},   {CFK_CONV_DEPTHWISE, 128, 128, 28, 5, 1, 1},
    {CFK_CONV_PLANAR, 3, 64, 112, 3, 1, 1},       {CFK_CONV_PLANAR, 3, 16, 640, 3, 2, 1},
    {CFK_CONV_PLANAR, 3, 32, 640, 3, 2, 1},       {CFK_CONV_PLANAR, 3, 10, 384, 3, 1, 1},
};

static void time_dense(const cfk_kernel_table *table, int32_t in, int32_t out, int32_t batch) {
    cfk_dense dense = {.batch = batch, .in_channels = in, .in_height = 1, .in_width = 1, .out_features = out};
    dense.weight_row_stride = in;
    dense.weight_column_stride = 1;
    if (table->dense_prepare(&dense, 1) != CFK_OK) exit(2);
    float *x = make_floats((int64_t)batch * in, 1), *weights = make_floats((int64_t)in * out, 1);
    float *packed = make_floats(dense.packed_floats, 0), *y = make_floats((int64_t)batch * out, 0);
    float *scratch = make_floats(dense.scratch_floats, 0);
    table->dense_pack(&dense, weights, packed, 0, dense.pack_items);
    const cfk_dense_buffers buffers = {{x, in, 0}, y, out, packed, NULL, NULL};
    double best = 1e9;
    for (int i = 0; i < 50; ++i) {
        const double start = seconds();
        table->dense_run(&dense, &buffers, 0, dense.items, scratch);
        best = fmin(best, seconds() - start);
    }
    printf("%-9s dense %d -> %d batch %d: %.3f ms, %.1f GFLOP/s\n", table->name, in, out, batch, best * 1e3,
           2.0 * in * out * batch / best * 1e-9);
    free(x);
    free(weights);
    free(packed);
    free(y);
    free(scratch);
}

static void time_gemm(const cfk_kernel_table *table, int32_t m, int32_t n, int32_t k, int32_t own) {
    cfk_gemm gemm = {.m = m, .n = n, .k = k, .lda = k, .ldb = n, .ldc = n, .alpha = 1, .own_kernel = own};
    if (table->gemm_prepare(&gemm, 1) != CFK_OK) exit(2);
    float *a = make_floats((int64_t)m * k, 1), *b = make_floats((int64_t)k * n, 1), *c = make_floats((int64_t)m * n, 0);
    float *scratch = make_floats(gemm.scratch_floats, 0);
    const cfk_gemm_buffers buffers = {a, b, c, NULL};
    double best = 1e9;
    const double until = seconds() + 0.2;
    while (seconds() < until) {
        const double start = seconds();
        table->gemm_run(&gemm, &buffers, 0, gemm.items, scratch);
        best = fmin(best, seconds() - start);
    }
    printf("%-9s product %dx%dx%d%s: %.1f GFLOP/s\n", table->name, m, n, k, own ? "" : " (BLAS)",
           2.0 * m * n * k / best * 1e-9);
    free(a);
    free(b);
    free(c);
    free(scratch);
}

static void time_elementwise(const cfk_kernel_table *table, cfk_operation operation, const char *name) {
    enum { count = 64 * 1024 };
    cfk_elementwise e = {.operation = operation, .flat = 1, .batch = 1, .channels = 1, .pixels = count};
    if (table->elementwise_prepare(&e, 1) != CFK_OK) exit(2);
    const cfk_map x = {make_floats(count, 1), 0, 0}, y = {make_floats(count, 1), 0, 0};
    double best = 1e9;
    for (int i = 0; i < 300; ++i) {
        const double start = seconds();
        table->elementwise_run(&e, &x, operation >= CFK_ADD ? &x : NULL, &y, 0, e.items);
        best = fmin(best, seconds() - start);
    }
    printf("%-9s %-8s %.2f ns per 16 values\n", table->name, name, best * 1e9 / (count / 16));
    free(x.data);
    free(y.data);
}

static const char *const algorithm_names[] = {"direct", "F(4x4)", "F(2x2)", "depthwise", "planar", "matrix"};

static cfk_conv conv_of(layer l) {
    cfk_conv conv = {.algorithm = l.algorithm, .activation = CFK_ACTIVATION_PRELU, .batch = l.batch};
    conv.in_channels = l.in;
    conv.out_channels = l.out;
    conv.in_height = conv.in_width = l.size;
    conv.kernel_height = conv.kernel_width = l.kernel;
    conv.pad_top = conv.pad_left = (l.kernel - 1) / 2;
    conv.out_height = conv.out_width = (l.size - 1) / l.stride + 1;
    conv.stride_height = conv.stride_width = l.stride;
    conv.dilation_height = conv.dilation_width = 1;
    return conv;
}

static void time_layer(const cfk_kernel_table *table, layer l, const char *part, int cold) {
    cfk_conv conv = conv_of(l);
    char name[96];
    snprintf(name, sizeof(name), "%s %dx%d s%d %d->%d @%d batch %d", algorithm_names[l.algorithm], l.kernel, l.kernel,
             l.stride, l.in, l.out, l.size, l.batch);
    if (!strstr(name, part)) return;
    const double time = time_conv(table, &conv, cold);
    const double terms = l.algorithm == CFK_CONV_DEPTHWISE ? 1 : l.in;
    const double flops = 2.0 * l.batch * conv.out_height * conv.out_width * l.out * terms * l.kernel * l.kernel;
    printf("%-9s %-42s %8.3f ms %7.1f GFLOP/s\n", table->name, name, time * 1e3, flops / time * 1e-9);
}

/// One layer by every algorithm of the best level, and which one `cfk_preferred_algorithm` takes.
static void time_forms(layer l, int cold) {
    const cfk_kernel_table *table = cfk_kernels(cfk_best_level());
    static const cfk_algorithm forms[] = {CFK_CONV_DIRECT, CFK_CONV_WINOGRAD4, CFK_CONV_WINOGRAD2, CFK_CONV_MATRIX};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); ++i) {
        l.algorithm = forms[i];
        cfk_conv conv = conv_of(l);
        if (table->conv_prepare(&conv, 1) == CFK_OK) time_layer(table, l, "", cold);
    }
    cfk_conv conv = conv_of(l);
    printf("preferred: %s\n", algorithm_names[cfk_preferred_algorithm(&conv, table->level)]);
}

int main(int argc, char **argv) {
    if (argc > 2 && !strcmp(argv[1], "peaks")) {
        print_peaks(atof(argv[2]));
        return 0;
    }
    cfk_blas_single_threaded();
    if (argc > 5 && !strcmp(argv[1], "layer")) {
        layer l = {.in = atoi(argv[2]), .out = atoi(argv[3]), .size = atoi(argv[4]), .kernel = atoi(argv[5])};
        l.stride = argc > 6 ? atoi(argv[6]) : 1;
        l.batch = argc > 7 ? atoi(argv[7]) : 1;
        time_forms(l, argc > 8 && !strcmp(argv[8], "cold"));
        return 0;
    }
    const int only = argc > 1 ? atoi(argv[1]) : -1;
    const char *part = argc > 2 ? argv[2] : "";
    const int cold = argc > 3 && !strcmp(argv[3], "cold");
    print_peak();
    for (int level = cfk_best_level(); level >= 0; --level) {
        if (only >= 0 && level != only) continue;
        const cfk_kernel_table *table = cfk_kernels((cfk_level)level);
        for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); ++i) {
            layer l = layers[i];
            if (level == CFK_LEVEL_AMX) {
                // The other kernels are those of the level below.
                if (l.algorithm == CFK_CONV_DEPTHWISE || l.algorithm == CFK_CONV_PLANAR) continue;
                l.algorithm = CFK_CONV_MATRIX;
            }
            time_layer(table, l, part, cold);
        }
        if (*part) continue;
        time_dense(table, 25088, 512, 1);
        time_dense(table, 25088, 512, 4);
        time_dense(table, 512, 512, 1);
        for (int32_t own = cfk_has_blas() ? 0 : 1; own <= 1; ++own) {
            time_gemm(table, 256, 256, 256, own);
            time_gemm(table, 64, 512, 512, own);
            time_gemm(table, 49, 512, 4608, own);
        }
        time_elementwise(table, CFK_ADD, "add");
        time_elementwise(table, CFK_SIGMOID, "sigmoid");
        time_elementwise(table, CFK_TANH, "tanh");
        time_elementwise(table, CFK_GELU, "gelu");
    }
    return 0;
}
