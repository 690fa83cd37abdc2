/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trap costs here: a signal taken by a handler that does nothing but go on,
 * and back. The model of SGX takes one for each ENCLU (SIGILL), each system call of
 * an enclave (SIGSYS, by Syscall User Dispatch) and each fault (SIGSEGV). Prints
 * nanoseconds: SIGILL SIGSYS SIGSEGV.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF          0
#define PR_SYS_DISPATCH_ON           1
#endif

enum { COUNT = 20000, ROUNDS = 5, ENCLU_SIZE = 3, LOAD_SIZE = 2 };

static volatile char selector;
static void *forbidden;

/* Both instructions below are as long as that; a dispatched call is over already. */
static void skip(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)info;
    selector = 0; /* or the return would be dispatched */
    if (sig != SIGSYS)
        uc->uc_mcontext.gregs[REG_RIP] += sig == SIGILL ? ENCLU_SIZE : LOAD_SIZE;
}

static void trap_illegal(void)
{
    __asm__ volatile(".byte 0x0f, 0x01, 0xd7" : : "a"(0), "b"(0), "c"(0), "d"(0) : "memory");
}

static void trap_call(void)
{
    selector = 1;
    __asm__ volatile("syscall" : : "a"(SYS_getpid) : "rcx", "r11", "memory");
}

static void trap_fault(void)
{
    __asm__ volatile("movb (%%rax), %%al" : : "a"(forbidden) : "memory");
}

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The least of some rounds. */
static int64_t cost(void (*trap)(void))
{
    int64_t best = INT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = now();
        for (int i = 0; i < COUNT; i++)
            trap();
        int64_t each = (now() - start) / COUNT;
        best = each < best ? each : best;
    }
    return best;
}

int main(void)
{
    static const int signals[] = {SIGILL, SIGSYS, SIGSEGV};
    struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};

    sigfillset(&action.sa_mask);
    for (int i = 0; i < 3; i++)
        sigaction(signals[i], &action, NULL);
    forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int64_t illegal = cost(trap_illegal), fault = cost(trap_fault);
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) < 0) {
        perror("Syscall User Dispatch");
        return 1;
    }
    printf("%lld %lld %lld\n", (long long)illegal, (long long)cost(trap_call), (long long)fault);
    return 0;
}
