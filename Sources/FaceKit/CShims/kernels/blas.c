// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "levels.h"

#if defined(CFK_OPENBLAS)

#include <cblas.h>

int32_t cfk_has_blas(void) { return 1; }

void cfk_blas_single_threaded(void) { openblas_set_num_threads(1); }

void cfk_blas_product(const cfk_gemm *gemm, const cfk_gemm_buffers *buffers, int64_t first, int64_t rows,
                      int64_t column, int64_t columns) {
    const float *a = buffers->a + first * (gemm->transpose_a ? 1 : gemm->lda);
    const float *b = buffers->b + column * (gemm->transpose_b ? gemm->ldb : 1);
    float *c = buffers->c + first * gemm->ldc + column;
    if (buffers->bias) {
        for (int64_t row = 0; row < rows; ++row) {
            memcpy(c + row * gemm->ldc, buffers->bias + column, (size_t)columns * sizeof(float));
        }
    }
    cblas_sgemm(CblasRowMajor, gemm->transpose_a ? CblasTrans : CblasNoTrans,
                gemm->transpose_b ? CblasTrans : CblasNoTrans, (blasint)rows, (blasint)columns, (blasint)gemm->k,
                gemm->alpha, a, (blasint)gemm->lda, b, (blasint)gemm->ldb, buffers->bias ? 1.0f : 0.0f, c,
                (blasint)gemm->ldc);
}

#else

int32_t cfk_has_blas(void) { return 0; }

void cfk_blas_single_threaded(void) {}

void cfk_blas_product(const cfk_gemm *gemm, const cfk_gemm_buffers *buffers, int64_t first, int64_t rows,
                      int64_t column, int64_t columns) {
    (void)gemm;
    (void)buffers;
    (void)first;
    (void)rows;
    (void)column;
    (void)columns;
}

#endif
