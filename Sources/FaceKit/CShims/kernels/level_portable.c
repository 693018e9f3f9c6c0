// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// SSE2 on x86-64, NEON on arm64: what every processor of the architecture has.

#include "levels.h"

#define CFK_TABLE cfk_table_portable
#define CFK_LEVEL CFK_LEVEL_PORTABLE
#define CFK_LEVEL_NAME "portable"
#if defined(__aarch64__)
#define CFK_PIXELS 4
#else
#define CFK_PIXELS 2
#endif
#define CFK_LANES 4
#define CFK_OUT_BLOCKS 1

#include "level/table.h"
