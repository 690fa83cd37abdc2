/* SPDX-License-Identifier: Apache-2.0 */
/* exec's system calls: one line each. What is not here is ENOSYS; nothing is passed
 * on to the host. */
#include "shim/core/errno.h"
#include "shim/core/kernel.h"
#include "shim/core/syscalls.h"

#include <asm/unistd_64.h>

/* Answers that take no part of their own. */
static int64_t nothing(void) { return 0; }
static int64_t process_id(void) { return 1; }
static int64_t thread_id(void) { return 1; }

static no_return void exit_group(struct kernel *k, uint64_t status)
{
    kernel_fail(k, "the keep failed: exec ended with status", status & 0xff);
}

#define call_mmap(k, f, a)              memory_mmap(k, a)
#define call_munmap(k, f, a)            memory_munmap(k, a)
#define call_mprotect(k, f, a)          memory_mprotect(k, a)
#define call_madvise(k, f, a)           memory_madvise(k, a)
#define call_mremap(k, f, a)            memory_mremap(k, a)
#define call_brk(k, f, a)               memory_brk(k, a)
#define call_arch_prctl(k, f, a)        process_arch_prctl(k, a)
#define call_set_tid_address(k, f, a)   thread_id()
#define call_prlimit64(k, f, a)         process_prlimit64(k, a)
#define call_sched_getaffinity(k, f, a) process_sched_getaffinity(k, a)
#define call_sched_yield(k, f, a)       nothing()
#define call_getpid(k, f, a)            process_id()
#define call_gettid(k, f, a)            thread_id()
#define call_tgkill(k, f, a)            signal_tgkill(k, a)
#define call_sysinfo(k, f, a)           process_sysinfo(k, a)
#define call_exit_group(k, f, a)        (exit_group(k, (a)[0]), 0)
#define call_rt_sigaction(k, f, a)      signal_rt_sigaction(k, a)
#define call_rt_sigprocmask(k, f, a)    signal_rt_sigprocmask(k, a)
#define call_sigaltstack(k, f, a)       signal_sigaltstack(k, f, a)
#define call_rt_sigreturn(k, f, a)      (int64_t) signal_rt_sigreturn(k, f)
#define call_futex(k, f, a)             process_futex(k, a)
#define call_clock_gettime(k, f, a)     clock_tell(k, a)
#define call_getrandom(k, f, a)         process_getrandom(k, a)
#define call_write(k, f, a)             process_write(k, a)

uint64_t kernel_call(struct kernel *k, struct frame *f)
{
    const uint64_t a[6] = {f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9};
#define CASE(name)    \
    case __NR_##name: \
        return (uint64_t)call_##name(k, f, a);
    switch (f->rax) {
        SYSCALL_TABLE(CASE)
    default:
        k->unknown_calls++;
        return (uint64_t)-ENOSYS;
    }
#undef CASE
}

void kernel_syscall(struct kernel *k, struct frame *f)
{
    f->rax = kernel_call(k, f);
    signal_flush(k, f);
}
