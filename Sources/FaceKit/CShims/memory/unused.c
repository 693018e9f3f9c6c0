// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "cfk_memory.h"

// Also tells which C library this is.
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>

void cfk_return_unused_memory(void) { malloc_trim(0); }
#else
void cfk_return_unused_memory(void) {}
#endif
