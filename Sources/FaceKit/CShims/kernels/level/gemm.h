// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Row-major matrix product on the micro-kernel (rows of A for pixels), or on OpenBLAS. An item is a run of rows times
// a panel of CFK_OUT_BLOCKS * 16 columns; with OpenBLAS a run of rows or of columns.

/// plan[]: runs of rows, column panels, and whether OpenBLAS does the work.
enum { CFK_GEMM_ROWS, CFK_GEMM_PANELS, CFK_GEMM_BLAS };
enum {
    /// K is taken in steps of this size, whose packed panel of B stays in the second cache.
    CFK_GEMM_DEPTH = 512,
    CFK_GEMM_WIDTH = CFK_OUT_BLOCKS * 16,
};

static cfk_status cfk_gemm_prepare(cfk_gemm *gemm, int32_t threads) {
    if (gemm->m < 1 || gemm->n < 1 || gemm->k < 1 || gemm->lda < (gemm->transpose_a ? gemm->m : gemm->k)
        || gemm->ldb < (gemm->transpose_b ? gemm->k : gemm->n) || gemm->ldc < gemm->n) {
        return CFK_BAD_SIZE;
    }
    if (gemm->lda > INT32_MAX || gemm->ldb > INT32_MAX || gemm->ldc > INT32_MAX) return CFK_TOO_LARGE;
    const int blas = cfk_has_blas() && !gemm->own_kernel;
    int64_t panels = cfk_ceiling(gemm->n, CFK_GEMM_WIDTH), rows = 1;
    if (blas) {
        panels = 1;
        if (threads > 1 && (double)gemm->m * gemm->n * gemm->k > 1e6) {
            if (gemm->m >= gemm->n) rows = cfk_smaller(cfk_ceiling(gemm->m, 8), threads);
            else panels = cfk_smaller(cfk_ceiling(gemm->n, 16), threads);
        }
    } else {
        // Few panels: cut rows too, but each run packs its panel of B again.
        const int64_t wanted = threads > 1 ? cfk_ceiling(4 * (int64_t)threads, panels) : 1;
        rows = cfk_larger(1, cfk_smaller(wanted, gemm->m / 32));
    }
    gemm->plan[CFK_GEMM_ROWS] = rows;
    gemm->plan[CFK_GEMM_PANELS] = panels;
    gemm->plan[CFK_GEMM_BLAS] = blas;
    gemm->items = rows * panels;
    const int64_t depth = cfk_smaller(CFK_GEMM_DEPTH, gemm->k);
    gemm->scratch_floats = blas ? 0
                                : 16 + depth * CFK_GEMM_WIDTH + CFK_PIXELS * (CFK_GEMM_WIDTH + depth)
            + cfk_ceiling(depth, 16) * 2;
    return CFK_OK;
}

/// Rows first..<first+rows of A' times columns column..<column+width of B'.
static void cfk_gemm_panel(const cfk_gemm *gemm, const cfk_gemm_buffers *buffers, int64_t first, int64_t rows,
                           int64_t column, int64_t width, float *scratch) {
    const int64_t most = cfk_smaller(CFK_GEMM_DEPTH, gemm->k), q = cfk_blocks(width);
    int64_t *offsets = (int64_t *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    float *packed = (float *)(offsets + cfk_ceiling(most, 16));
    float *results = packed + most * CFK_GEMM_WIDTH, *transposed = results + CFK_PIXELS * CFK_GEMM_WIDTH;
    for (int64_t i = 0; i < cfk_ceiling(most, 16); ++i) offsets[i] = i * 16;
    int64_t in_pixels[CFK_PIXELS], out_pixels[CFK_PIXELS];
    for (int64_t p = 0; p < CFK_PIXELS; ++p) {
        in_pixels[p] = p * (gemm->transpose_a ? most : gemm->lda);
        out_pixels[p] = p * CFK_GEMM_WIDTH;
    }
    for (int64_t start = 0; start < gemm->k; start += most) {
        const int64_t depth = cfk_smaller(most, gemm->k - start);
        if (gemm->transpose_b) {
            for (int64_t j = 0; j < q * 16; ++j) {
                const float *b = buffers->b + (column + j) * gemm->ldb + start;
                for (int64_t k = 0; k < depth; ++k) packed[k * q * 16 + j] = j < width ? b[k] : 0.0f;
            }
        } else {
            for (int64_t k = 0; k < depth; ++k) {
                memcpy(packed + k * q * 16, buffers->b + (start + k) * gemm->ldb + column,
                       (size_t)width * sizeof(float));
                for (int64_t j = width; j < q * 16; ++j) packed[k * q * 16 + j] = 0.0f;
            }
        }
        cfk_tile tile = {
            .weights = packed,
            .offsets = offsets,
            .full = depth / 16,
            .partial = depth % 16 ? 1 : 0,
            .live = depth % 16,
            .in_pixels = in_pixels,
            .out = results,
            .out_block = 16,
            .out_pixels = out_pixels,
            .bias = cfk_zeros,
        };
        const int64_t tiles = cfk_ceiling(rows, CFK_PIXELS);
        for (int64_t t = 0; t < tiles; ++t) {
            const int64_t row = first + cfk_cut(rows, tiles, t), count = first + cfk_cut(rows, tiles, t + 1) - row;
            if (gemm->transpose_a) {
                for (int64_t k = 0; k < depth; ++k) {
                    for (int64_t p = 0; p < count; ++p) {
                        transposed[p * most + k] = buffers->a[(start + k) * gemm->lda + row + p];
                    }
                }
                tile.in = transposed;
            } else {
                tile.in = buffers->a + row * gemm->lda + start;
            }
            cfk_tile_functions[CFK_TILE_SCATTERED][q - 1][count - 1](&tile);
            for (int64_t p = 0; p < count; ++p) {
                float *c = buffers->c + (row + p) * gemm->ldc + column;
                const float *result = results + out_pixels[p];
                for (int64_t j = 0; j < width; ++j) {
                    const float before = start ? c[j] : buffers->bias ? buffers->bias[column + j] : 0.0f;
                    c[j] = before + gemm->alpha * result[j];
                }
            }
        }
    }
}

static void cfk_gemm_run(const cfk_gemm *gemm, const cfk_gemm_buffers *buffers, int64_t begin, int64_t end,
                         float *scratch) {
    const int64_t runs = gemm->plan[CFK_GEMM_ROWS], panels = gemm->plan[CFK_GEMM_PANELS];
    for (int64_t item = begin; item < end; ++item) {
        const int64_t run = item % runs, panel = item / runs;
        const int64_t first = cfk_cut(gemm->m, runs, run), rows = cfk_cut(gemm->m, runs, run + 1) - first;
        if (gemm->plan[CFK_GEMM_BLAS]) {
            const int64_t column = cfk_cut(gemm->n, panels, panel);
            cfk_blas_product(gemm, buffers, first, rows, column, cfk_cut(gemm->n, panels, panel + 1) - column);
        } else {
            const int64_t column = panel * CFK_GEMM_WIDTH;
            cfk_gemm_panel(gemm, buffers, first, rows, column, cfk_smaller(CFK_GEMM_WIDTH, gemm->n - column), scratch);
        }
    }
}
