// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// AVX-512 F, VL, BW and DQ, and the same with the matrix registers of AMX.

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "levels.h"

#if defined(__x86_64__)

#define CFK_TABLE cfk_table_avx512
#define CFK_LEVEL CFK_LEVEL_AVX512
#define CFK_LEVEL_NAME "avx512"
#define CFK_PIXELS 8
#define CFK_LANES 16
#define CFK_OUT_BLOCKS 2

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#include "level/table.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,amx-tile,amx-bf16,avx2,fma"))), apply_to = function)
#include "level/matrix.h"

static cfk_status cfk_amx_conv_prepare(cfk_conv *conv, int32_t threads) {
    if (conv->algorithm != CFK_CONV_MATRIX) return cfk_conv_prepare(conv, threads);
    const cfk_status status = cfk_conv_check(conv);
    return status == CFK_OK ? cfk_matrix_prepare(conv, threads) : status;
}

static void cfk_amx_conv_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end) {
    (conv->algorithm == CFK_CONV_MATRIX ? cfk_matrix_pack : cfk_conv_pack)(conv, weights, packed, begin, end);
}

static void cfk_amx_conv_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int32_t phase, int64_t begin,
                             int64_t end, float *scratch) {
    if (conv->algorithm == CFK_CONV_MATRIX) {
        cfk_matrix_run(conv, buffers, phase, begin, end, scratch);
    } else {
        cfk_conv_run(conv, buffers, phase, begin, end, scratch);
    }
}
#pragma clang attribute pop

const cfk_kernel_table cfk_table_amx = {
    .level = CFK_LEVEL_AMX,
    .name = "amx",
    .conv_prepare = cfk_amx_conv_prepare,
    .conv_pack = cfk_amx_conv_pack,
    .conv_run = cfk_amx_conv_run,
    CFK_OTHER_KERNELS
};

#endif
