/* SPDX-License-Identifier: Apache-2.0 */
/* Every pointer that a system call takes, what the guest passes beside it, and what it has
 * to hear when the pointer leads to what is not its own. One list for each call of
 * shim/core/syscalls.h: a new call does not compile before it has one, if an empty one. */
#ifndef TESTS_KEEP_GUEST_POINTERS_H
#define TESTS_KEEP_GUEST_POINTERS_H

#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

#define EPERM  1
#define ENOMEM 12
#define EFAULT 14
#define EINVAL 22

/* What the shim does there. */
enum use {
    USE_READ,
    USE_WRITE,
    USE_PAGES,  /* takes them, gives them away, or changes them */
    USE_KEEP,   /* remembers it */
    USE_NOTHING /* the answer is that to null */
};

struct pointer {
    uint16_t call;
    uint8_t place; /* among the arguments */
    uint8_t use;
    uint16_t size; /* bytes that are read or written */
    uint16_t unit; /* where it has to lie: a multiple */
    bool may_be_null;
    int32_t answer;
    uint64_t argument[5]; /* the others; OWN: a page of the guest's, all zeroes */
};

#define OWN UINT64_MAX

#define READS(call, place, size, ...) \
    {__NR_##call, place, USE_READ, size, 1, false, -EFAULT, {__VA_ARGS__}},
#define WRITES(call, place, size, ...) \
    {__NR_##call, place, USE_WRITE, size, 1, false, -EFAULT, {__VA_ARGS__}},
#define MAY_READ(call, place, size, answer, ...) \
    {__NR_##call, place, USE_READ, size, 1, true, answer, {__VA_ARGS__}},
#define MAY_WRITE(call, place, size, ...) \
    {__NR_##call, place, USE_WRITE, size, 1, true, -EFAULT, {__VA_ARGS__}},
#define PAGES(call, place, answer, ...) \
    {__NR_##call, place, USE_PAGES, PAGE, PAGE, false, answer, {__VA_ARGS__}},
#define KEEPS(call, place, answer, ...) \
    {__NR_##call, place, USE_KEEP, 1, 1, false, answer, {__VA_ARGS__}},
#define NOTHING(call, place, ...) {__NR_##call, place, USE_NOTHING, 1, 1, true, 0, {__VA_ARGS__}},

/* [Linux uapi asm-generic/mman-common.h, mman.h, futex.h, asm/prctl.h] */
#define ANYWHERE   0x22u              /* private, anonymous */
#define AT         (ANYWHERE | 0x10u) /* fixed */
#define AT_IF_FREE (ANYWHERE | 0x100000u)
#define DONT_NEED  4u
#define TO         3u /* mremap: may move, fixed */
#define WAIT       128u
#define SET_FS     0x1002u
#define GET_FS     0x1003u

#define POINTERS_mmap                       \
    PAGES(mmap, 0, -ENOMEM, 0, PAGE, 3, AT) \
    PAGES(mmap, 0, -ENOMEM, 0, PAGE, 3, AT_IF_FREE)
#define POINTERS_munmap   PAGES(munmap, 0, -EINVAL, 0, PAGE)
#define POINTERS_mprotect PAGES(mprotect, 0, -ENOMEM, 0, PAGE, 3)
#define POINTERS_madvise  PAGES(madvise, 0, -EINVAL, 0, PAGE, DONT_NEED)
#define POINTERS_mremap                             \
    PAGES(mremap, 0, -EINVAL, 0, PAGE, 2 * PAGE, 1) \
    PAGES(mremap, 4, -EINVAL, OWN, PAGE, PAGE, TO)
#define POINTERS_brk NOTHING(brk, 0, 0)
#define POINTERS_arch_prctl          \
    WRITES(arch_prctl, 1, 8, GET_FS) \
    KEEPS(arch_prctl, 1, -EPERM, SET_FS)
#define POINTERS_set_tid_address NOTHING(set_tid_address, 0, 0)
#define POINTERS_prlimit64                   \
    MAY_READ(prlimit64, 2, 16, -EPERM, 0, 3) \
    MAY_WRITE(prlimit64, 3, 16, 0, 3)
#define POINTERS_sched_getaffinity WRITES(sched_getaffinity, 2, 8, 0, 8)
#define POINTERS_sched_yield
#define POINTERS_getpid
#define POINTERS_gettid
#define POINTERS_tgkill
#define POINTERS_sysinfo WRITES(sysinfo, 0, 112, 0)
#define POINTERS_exit_group
#define POINTERS_rt_sigaction                           \
    MAY_READ(rt_sigaction, 1, 32, -EFAULT, 10, 0, 0, 8) \
    MAY_WRITE(rt_sigaction, 2, 32, 10, 0, 0, 8)
#define POINTERS_rt_sigprocmask                         \
    MAY_READ(rt_sigprocmask, 1, 8, -EFAULT, 0, 0, 0, 8) \
    MAY_WRITE(rt_sigprocmask, 2, 8, 0, 0, 0, 8)
#define POINTERS_sigaltstack                 \
    MAY_READ(sigaltstack, 0, 24, -EFAULT, 0) \
    MAY_WRITE(sigaltstack, 1, 24, 0)
#define POINTERS_rt_sigreturn /* its frame is where RSP leads: return_* of guest_pointer.c */
#define POINTERS_futex                                             \
    {__NR_futex, 0, USE_READ, 4, 4, false, -EFAULT, {0, WAIT, 1}}, \
        MAY_READ(futex, 3, 16, -EFAULT, OWN, WAIT, 0)
#define POINTERS_clock_gettime WRITES(clock_gettime, 1, 16, 1)
#define POINTERS_getrandom     WRITES(getrandom, 0, 16, 0, 16)
#define POINTERS_write         READS(write, 1, 16, 2, 0, 16)

#endif
