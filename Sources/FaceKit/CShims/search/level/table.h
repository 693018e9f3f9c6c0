// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

const cfk_search_table CFK_TABLE = {
    .level = CFK_LEVEL,
    .dots = cfk_dots,
    .byte_dots = cfk_byte_dots,
    .gathered_byte_dots = cfk_gathered_byte_dots,
    .select_scores = cfk_select_scores,
    .select_codes = cfk_select_codes,
    .score_codes = cfk_score_codes,
    .rotate = cfk_rotate,
};
