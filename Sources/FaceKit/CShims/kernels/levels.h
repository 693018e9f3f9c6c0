// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_LEVELS_H
#define CFK_LEVELS_H

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "cfk_kernels.h"
#include "cfk_threads.h"

// One table per level; defined in level_*.c.
extern const cfk_kernel_table cfk_table_portable;
#if defined(__x86_64__)
extern const cfk_kernel_table cfk_table_avx2;
extern const cfk_kernel_table cfk_table_avx512;
extern const cfk_kernel_table cfk_table_amx;
#endif

/// Rows first..<first+rows and columns column..<column+columns of a product, by OpenBLAS. Without OpenBLAS, nothing.
void cfk_blas_product(const cfk_gemm *_Nonnull gemm, const cfk_gemm_buffers *_Nonnull buffers, int64_t first,
                      int64_t rows, int64_t column, int64_t columns);

#endif
