// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "levels.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

const char *cfk_architecture(void) {
#if defined(__x86_64__)
    return "x86-64";
#elif defined(__aarch64__)
    return "arm64";
#else
    return "unknown";
#endif
}

/// Whether the processor has the matrix registers and the system lets this process use them.
static int cfk_has_matrix_registers(void) {
#if defined(__x86_64__) && defined(__linux__)
    if (!__builtin_cpu_supports("amx-tile") || !__builtin_cpu_supports("amx-bf16")
        || !__builtin_cpu_supports("avx512bf16")) {
        return 0;
    }
    // Registers of 8 KB are handed out on request (ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA), once for all threads.
    static int asked, granted;
    if (!__atomic_load_n(&asked, __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&granted, syscall(SYS_arch_prctl, 0x1023, 18) == 0, __ATOMIC_RELAXED);
        __atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
    }
    return __atomic_load_n(&granted, __ATOMIC_RELAXED);
#else
    return 0;
#endif
}

cfk_level cfk_best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
            return cfk_has_matrix_registers() ? CFK_LEVEL_AMX : CFK_LEVEL_AVX512;
        }
        return CFK_LEVEL_AVX2;
    }
#endif
    return CFK_LEVEL_PORTABLE;
}

const cfk_kernel_table *cfk_kernels(cfk_level level) {
    if (level > cfk_best_level()) return 0;
    switch (level) {
        case CFK_LEVEL_PORTABLE: return &cfk_table_portable;
#if defined(__x86_64__)
        case CFK_LEVEL_AVX2: return &cfk_table_avx2;
        case CFK_LEVEL_AVX512: return &cfk_table_avx512;
        case CFK_LEVEL_AMX: return &cfk_table_amx;
#endif
        default: return 0;
    }
}

const char *cfk_level_name(cfk_level level) {
    switch (level) {
        case CFK_LEVEL_PORTABLE: return "portable";
        case CFK_LEVEL_AVX2: return "avx2";
        case CFK_LEVEL_AVX512: return "avx512";
        case CFK_LEVEL_AMX: return "amx";
    }
    return "unknown";
}

/// Multiplications in the time of reading one float of weights from memory: with AVX-512 on a server of Intel's, whose cores
/// read 18 GB/s, and on AMD's Zen 4, whose cores read 50 GB/s and multiply half as fast, which stands for all of AMD's.
enum { CFK_FLOAT_COST = 30, CFK_AMD_FLOAT_COST = 6 };

static int64_t cfk_float_cost(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_is("amd")) return CFK_AMD_FLOAT_COST;
#endif
    return CFK_FLOAT_COST;
}

/// Terms of a sum from which on numbers of 16 bits do. A layer adds an error of about 3e-6 of its output; networks of
/// short sums (depthwise and small pointwise convolutions) magnify it to 3e-4 in their outputs.
enum { CFK_MATRIX_TERMS = 896 };

/// The best of the algorithms that multiply float32.
static cfk_algorithm cfk_preferred_float_algorithm(const cfk_conv *conv) {
    const int three = conv->kernel_height == 3 && conv->kernel_width == 3 && conv->stride_height == 1
        && conv->stride_width == 1 && conv->dilation_height == 1 && conv->dilation_width == 1;
    if (!three || conv->in_channels < 8 || conv->out_channels < 12 || conv->out_height < 4 || conv->out_width < 4) {
        return CFK_CONV_DIRECT;
    }
    // For each pair of channels: multiplications, and what reading the weights costs beside them. On a map of few tiles
    // the weights come from memory for little work, and those of F(4x4) are four times as large as the layer's own.
    const int64_t pixels = (int64_t)conv->batch * conv->out_height * conv->out_width;
    const int64_t fours = (int64_t)conv->batch * ((conv->out_height + 3) / 4) * ((conv->out_width + 3) / 4);
    const int64_t twos = (int64_t)conv->batch * ((conv->out_height + 1) / 2) * ((conv->out_width + 1) / 2);
    const int64_t cost = cfk_float_cost(), direct = 9 * (pixels + cost);
    const int64_t two = 16 * (twos + cost), four = 36 * (fours + cost);
    if (four <= two) return four <= direct ? CFK_CONV_WINOGRAD4 : CFK_CONV_DIRECT;
    return two <= direct ? CFK_CONV_WINOGRAD2 : CFK_CONV_DIRECT;
}

/// Cycles, about, by an algorithm for groups = 1; from measurements on Emerald Rapids, where 32 multiplications of
/// float32 or a sixteenth of a product of two matrix registers take one.
static double cfk_cycles(const cfk_conv *conv, cfk_algorithm algorithm) {
    const double batch = conv->batch, inputs = conv->in_channels, outputs = conv->out_channels;
    const double in_blocks = (conv->in_channels + 15) / 16, out_blocks = (conv->out_channels + 15) / 16;
    const double taps = (double)conv->kernel_height * conv->kernel_width;
    const double pixels = batch * conv->out_height * conv->out_width;
    const double memory = CFK_FLOAT_COST / 32.0 * inputs * outputs;
    // Reading or writing a block's vector of a pixel through a transform.
    const double passes = pixels * (in_blocks + out_blocks) * 11;
    switch (algorithm) {
        case CFK_CONV_WINOGRAD4: {
            const double tiles = batch * ((conv->out_height + 3) / 4) * ((conv->out_width + 3) / 4);
            return 36 * (tiles * out_blocks * inputs / 2 + memory) + passes;
        }
        case CFK_CONV_WINOGRAD2: {
            const double tiles = batch * ((conv->out_height + 1) / 2) * ((conv->out_width + 1) / 2);
            return 16 * (tiles * out_blocks * inputs / 2 + memory) + passes;
        }
        case CFK_CONV_MATRIX: {
            const int32_t reach = (conv->kernel_width - 1) * conv->dilation_width / conv->stride_width;
            const double rows = batch * conv->out_height * (conv->out_width + reach);
            const double wide = conv->in_channels / 32 + (conv->in_channels % 32 > 16), narrow = in_blocks - 2 * wide;
            const double products = taps * out_blocks * (3 * wide + (narrow > 0 ? 2 : 0)) * 1.25;
            const double split = 6 * in_blocks * (taps > 1 ? conv->stride_height * conv->stride_width : 1);
            return rows * (products + split + 5 * out_blocks) + taps * memory;
        }
        default: return taps * (pixels * out_blocks * inputs / 2 + memory) + pixels * out_blocks * 2;
    }
}

cfk_algorithm cfk_preferred_algorithm(const cfk_conv *conv, cfk_level level) {
    const cfk_algorithm algorithm = cfk_preferred_float_algorithm(conv);
    const int64_t terms = (int64_t)conv->in_channels * conv->kernel_height * conv->kernel_width;
    if (level != CFK_LEVEL_AMX || terms < CFK_MATRIX_TERMS) return algorithm;
    // Where it gains less than two fifths of the time, the exacter product is better; it is also no slower while the matrix
    // unit does a quarter of its products, which on shared hosts it does for minutes (`bench peaks` shows it).
    return cfk_cycles(conv, CFK_CONV_MATRIX) * 5 < cfk_cycles(conv, algorithm) * 3 ? CFK_CONV_MATRIX : algorithm;
}

void cfk_pack_vector(const float *values, int32_t count, float *packed) {
    if (count < 1) return;
    const int64_t padded = ((int64_t)count + 15) / 16 * 16;
    memcpy(packed, values, (size_t)count * sizeof(float));
    memset(packed + count, 0, (size_t)(padded - count) * sizeof(float));
}

uint64_t cfk_flush_denormals(void) {
#if defined(__x86_64__)
    const uint32_t control = __builtin_ia32_stmxcsr();
    // Bits 15 (results) and 6 (operands) of MXCSR.
    __builtin_ia32_ldmxcsr(control | 0x8040u);
    return control;
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    // Bit 24 of FPCR covers results and operands.
    __asm__ volatile("msr fpcr, %0" : : "r"(control | (1u << 24)));
    return control;
#else
    return 0;
#endif
}

void cfk_restore_denormals(uint64_t control) {
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr((uint32_t)control);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
#else
    (void)control;
#endif
}
