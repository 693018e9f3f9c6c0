// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// AVX-512 F, VL, BW and DQ.

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

#endif
