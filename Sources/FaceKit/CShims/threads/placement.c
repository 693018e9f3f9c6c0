// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "cfk_threads.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

// Processors granted by a cgroup quota, 0 when there is none. Version 2 keeps both numbers in one file,
// version 1 in two.
static int32_t quota_processors(void) {
    long long quota = 0, period = 0;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (file) {
        int read = fscanf(file, "%lld %lld", &quota, &period);
        fclose(file);
        if (read != 2) return 0;
    } else {
        file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "re");
        if (!file) return 0;
        int read = fscanf(file, "%lld", &quota);
        fclose(file);
        file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "re");
        if (!file) return 0;
        read += fscanf(file, "%lld", &period);
        fclose(file);
        if (read != 2) return 0;
    }
    if (quota <= 0 || period <= 0) return 0;
    long long processors = (quota + period - 1) / period;
    return processors > 4096 ? 4096 : (int32_t)processors;
}

int32_t cfk_usable_processors(void) {
    cpu_set_t allowed;
    int32_t count = 1;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) count = CPU_COUNT(&allowed);
    int32_t quota = quota_processors();
    if (quota > 0 && quota < count) count = quota;
    return count > 0 ? count : 1;
}

int32_t cfk_current_processor(void) { return sched_getcpu(); }

int64_t cfk_thread_identity(void) { return (int64_t)syscall(SYS_gettid); }

void cfk_keep_off_processor(int64_t identity, int32_t processor) {
    cpu_set_t allowed;
    // The process's first thread keeps the mask the process was started with; workers only ever narrow their own.
    if (sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0) return;
    if (processor >= 0 && processor < CPU_SETSIZE && CPU_COUNT(&allowed) > 1) CPU_CLR(processor, &allowed);
    sched_setaffinity((pid_t)identity, sizeof allowed, &allowed);
}

#else

int32_t cfk_usable_processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int32_t)count : 1;
}

int32_t cfk_current_processor(void) { return -1; }
int64_t cfk_thread_identity(void) { return 0; }
void cfk_keep_off_processor(int64_t identity, int32_t processor) {}

#endif
