/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of exec's memory from inside. */
#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

enum { NONE = 0, R = 1, W = 2, X = 4, RW = 3, RX = 5 };

/* Pages that come on first touch are zero, and stay what is written to them. */
static void touch(void)
{
    const size_t size = 8u << 20;
    uint8_t *at = map(size, RW);
    check(at != NULL);
    for (size_t i = 0; i < size; i += PAGE)
        check(at[i + i / PAGE % PAGE] == 0);
    for (size_t i = 0; i < size; i += PAGE)
        at[i] = (uint8_t)(i / PAGE * 7 + 1);
    for (size_t i = 0; i < size; i += PAGE)
        check(at[i] == (uint8_t)(i / PAGE * 7 + 1));
    check(sys2(__NR_munmap, at, size) == 0);
    uint8_t *again = map(size, RW);
    check(again == at); /* the lowest place that is free */
    for (size_t i = 0; i < size; i += PAGE)
        check(again[i] == 0);
}

/* What is reserved costs nothing until it is used: 16 GiB, a page here and there. */
static void sparse(void)
{
    const uint64_t size = 16ull << 30;
    uint8_t *at = map(size, NONE);
    check(at != NULL);
    for (uint64_t i = 0; i < 64; i++) {
        uint8_t *page = at + i * (size / 64);
        check(sys3(__NR_mprotect, page, PAGE, RW) == 0);
        check(*page == 0);
        *page = (uint8_t)(i + 1);
    }
    for (uint64_t i = 0; i < 64; i++)
        check(at[i * (size / 64)] == i + 1);
    check(sys2(__NR_munmap, at, size) == 0);
}

/* Code made at run time, changed, and run again; never writable while executable. */
static void jit(void)
{
    static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
    uint8_t *at = map(2 * PAGE, RW);
    check(at != NULL);
    memcpy(at, code, sizeof(code));
    int (*function)(void) = (int (*)(void))(uintptr_t)at;
    check(sys3(__NR_mprotect, at, PAGE, RX) == 0);
    check(function() == 42);
    check(sys3(__NR_mprotect, at, PAGE, RW) == 0);
    at[1] = 43;
    check(sys3(__NR_mprotect, at, PAGE, RX) == 0);
    check(function() == 43);
    check(sys3(__NR_mprotect, at, PAGE, NONE) == 0);
    check(sys3(__NR_mprotect, at, PAGE, R) == 0);
    check(at[1] == 43);
}

/* No call makes memory that is writable and executable. */
static void wx(void)
{
    uint8_t *at = map(PAGE, RW);
    check(map(PAGE, W | X) == NULL);
    check(map(PAGE, R | W | X) == NULL);
    check(sys3(__NR_mprotect, at, PAGE, W | X) < 0);
    check(sys3(__NR_mprotect, at, PAGE, R | W | X) < 0);
    at[0] = 1;
    check(sys3(__NR_mprotect, at, PAGE, R | W | X) < 0);
}

static void remap(void)
{
    uint8_t *at = map(4 * PAGE, RW);
    uint8_t *wall = map(PAGE, RW);
    check(wall == at + 4 * PAGE);
    for (size_t i = 0; i < 4; i++)
        at[i * PAGE] = (uint8_t)(i + 1);
    check(sys4(__NR_mremap, at, 4 * PAGE, 64 * PAGE, 0) < 0); /* no room, may not move */
    uint8_t *to = (uint8_t *)sys4(__NR_mremap, at, 4 * PAGE, 64 * PAGE, 1);
    check((int64_t)to > 0 && to != at);
    for (size_t i = 0; i < 4; i++)
        check(to[i * PAGE] == i + 1);
    check(to[63 * PAGE] == 0);
    check((uint8_t *)sys4(__NR_mremap, to, 64 * PAGE, PAGE, 0) == to);
    check(to[0] == 1);
}

static void discard(void)
{
    enum { DONTNEED = 4 };
    uint8_t *at = map(4 * PAGE, RW);
    memset(at, 0xa5, 4 * PAGE);
    check(sys3(__NR_madvise, at + PAGE, 2 * PAGE, DONTNEED) == 0);
    check(at[0] == 0xa5 && at[PAGE] == 0 && at[3 * PAGE - 1] == 0 && at[3 * PAGE] == 0xa5);
}

static void heap(void)
{
    const int64_t start = sys1(__NR_brk, 0);
    check(start > 0 && sys1(__NR_brk, start + 5 * PAGE) == start + 5 * PAGE);
    uint8_t *at = (uint8_t *)start;
    at[0] = 1;
    at[5 * PAGE - 1] = 2;
    check(sys1(__NR_brk, start + PAGE) == start + PAGE);
    check(sys1(__NR_brk, start + 5 * PAGE) == start + 5 * PAGE);
    check(at[0] == 1 && at[5 * PAGE - 1] == 0);
}

/* The guest's own image: more than one run of pages, initialised data among them,
 * and zeroes behind. */
static volatile uint8_t initialised[60 * PAGE] = {1, 2, 3, [59 * PAGE] = 4};
static volatile uint8_t zeroed[40 * PAGE];
static void image(void)
{
    check(initialised[0] == 1 && initialised[2] == 3 && initialised[59 * PAGE] == 4);
    for (size_t i = PAGE; i < 59 * PAGE; i++)
        check(initialised[i] == 0);
    for (size_t i = 0; i < sizeof(zeroed); i++)
        check(zeroed[i] == 0);
}

const struct test memory_tests[] = {
    {"touch", touch}, {"sparse", sparse},   {"jit", jit},     {"wx", wx},   {"remap", remap},
    {"heap", heap},   {"discard", discard}, {"image", image}, {NULL, NULL},
};
