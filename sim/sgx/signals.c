/* SPDX-License-Identifier: Apache-2.0 */
/* This process's signals and system calls, in the model's hands. Trusts the kernel. */
#define _GNU_SOURCE
#include "sim/sgx/entry.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH /* [Linux linux/prctl.h], since 5.11 */
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF          0
#define PR_SYS_DISPATCH_ON           1
#endif
#define STACK_SIZE       (128u * 1024u)
#define GUARD_SIZE       4096u
#define SA_WITH_RESTORER 0x04000000u /* [Linux asm/signal.h] */
#define HAS_FSGSBASE     2u          /* AT_HWCAP2 [Linux asm/hwcap2.h] */

/* [Linux asm-generic/signal.h] */
struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    const uint8_t *restorer;
    uint64_t mask;
};

static int set_action(int sig, const struct kernel_action *action)
{
    return syscall(SYS_rt_sigaction, sig, action, NULL, sizeof(action->mask)) < 0 ? -errno : 0;
}

static int take(int sig)
{
    const struct kernel_action ours = {
        .handler = model_signal,
        .flags = SA_SIGINFO | SA_ONSTACK | SA_WITH_RESTORER,
        .restorer = model_restorer,
        .mask = ~0ull,
    };
    return set_action(sig, &ours);
}

static int open_stack(void)
{
    uint8_t *at = mmap(NULL, STACK_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || mprotect(at, GUARD_SIZE, PROT_NONE) < 0)
        return -errno;
    const stack_t stack = {.ss_sp = at + GUARD_SIZE, .ss_size = STACK_SIZE};
    return sigaltstack(&stack, NULL) < 0 ? -errno : 0;
}

static int set_cpuid(unsigned long allowed)
{
    return syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed) < 0 ? -errno : 0;
}

static bool has_avx(void)
{
    enum { OSXSAVE_AVX = 3 << 27 };
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & OSXSAVE_AVX) == OSXSAVE_AVX;
}

struct model_needs model_needs(void)
{
    return (struct model_needs){
        .processor = (getauxval(AT_HWCAP2) & HAS_FSGSBASE) != 0 && has_avx(),
        .dispatch = prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0) == 0,
        .cpuid_faults = set_cpuid(1) == 0, /* as it is */
    };
}

int signals_open(void)
{
    static const int taken[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
    if ((getauxval(AT_HWCAP2) & HAS_FSGSBASE) == 0)
        return -ENOTSUP;
    int error = open_stack();
    for (size_t i = 0; error == 0 && i < ARRAY_COUNT(taken); i++)
        error = take(taken[i]);
    if (error < 0)
        return error;
    model_cpu.selector = SELECTOR_ALLOW;
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, model_restorer, RESTORER_SIZE,
              &model_cpu.selector) < 0)
        return -ENOTSUP;
    machine.cpuid_faults = set_cpuid(0) == 0;
    return 0;
}

void signals_default(int sig)
{
    const struct kernel_action none = {.handler = NULL};
    set_action(sig, &none);
    raise(sig);
}

/* Host code asks as ever. */
bool signals_emulate_cpuid(ucontext_t *uc)
{
    greg_t *g = uc->uc_mcontext.gregs;
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
    if (memcmp((const void *)g[REG_RIP], CPUID_CODE, CPUID_SIZE) != 0 || set_cpuid(1) < 0)
        return false;
    __cpuid_count((uint32_t)g[REG_RAX], (uint32_t)g[REG_RCX], a, b, c, d);
    (void)!set_cpuid(0);
    g[REG_RAX] = a;
    g[REG_RBX] = b;
    g[REG_RCX] = c;
    g[REG_RDX] = d;
    g[REG_RIP] += CPUID_SIZE;
    return true;
}

void model_set_interrupts(bool on)
{
    const struct kernel_action none = {.handler = NULL};
    machine.interrupts = on;
    (void)!(on ? take(SIGALRM) : set_action(SIGALRM, &none));
}
