// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "levels.h"

const char *cfk_architecture(void) {
#if defined(__x86_64__)
    return "x86-64";
#elif defined(__aarch64__)
    return "arm64";
#else
    return "unknown";
#endif
}

cfk_level cfk_best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
            return CFK_LEVEL_AVX512;
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
#endif
        default: return 0;
    }
}

const char *cfk_level_name(cfk_level level) {
    switch (level) {
        case CFK_LEVEL_PORTABLE: return "portable";
        case CFK_LEVEL_AVX2: return "avx2";
        case CFK_LEVEL_AVX512: return "avx512";
    }
    return "unknown";
}

/// Multiplications in the time of reading one float of weights from memory (AVX-512, 18 GB/s).
enum { CFK_FLOAT_COST = 30 };

cfk_algorithm cfk_preferred_algorithm(const cfk_conv *conv) {
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
    const int64_t direct = 9 * (pixels + CFK_FLOAT_COST);
    const int64_t two = 16 * (twos + CFK_FLOAT_COST), four = 36 * (fours + CFK_FLOAT_COST);
    if (four <= two) return four <= direct ? CFK_CONV_WINOGRAD4 : CFK_CONV_DIRECT;
    return two <= direct ? CFK_CONV_WINOGRAD2 : CFK_CONV_DIRECT;
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
