// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Walks rows and probes for the level's `cfk_byte_tile(rows, probes, stride, products, products_stride, row_count,
// probe_count)`, where `rows` is an array of pointers. The level names the largest tile, CFK_BYTE_PROBES probes of 4 rows.

static void cfk_byte_dots(const uint8_t *rows, int64_t count, const int8_t *probes, int64_t probe_count, int64_t stride,
                          int32_t *products, int64_t products_stride) {
    for (int64_t row = 0; row < count; row += 4) {
        const int64_t first = row + 4 <= count ? row : count - 4;
        if (first < 0) {
            for (int64_t r = 0; r < count; ++r) {
                const uint8_t *one[1] = {rows + r * stride};
                for (int64_t p = 0; p < probe_count; ++p) {
                    cfk_byte_tile(one, probes + p * stride, stride, products + p * products_stride + r, products_stride,
                                  1, 1);
                }
            }
            return;
        }
        // The last tile may repeat rows of the one before it.
        const uint8_t *four[4];
        for (int r = 0; r < 4; ++r) four[r] = rows + (first + r) * stride;
        int64_t p = 0;
        for (; p + CFK_BYTE_PROBES <= probe_count; p += CFK_BYTE_PROBES) {
            cfk_byte_tile(four, probes + p * stride, stride, products + p * products_stride + first, products_stride, 4,
                          CFK_BYTE_PROBES);
        }
        for (; p < probe_count; ++p) {
            cfk_byte_tile(four, probes + p * stride, stride, products + p * products_stride + first, products_stride, 4,
                          1);
        }
    }
}

static void cfk_gathered_byte_dots(const uint8_t *const *rows, int64_t count, const int8_t *probe, int64_t stride,
                                   int32_t *products) {
    int64_t row = 0;
    for (; row + 4 <= count; row += 4) {
        // The rows lie anywhere: the next but one tile is fetched while this one is computed.
        for (int64_t ahead = row + 8; ahead < row + 12 && ahead < count; ++ahead) {
            for (int64_t byte = 0; byte < stride; byte += 64) __builtin_prefetch(rows[ahead] + byte, 0, 3);
        }
        cfk_byte_tile(rows + row, probe, stride, products + row, 0, 4, 1);
    }
    for (; row < count; ++row) cfk_byte_tile(rows + row, probe, stride, products + row, 0, 1, 1);
}
