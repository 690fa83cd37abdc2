/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that change exec's map. Where a case does not say otherwise, what
 * is expected is what Linux answers [man-pages 6.03: mmap, munmap, mprotect, madvise,
 * mremap, brk]. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "tests/unit/shim_keep.h"

#define RW   (PROT_READ | PROT_WRITE)
#define RX   (PROT_READ | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define P    PAGE_SIZE

static struct kernel k;
static struct frame f;
static uint64_t end; /* of exec's memory */

static int setup(void **state)
{
    (void)state;
    keep_start(&k, &f);
    end = k.memory.space.end;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep_check(&k);
    keep_fini();
    return 0;
}

/* ---- what exec does ---- */

static uint64_t map(uint64_t size, int prot)
{
    const int64_t at = SYS(&k, mmap, 0, size, prot, ANON, -1);
    assert_true(at > 0);
    return (uint64_t)at;
}

static void store(uint64_t at, uint8_t byte) { assert_true(keep_store(&k, &f, at, byte)); }

static uint8_t load(uint64_t at)
{
    uint8_t byte = 0xee;
    assert_true(keep_load(&k, &f, at, &byte));
    return byte;
}

/* As exec's map has it: permission, or -1. */
static int prot_at(uint64_t at)
{
    const struct range *r = space_find(&k.memory.space, at);
    return r == NULL ? -1 : (int)r->prot;
}

/* Leaves no room in the table: each page is a range. */
static void fill_table(void)
{
    struct space *s = &k.memory.space;
    uint64_t at = keep_room(&k, P);
    s->capacity = s->count + 3;
    while (s->count + 3 <= s->capacity) {
        at += 2 * P;
        if (SYS(&k, mmap, at, P, PROT_READ, ANON | MAP_FIXED, -1) < 0)
            break;
    }
}

/* ---- mmap ---- */

static void mmap_refuses(void **state)
{
    (void)state;
    const uint64_t base = k.memory.space.start;
    const uint64_t shim = (uint64_t)keep.base;
    const struct {
        uint64_t at, size, prot, flags;
        int error;
    } cases[] = {
        {0, P, RW, 0, -EINVAL},
        {0, P, RW, MAP_PRIVATE, -EINVAL}, /* there are no files */
        {0, P, RW, MAP_ANONYMOUS, -EINVAL},
        {0, P, RW, MAP_SHARED | MAP_ANONYMOUS, -EINVAL},
        {0, P, RW, ANON | MAP_GROWSDOWN, -EINVAL},
        {0, P, RW, ANON | MAP_HUGETLB, -EINVAL},
        {0, P, RW, ANON | 1ull << 32, -EINVAL},
        {0, 0, RW, ANON, -EINVAL},
        {0, P, PROT_WRITE | PROT_EXEC, ANON, -EACCES},
        {0, P, RW | PROT_EXEC, ANON, -EACCES},
        {0, P, 8, ANON, -EACCES},
        {0, P, RW | 1ull << 32, ANON, -EACCES},
        {0, SIZE_MAX, RW, ANON, -ENOMEM},
        {0, SIZE_MAX - P + 2, RW, ANON, -ENOMEM},
        {0, SIZE_MAX / 2, RW, ANON, -ENOMEM},
        {0, end, RW, ANON, -ENOMEM},
        {0, KEEP_SIZE - KEEP_ARENA, RW, ANON, -ENOMEM}, /* the stack is there */
        {base + 1, P, RW, ANON | MAP_FIXED, -EINVAL},
        {0, P, RW, ANON | MAP_FIXED, -ENOMEM},
        {shim, P, RW, ANON | MAP_FIXED, -ENOMEM},
        {shim + KEEP_RUN, P, RW, ANON | MAP_FIXED, -ENOMEM},
        {base - P, P, RW, ANON | MAP_FIXED, -ENOMEM},
        {base - P, 2 * P, RW, ANON | MAP_FIXED, -ENOMEM},
        {end, P, RW, ANON | MAP_FIXED, -ENOMEM},
        {end - P, P + 1, RW, ANON | MAP_FIXED, -ENOMEM},
        {end - P, SIZE_MAX, RW, ANON | MAP_FIXED, -ENOMEM},
        {end - P, SIZE_MAX - end + 2 * P, RW, ANON | MAP_FIXED, -ENOMEM}, /* wraps to 0 */
        {base, SIZE_MAX - base + 1 + P, RW, ANON | MAP_FIXED, -ENOMEM},   /* wraps to P */
        {SIZE_MAX - P + 1, P, RW, ANON | MAP_FIXED, -ENOMEM},
        {base, P, RW, ANON | MAP_FIXED_NOREPLACE, -EEXIST}, /* exec's first page */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (SYS(&k, mmap, cases[i].at, cases[i].size, cases[i].prot, cases[i].flags, -1) !=
            cases[i].error)
            fail_msg("case %zu", i);
    }
}

static void memory_is_zero_and_comes_on_touch(void **state)
{
    (void)state;
    const unsigned before = keep.added;
    const uint64_t at = map(1000 * P, RW);
    assert_int_equal(keep.added, before);
    assert_int_equal(load(at + 500 * P), 0);
    store(at + 999 * P, 7);
    assert_int_equal(load(at + 999 * P), 7);
    assert_true(keep.added - before <= 32);
}

static void mmap_places_without_overlap(void **state)
{
    (void)state;
    const uint64_t a = map(P + 1, RW); /* two pages */
    const uint64_t b = map(P, PROT_NONE);
    assert_true(b >= a + 2 * P || b + P <= a);
    assert_int_equal(prot_at(a + P), RW);
    const int64_t hint = SYS(&k, mmap, a, P, PROT_READ, ANON, -1); /* taken: elsewhere */
    assert_true(hint > 0 && (uint64_t)hint != a);
    assert_int_equal(prot_at(a), RW);
}

static void fixed_replaces(void **state)
{
    (void)state;
    const uint64_t at = map(8 * P, RW);
    for (uint64_t i = 0; i < 8; i++)
        store(at + i * P, 9);
    assert_true(SYS(&k, mmap, at + 2 * P, 2 * P, RW, ANON | MAP_FIXED, -1) ==
                (int64_t)(at + 2 * P));
    assert_int_equal(load(at + 1 * P), 9);
    assert_int_equal(load(at + 2 * P), 0);
    assert_int_equal(load(at + 3 * P), 0);
    assert_int_equal(load(at + 4 * P), 9);
    assert_int_equal(SYS(&k, mmap, at + P, P, RW, ANON | MAP_FIXED_NOREPLACE, -1), -EEXIST);
    assert_int_equal(SYS(&k, munmap, at + P, P), 0);
    assert_true(SYS(&k, mmap, at + P, P, RW, ANON | MAP_FIXED_NOREPLACE, -1) == (int64_t)(at + P));
    assert_int_equal(load(at + P), 0);
    assert_int_equal(SYS(&k, mmap, at + P, P, RW, ANON | MAP_FIXED_NOREPLACE, -1), -EEXIST);
}

/* The processor has no page that can be written and not read, nor Linux on it. */
static void what_can_be_written_or_run_can_be_read(void **state)
{
    (void)state;
    const uint64_t at = map(2 * P, PROT_WRITE);
    store(at, 5);
    assert_int_equal(load(at), 5);
    assert_int_equal(SYS(&k, mprotect, at, P, PROT_EXEC), 0);
    assert_int_equal(load(at), 5);
    assert_int_equal(SYS(&k, mprotect, at, P, PROT_WRITE), 0);
    assert_int_equal(load(at), 5);
}

/* ---- munmap ---- */

static void munmap_takes_what_is_named(void **state)
{
    (void)state;
    const uint64_t at = map(16 * P, RW);
    for (uint64_t i = 0; i < 16; i++)
        store(at + i * P, (uint8_t)(i + 1));
    const unsigned before = keep.dropped;
    assert_int_equal(SYS(&k, munmap, at + 4 * P, 2 * P - 1), 0);
    assert_int_equal(keep.dropped - before, 2);
    assert_int_equal(prot_at(at + 4 * P), -1);
    assert_int_equal(prot_at(at + 5 * P), -1);
    assert_int_equal(load(at + 3 * P), 4);
    assert_int_equal(load(at + 6 * P), 7);
    assert_int_equal(SYS(&k, munmap, at + 4 * P, 2 * P), 0); /* nothing there: as on Linux */
    assert_int_equal(SYS(&k, munmap, at + 3 * P, 4 * P), 0);
    assert_int_equal(prot_at(at + 3 * P), -1);
    assert_int_equal(prot_at(at + 6 * P), -1);
    assert_int_equal(load(at + 2 * P), 3);
    assert_int_equal(load(at + 7 * P), 8);
}

static void munmap_refuses(void **state)
{
    (void)state;
    const uint64_t at = map(2 * P, RW);
    store(at, 1);
    assert_int_equal(SYS(&k, munmap, at, 0), -EINVAL);
    assert_int_equal(SYS(&k, munmap, at + 1, P), -EINVAL);
    assert_int_equal(SYS(&k, munmap, at, SIZE_MAX), -EINVAL);
    assert_int_equal(SYS(&k, munmap, at, SIZE_MAX - at + 1), -EINVAL);
    assert_int_equal(SYS(&k, munmap, at, SIZE_MAX - at + 1 + P), -EINVAL);
    assert_int_equal(SYS(&k, munmap, keep.base + KEEP_RUN, P), -EINVAL); /* the shim's */
    assert_int_equal(SYS(&k, munmap, end, P), -EINVAL);
    assert_int_equal(load(at), 1);
}

/* ---- mprotect ---- */

static void mprotect_changes_what_is_present_too(void **state)
{
    (void)state;
    const uint64_t at = map(40 * P, RW);
    store(at, 1);
    store(at + 20 * P, 2);
    assert_int_equal(SYS(&k, mprotect, at, 40 * P, PROT_READ), 0);
    assert_int_equal(*keep_page(at), PRESENT | PROT_READ);
    assert_int_equal(SYS(&k, mprotect, at + 10 * P, 20 * P, RX), 0);
    assert_int_equal(*keep_page(at + 20 * P), PRESENT | RX);
    assert_int_equal(SYS(&k, mprotect, at, 40 * P, PROT_NONE), 0);
    assert_int_equal(SYS(&k, mprotect, at, 40 * P, RW), 0);
    assert_int_equal(load(at), 1);
    assert_int_equal(load(at + 20 * P), 2);
    assert_int_equal(load(at + 39 * P), 0);
}

static void mprotect_refuses_and_leaves_all_as_it_was(void **state)
{
    (void)state;
    const uint64_t at = map(8 * P, RW);
    store(at, 1);
    assert_int_equal(SYS(&k, mprotect, at, P, PROT_WRITE | PROT_EXEC), -EACCES);
    assert_int_equal(SYS(&k, mprotect, at, P, RW | PROT_EXEC), -EACCES);
    assert_int_equal(SYS(&k, mprotect, at, P, PROT_GROWSDOWN | PROT_READ), -EACCES);
    assert_int_equal(SYS(&k, mprotect, at + 1, P, PROT_READ), -EINVAL);
    assert_int_equal(SYS(&k, mprotect, at + 1, 0, PROT_READ), -EINVAL);
    assert_int_equal(SYS(&k, mprotect, at, 0, PROT_READ), 0);
    assert_int_equal(SYS(&k, mprotect, at, SIZE_MAX, PROT_READ), -ENOMEM);
    assert_int_equal(SYS(&k, mprotect, at, SIZE_MAX - at + 1 + P, PROT_READ), -ENOMEM);
    assert_int_equal(SYS(&k, mprotect, keep.base, P, RW), -ENOMEM);
    assert_int_equal(SYS(&k, mprotect, end, P, RW), -ENOMEM);
    assert_int_equal(SYS(&k, munmap, at + 4 * P, P), 0);
    assert_int_equal(SYS(&k, mprotect, at, 8 * P, PROT_READ), -ENOMEM); /* a hole */
    assert_int_equal(prot_at(at), RW);
    store(at, 2);
}

/* A compiler's way: written, then run, then written again. */
static void code_is_writable_or_executable(void **state)
{
    (void)state;
    const uint64_t at = map(4 * P, RW);
    store(at, 0xc3);
    assert_int_equal(SYS(&k, mprotect, at, 4 * P, RX), 0);
    assert_int_equal(*keep_page(at), PRESENT | RX);
    assert_int_equal(SYS(&k, mprotect, at, 4 * P, RW), 0);
    store(at, 0x90);
}

/* ---- madvise ---- */

static void dontneed_reads_zero(void **state)
{
    (void)state;
    const uint64_t at = map(40 * P, RW);
    for (uint64_t i = 0; i < 40; i++)
        store(at + i * P, 3);
    assert_int_equal(SYS(&k, madvise, at + 8 * P, 8 * P, MADV_DONTNEED), 0);
    assert_int_equal(load(at + 7 * P), 3);
    assert_int_equal(load(at + 8 * P), 0);
    assert_int_equal(load(at + 15 * P), 0);
    assert_int_equal(load(at + 16 * P), 3);
}

static void madvise_refuses(void **state)
{
    (void)state;
    const uint64_t at = map(4 * P, RW);
    store(at, 3);
    assert_int_equal(SYS(&k, madvise, at, P, MADV_HUGEPAGE), 0);
    assert_int_equal(SYS(&k, madvise, at, P, MADV_WILLNEED), 0);
    assert_int_equal(SYS(&k, madvise, at, P, MADV_REMOVE), -EINVAL);
    assert_int_equal(SYS(&k, madvise, at, P, 1ull << 32), -EINVAL);
    assert_int_equal(SYS(&k, madvise, at, P, UINT64_MAX), -EINVAL);
    assert_int_equal(SYS(&k, madvise, at, 0, MADV_DONTNEED), 0);
    assert_int_equal(SYS(&k, madvise, at + 1, P, MADV_DONTNEED), -EINVAL);
    assert_int_equal(SYS(&k, madvise, at, SIZE_MAX, MADV_DONTNEED), -EINVAL);
    assert_int_equal(SYS(&k, madvise, keep.base + KEEP_RUN, P, MADV_DONTNEED), -EINVAL);
    /* exec's own bytes would come back, where zeroes are promised */
    const uint64_t data = (uint64_t)keep.base + KEEP_EXEC + 23 * P;
    assert_int_equal(SYS(&k, madvise, data, P, MADV_DONTNEED), -EINVAL);
    assert_int_equal(SYS(&k, munmap, at + P, P), 0);
    assert_int_equal(SYS(&k, madvise, at, 4 * P, MADV_DONTNEED), -ENOMEM);
    assert_int_equal(load(at), 3);
}

/* ---- mremap ---- */

static int64_t remap(uint64_t at, uint64_t old, uint64_t size, int flags)
{
    return SYS(&k, mremap, at, old, size, flags);
}

static void mremap_shrinks_and_grows_in_place(void **state)
{
    (void)state;
    const uint64_t at = map(8 * P, RW);
    store(at, 1);
    store(at + 7 * P, 2);
    assert_true(remap(at, 8 * P, 4 * P, 0) == (int64_t)at);
    assert_int_equal(prot_at(at + 4 * P), -1);
    assert_true(remap(at, 4 * P, 8 * P, 0) == (int64_t)at);
    assert_int_equal(load(at), 1);
    assert_int_equal(load(at + 7 * P), 0);
    assert_true(remap(at, 8 * P, 8 * P - 5, 0) == (int64_t)at);
    assert_int_equal(prot_at(at + 7 * P), RW);
}

static void mremap_moves_with_what_is_in_it(void **state)
{
    (void)state;
    const uint64_t at = map(64 * P, RW);
    const uint64_t next = map(P, PROT_READ);
    assert_true(next == at + 64 * P);
    store(at + 3, 1);
    store(at + 40 * P, 2);
    assert_int_equal(remap(at, 64 * P, 65 * P, 0), -ENOMEM);
    const int64_t to = remap(at, 64 * P, 65 * P, MREMAP_MAYMOVE);
    assert_true(to > 0 && (uint64_t)to != at);
    assert_int_equal(prot_at(at), -1);
    assert_int_equal(*keep_page(at), 0);
    assert_int_equal(load((uint64_t)to + 3), 1);
    assert_int_equal(load((uint64_t)to + 40 * P), 2);
    assert_int_equal(load((uint64_t)to + 20 * P), 0);
    assert_int_equal(load((uint64_t)to + 64 * P), 0);
    assert_int_equal(prot_at(next), PROT_READ);
}

static void mremap_refuses(void **state)
{
    (void)state;
    const uint64_t at = map(8 * P, RW);
    store(at, 1);
    assert_int_equal(remap(at, 8 * P, 0, 0), -EINVAL);
    assert_int_equal(remap(at, 0, 8 * P, 0), -EINVAL); /* a second view of shared memory */
    assert_int_equal(remap(at + 1, P, P, 0), -EINVAL);
    assert_int_equal(remap(at, 8 * P, 16 * P, MREMAP_MAYMOVE | MREMAP_FIXED), -EINVAL);
    assert_true(remap(at, 8 * P, SIZE_MAX, MREMAP_MAYMOVE) < 0);
    assert_true(remap(at, 8 * P, SIZE_MAX - at + 1, MREMAP_MAYMOVE) < 0);
    assert_true(remap(at, SIZE_MAX, P, MREMAP_MAYMOVE) < 0);
    assert_true(remap((uint64_t)keep.base, P, 2 * P, MREMAP_MAYMOVE) < 0);
    assert_int_equal(remap((uint64_t)keep.base + KEEP_EXEC, P, 2 * P, MREMAP_MAYMOVE), -EFAULT);
    assert_int_equal(SYS(&k, mprotect, at + 4 * P, P, PROT_READ), 0);
    assert_int_equal(remap(at, 8 * P, 16 * P, MREMAP_MAYMOVE), -EFAULT); /* two ranges */
    assert_int_equal(SYS(&k, munmap, at + 4 * P, P), 0);
    assert_int_equal(remap(at, 8 * P, 16 * P, MREMAP_MAYMOVE), -EFAULT);
    assert_int_equal(remap(at + 4 * P, P, 2 * P, MREMAP_MAYMOVE), -EFAULT);
    assert_int_equal(load(at), 1);
}

static void mremap_finds_no_place(void **state)
{
    (void)state;
    const uint64_t at = map(P, RW);
    assert_true(map(P, PROT_READ) == at + P);
    store(at, 1);
    assert_int_equal(remap(at, P, end - at, MREMAP_MAYMOVE), -ENOMEM);
    assert_int_equal(prot_at(0), -1);
    assert_int_equal(load(at), 1);
}

/* What cannot be read cannot be copied; a guard that was never touched can go. */
static void mremap_of_what_cannot_be_read(void **state)
{
    (void)state;
    const uint64_t at = map(4 * P, RW);
    assert_true(map(P, PROT_READ) == at + 4 * P);
    store(at, 1);
    assert_int_equal(SYS(&k, mprotect, at, 4 * P, PROT_NONE), 0);
    static int64_t to;
    assert_int_equal(ENDING(to = remap(at, 4 * P, 8 * P, MREMAP_MAYMOVE)), WENT_ON);
    const uint64_t now = to < 0 ? at : (uint64_t)to;
    assert_int_equal(SYS(&k, mprotect, now, 4 * P, RW), 0);
    assert_int_equal(load(now), 1);
}

/* ---- brk ---- */

static void brk_moves_within_its_room(void **state)
{
    (void)state;
    const uint64_t start = (uint64_t)SYS(&k, brk, 0);
    assert_true(start == k.memory.brk_start);
    assert_true((uint64_t)SYS(&k, brk, start + 3 * P + 5) == start + 3 * P + 5);
    store(start + 3 * P + 5, 4);
    store(start, 5);
    assert_int_equal(prot_at(start + 4 * P), -1);
    assert_true((uint64_t)SYS(&k, brk, start + P) == start + P);
    assert_int_equal(prot_at(start + P), -1);
    assert_true((uint64_t)SYS(&k, brk, start + 4 * P) == start + 4 * P);
    assert_int_equal(load(start + 3 * P + 5), 0);
    assert_int_equal(load(start), 5);
    const uint64_t now = start + 4 * P;
    assert_true((uint64_t)SYS(&k, brk, start - 1) == now);
    assert_true((uint64_t)SYS(&k, brk, k.memory.brk_end + 1) == now);
    assert_true((uint64_t)SYS(&k, brk, UINT64_MAX) == now);
    assert_true((uint64_t)SYS(&k, brk, k.memory.brk_end) == k.memory.brk_end);
    assert_true((uint64_t)SYS(&k, brk, start) == start);
    assert_int_equal(prot_at(start), -1);
}

static void brk_ends_where_exec_has_mapped_something(void **state)
{
    (void)state;
    const uint64_t start = (uint64_t)SYS(&k, brk, 0);
    const uint64_t there = start + 2 * P;
    assert_true((uint64_t)SYS(&k, mmap, there, P, RX, ANON | MAP_FIXED, -1) == there);
    assert_int_equal(load(there), 0);
    assert_true((uint64_t)SYS(&k, brk, start + 2 * P) == start + 2 * P);
    assert_true((uint64_t)SYS(&k, brk, start + 2 * P + 1) == start + 2 * P);
    assert_true((uint64_t)SYS(&k, brk, start + 8 * P) == start + 2 * P);
    assert_int_equal(prot_at(there), RX);
}

/* ---- when the table is full ---- */

static void a_call_that_fails_has_changed_nothing(void **state)
{
    (void)state;
    const uint64_t start = (uint64_t)SYS(&k, brk, 0);
    assert_true((uint64_t)SYS(&k, brk, start + 4 * P) == start + 4 * P);
    store(start + 3 * P, 6);
    const uint64_t at = map(8 * P, RW);
    assert_true(map(P, PROT_READ) == at + 8 * P);
    for (uint64_t i = 0; i < 8; i++)
        store(at + i * P, 6);
    fill_table();
    assert_int_equal(SYS(&k, mmap, 0, P, RW, ANON, -1), -ENOMEM);
    assert_int_equal(SYS(&k, mmap, at + P, P, RW, ANON | MAP_FIXED, -1), -ENOMEM);
    assert_int_equal(SYS(&k, munmap, at + P, P), -ENOMEM);
    assert_int_equal(SYS(&k, mprotect, at + P, P, PROT_READ), -ENOMEM);
    assert_int_equal(remap(at, 8 * P, 16 * P, MREMAP_MAYMOVE), -ENOMEM);
    assert_int_equal(remap(at, 8 * P, 4 * P, 0), -ENOMEM);
    assert_true((uint64_t)SYS(&k, brk, start) == start + 4 * P);
    assert_true((uint64_t)SYS(&k, brk, start + 8 * P) == start + 4 * P);
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(load(at + i * P), 6);
    store(at + P, 7);
    assert_int_equal(load(start + 3 * P), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mmap_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_zero_and_comes_on_touch, setup, teardown),
        cmocka_unit_test_setup_teardown(mmap_places_without_overlap, setup, teardown),
        cmocka_unit_test_setup_teardown(fixed_replaces, setup, teardown),
        cmocka_unit_test_setup_teardown(what_can_be_written_or_run_can_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(munmap_takes_what_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(munmap_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(mprotect_changes_what_is_present_too, setup, teardown),
        cmocka_unit_test_setup_teardown(mprotect_refuses_and_leaves_all_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(code_is_writable_or_executable, setup, teardown),
        cmocka_unit_test_setup_teardown(dontneed_reads_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(madvise_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(mremap_shrinks_and_grows_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(mremap_moves_with_what_is_in_it, setup, teardown),
        cmocka_unit_test_setup_teardown(mremap_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(mremap_finds_no_place, setup, teardown),
        cmocka_unit_test_setup_teardown(mremap_of_what_cannot_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(brk_moves_within_its_room, setup, teardown),
        cmocka_unit_test_setup_teardown(brk_ends_where_exec_has_mapped_something, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_fails_has_changed_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
