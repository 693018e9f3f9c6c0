// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_LEVELS_H
#define CFK_LEVELS_H

// Compiles a kernel once for the build's own instruction set and, on x86, once more for AVX2, chosen at run time.
// AVX2 only widens the loops: fused multiply-add stays off, so both give the same bits.

#define always_inline static inline __attribute__((always_inline))

#if defined(__x86_64__) && !defined(__AVX2__)
#define levels(name, body, parameters, arguments)                                      \
    __attribute__((target("avx2"))) static void body##_avx2 parameters { body arguments; } \
    void name parameters {                                                             \
        if (__builtin_cpu_supports("avx2")) {                                          \
            body##_avx2 arguments;                                                     \
        } else {                                                                       \
            body arguments;                                                            \
        }                                                                              \
    }
#else
#define levels(name, body, parameters, arguments) \
    void name parameters { body arguments; }
#endif

#endif
