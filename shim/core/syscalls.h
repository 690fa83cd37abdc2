/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that a keep answers itself: what a static program with glibc,
 * the Rust standard library, OpenSSL and wasmtime needs, and nothing else. Any
 * other call is ENOSYS. On the nil backend the sandbox is made from this table,
 * so that a call missing here fails there first. */
#ifndef SHIM_CORE_SYSCALLS_H
#define SHIM_CORE_SYSCALLS_H

/* X(name) */
#define SYSCALL_TABLE(X)                             \
    /* memory */                                     \
    X(mmap)                                          \
    X(munmap)                                        \
    X(mprotect)                                      \
    X(madvise)                                       \
    X(mremap)                                        \
    X(brk)                                           \
    /* the process and its one thread */             \
    X(arch_prctl)                                    \
    X(set_tid_address)                               \
    X(prlimit64)                                     \
    X(sched_getaffinity)                             \
    X(sched_yield)                                   \
    X(getpid)                                        \
    X(gettid)                                        \
    X(tgkill)                                        \
    X(sysinfo)                                       \
    X(exit_group)                                    \
    /* signals */                                    \
    X(rt_sigaction)                                  \
    X(rt_sigprocmask)                                \
    X(sigaltstack)                                   \
    X(rt_sigreturn)                                  \
    /* waiting, time, randomness */                  \
    X(futex)                                         \
    X(clock_gettime)                                 \
    X(getrandom)                                     \
    /* standard error, for a library's last words */ \
    X(write)

/* Where the boot record allows more than one CPU. */
#define SYSCALL_THREAD_TABLE(X) X(clone)

#endif
