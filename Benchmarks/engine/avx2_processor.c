// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.
//
// Preloaded, makes the processor look like one that ends at AVX2 and FMA, so that all engines of a comparison choose the
// kernels that they would choose there:
//
//     cc -O2 -shared -fPIC -o avx2_processor.so avx2_processor.c && LD_PRELOAD=$PWD/avx2_processor.so COMMAND
//
// Linux lets a process ask that CPUID faults (arch_prctl(2), ARCH_SET_CPUID; the flag cpuid_fault in /proc/cpuinfo). The
// handler executes it in the program's place and takes AVX-512, AMX and what came after AVX2 out of the answer.

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { ARCH_SET_CPUID = 0x1012 };

// Leaf 7, part 0.
static const uint32_t hidden_ebx = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31;
static const uint32_t hidden_ecx = 1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14;
static const uint32_t hidden_edx = 1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25;
// Leaf 7, part 1: AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA.
static const uint32_t hidden_part1_eax = 1u << 4 | 1u << 5 | 1u << 21 | 1u << 23;

static struct sigaction previous;

static void answer(int number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *code = (const uint8_t *)registers[REG_RIP];
    // A faulting CPUID is a general protection fault, which has no address.
    if (info->si_code != SI_KERNEL || code[0] != 0x0F || code[1] != 0xA2) {
        sigaction(number, &previous, NULL);
        return;
    }
    const uint32_t leaf = (uint32_t)registers[REG_RAX], part = (uint32_t)registers[REG_RCX];
    uint32_t a, b, c, d;
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
    __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(leaf), "c"(part));
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
    if (leaf == 7 && part == 0) {
        b &= ~hidden_ebx;
        c &= ~hidden_ecx;
        d &= ~hidden_edx;
    } else if (leaf == 7 && part == 1) {
        a &= ~hidden_part1_eax;
    } else if (leaf == 0x1D || leaf == 0x1E) {
        a = b = c = d = 0;
    }
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void hide(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = answer;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    if (sigaction(SIGSEGV, &action, &previous) != 0 || syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0) != 0) {
        fprintf(stderr, "avx2_processor: this processor or system cannot let CPUID fault\n");
        _exit(1);
    }
}
