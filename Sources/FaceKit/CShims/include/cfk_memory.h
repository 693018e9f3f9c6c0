// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_MEMORY_H
#define CFK_MEMORY_H

/// Gives memory that was freed, and that the allocator keeps for later, back to the system; takes some milliseconds.
/// Does nothing where the allocator has no such function.
void cfk_return_unused_memory(void);

#endif
