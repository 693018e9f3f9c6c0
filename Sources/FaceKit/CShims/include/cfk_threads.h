// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_THREADS_H
#define CFK_THREADS_H

#include <stdint.h>

// What threads that work on one thing need beyond POSIX: of the operating system, where every function is harmless if
// the system has no such notion, and of each other.

/// Number of processors this process may use: the affinity mask, further limited by a cgroup CPU quota where one is
/// set (rounded up). At least 1.
int32_t cfk_usable_processors(void);

/// The processor that the calling thread is running on, or -1 where that cannot be told.
int32_t cfk_current_processor(void);

/// Identity of the calling thread for `cfk_keep_off_processor`; 0 where threads cannot be placed.
int64_t cfk_thread_identity(void);

/// Lets thread `identity` run on every processor the process may use except `processor`; on all of them when
/// `processor` is negative or the only one. Failures are ignored: placement is an optimisation.
void cfk_keep_off_processor(int64_t identity, int32_t processor);

/// Tells the processor that the calling thread is spinning.
static inline void cfk_spin_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Says that the first `count` rows of a picture are there for those who wait for them; whoever writes rows calls it.
static inline void cfk_set_rows_there(int32_t *_Nonnull rows_there, int32_t count) {
    __atomic_store_n(rows_there, count, __ATOMIC_RELEASE);
}

#endif
