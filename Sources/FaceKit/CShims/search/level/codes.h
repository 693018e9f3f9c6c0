// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Whole groups by the level's `select_groups`, and the rows of the last, incomplete group one at a time: another thread
// may be writing the rest of it.

static int64_t cfk_select_codes(const uint64_t *codes, int64_t words, int64_t first, int64_t count,
                                const uint64_t *probe, uint32_t threshold, uint32_t *found, uint16_t *distances) {
    const int64_t groups = count / 8;
    int64_t size = words == 8 ? select_groups(codes, 8, first, groups, probe, threshold, found, distances)
                              : select_groups(codes, words, first, groups, probe, threshold, found, distances);
    for (int64_t row = first + groups * 8; row < first + count; ++row) {
        const uint32_t distance = cfk_code_distance(codes, words, row, probe);
        if (distance <= threshold) {
            found[size] = (uint32_t)row;
            distances[size++] = (uint16_t)distance;
        }
    }
    return size;
}

// Every row by the level's `sum_of_set(code, words, probe)`: the components whose bits are set in a code, whose words lie 8
// apart.

static void cfk_score_codes(const uint64_t *codes, int64_t words, const uint32_t *rows, int64_t count,
                            const int8_t *probe, int32_t *scores) {
    int32_t all = 0;
    for (int64_t i = 0; i < words * 64; ++i) all += probe[i];
    for (int64_t i = 0; i < count; ++i) {
        const uint64_t *code = codes + rows[i] / 8 * words * 8 + rows[i] % 8;
        scores[i] = all - 2 * (words == 8 ? sum_of_set(code, 8, probe) : sum_of_set(code, words, probe));
    }
}
