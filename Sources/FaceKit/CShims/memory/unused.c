// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "cfk_memory.h"

// Also tells which C library this is.
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>

void cfk_return_unused_memory(void) { malloc_trim(0); }

void cfk_limit_memory_pools(int32_t count) { mallopt(M_ARENA_MAX, count); }
#else
void cfk_return_unused_memory(void) {}

void cfk_limit_memory_pools(int32_t count) { (void)count; }
#endif
