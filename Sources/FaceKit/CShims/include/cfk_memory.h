// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_MEMORY_H
#define CFK_MEMORY_H

#include <stdint.h>

/// Sets how many pools the allocator makes for threads at most; of the allocators that have pools, for glibc's. Pools that
/// are there already stay.
void cfk_limit_memory_pools(int32_t count);

/// Gives memory that was freed, and that the allocator keeps for later, back to the system; takes some milliseconds.
/// Does nothing where the allocator has no such function.
void cfk_return_unused_memory(void);

/// Takes the pages of the program and its libraries that are as the files have them out of the process's memory. Those
/// that are used again come back from the system's file cache at once: it costs what mapping them costs, less than a
/// millisecond together, and most of what a start touches is never used again. Does nothing but on Linux.
void cfk_release_code(void);

#endif
