// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "cfk_kernels.h"

const char *cfk_architecture(void) {
#if defined(__x86_64__)
    return "x86-64";
#elif defined(__aarch64__)
    return "arm64";
#else
    return "unknown";
#endif
}
