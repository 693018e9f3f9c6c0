// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "levels.h"

cfk_level cfk_best_search_level(void) {
    const cfk_level best = cfk_best_level();
#if defined(__x86_64__)
    // Skylake-X has AVX-512 but neither; its AVX2 functions are used.
    if (best >= CFK_LEVEL_AVX512) {
        const int able = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq");
        return able ? CFK_LEVEL_AVX512 : CFK_LEVEL_AVX2;
    }
#endif
    return best;
}

const cfk_search_table *cfk_search_functions(cfk_level level) {
    if (level > cfk_best_search_level()) return 0;
    switch (level) {
        case CFK_LEVEL_PORTABLE: return &cfk_search_table_portable;
#if defined(__x86_64__)
        case CFK_LEVEL_AVX2: return &cfk_search_table_avx2;
        case CFK_LEVEL_AVX512: return &cfk_search_table_avx512;
#endif
        default: return 0;
    }
}
