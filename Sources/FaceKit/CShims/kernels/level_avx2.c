// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// AVX2 and FMA.

#include "levels.h"

#if defined(__x86_64__)

#define CFK_TABLE cfk_table_avx2
#define CFK_LEVEL CFK_LEVEL_AVX2
#define CFK_LEVEL_NAME "avx2"
#define CFK_PIXELS 6
#define CFK_LANES 8
#define CFK_OUT_BLOCKS 1

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "level/table.h"
#pragma clang attribute pop

#endif
