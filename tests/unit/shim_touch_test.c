/* SPDX-License-Identifier: Apache-2.0 */
/* Pages on first touch: which come, what is in them, and a host that supplies others. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "shim/core/tree.h"
#include "tests/unit/shim_keep.h"

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define P    PAGE_SIZE
#define RUN  (TREE_RUN * P)

static struct kernel k;
static struct frame f;
static uint64_t exec;

static int setup(void **state)
{
    (void)state;
    keep_start(&k, &f);
    exec = (uint64_t)keep.base + KEEP_EXEC;
    machine_drop(exec, exec + 43 * P); /* as if none had come at the start */
    keep.published = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep.on_read = NULL;
    keep_check(&k);
    keep_fini();
    return 0;
}

static enum touch touch(uint64_t at, unsigned prot) { return memory_touch(&k.memory, at, prot); }

static unsigned present(uint64_t from, uint64_t to)
{
    unsigned count = 0;
    for (uint64_t page = from; page < to; page += P)
        count += *keep_page(page) != 0;
    return count;
}

/* ---- memory that starts as zeroes ---- */

static void a_touch_brings_its_aligned_run(void **state)
{
    (void)state;
    const uint64_t at = ((uint64_t)SYS(&k, mmap, 0, 8 * RUN, RW, ANON, -1) + RUN) / RUN * RUN;
    assert_int_equal(touch(at + 5 * P + 7, PROT_W), TOUCH_SUPPLIED);
    assert_int_equal(present(at, at + RUN), TREE_RUN);
    assert_int_equal(present(at - RUN, at), 0);
    assert_int_equal(present(at + RUN, at + 2 * RUN), 0);
    assert_int_equal(touch(at, PROT_W), TOUCH_PRESENT);
    assert_int_equal(touch(at + RUN - 1, PROT_R), TOUCH_PRESENT);
    assert_int_equal(touch(at + RUN, PROT_R), TOUCH_SUPPLIED);
}

static void a_run_is_clipped_to_its_range(void **state)
{
    (void)state;
    const uint64_t at = ((uint64_t)SYS(&k, mmap, 0, 8 * RUN, RW, ANON, -1) + RUN) / RUN * RUN;
    assert_int_equal(SYS(&k, mprotect, at + 3 * P, 4 * P, PROT_READ), 0);
    assert_int_equal(SYS(&k, munmap, at + 10 * P, P), 0);
    assert_int_equal(touch(at + 4 * P, PROT_R), TOUCH_SUPPLIED);
    assert_int_equal(present(at, at + RUN), 4);
    assert_int_equal(*keep_page(at + 3 * P), PRESENT | PROT_READ);
    assert_int_equal(touch(at, PROT_W), TOUCH_SUPPLIED);
    assert_int_equal(present(at, at + RUN), 7);
    assert_int_equal(touch(at + 15 * P, PROT_W), TOUCH_SUPPLIED);
    assert_int_equal(present(at, at + RUN), 12); /* 11 to 15; 7 to 9 are another range */
    assert_int_equal(touch(at + 8 * P, PROT_W), TOUCH_SUPPLIED);
    assert_int_equal(present(at, at + RUN), 15);
}

/* Pages between which some are there already: those are left alone. */
static void what_is_there_stays(void **state)
{
    (void)state;
    const uint64_t at = ((uint64_t)SYS(&k, mmap, 0, 8 * RUN, RW, ANON, -1) + RUN) / RUN * RUN;
    assert_int_equal(touch(at, PROT_W), TOUCH_SUPPLIED);
    memset((void *)at, 9, RUN);
    for (unsigned i = 1; i < TREE_RUN; i += 3)
        assert_int_equal(SYS(&k, madvise, at + i * P, P, MADV_DONTNEED), 0);
    assert_int_equal(touch(at + 4 * P, PROT_R), TOUCH_SUPPLIED);
    for (unsigned i = 0; i < TREE_RUN; i++)
        assert_int_equal(*(uint8_t *)(at + i * P), i % 3 == 1 ? 0 : 9);
}

static void what_the_map_forbids_is_not_supplied(void **state)
{
    (void)state;
    const unsigned before = keep.added + keep.published;
    const uint64_t at = (uint64_t)SYS(&k, mmap, 0, 3 * P, PROT_READ, ANON, -1);
    assert_int_equal(SYS(&k, mprotect, at + P, P, PROT_NONE), 0);
    assert_int_equal(touch(at, PROT_W), TOUCH_DENIED);
    assert_int_equal(touch(at, PROT_X), TOUCH_DENIED);
    assert_int_equal(touch(at + P, PROT_R), TOUCH_DENIED);
    assert_int_equal(touch(at + 3 * P, PROT_R), TOUCH_UNMAPPED);
    assert_int_equal(touch(0, PROT_R), TOUCH_UNMAPPED);
    assert_int_equal(touch(UINT64_MAX, PROT_R), TOUCH_UNMAPPED);
    assert_int_equal(touch((uint64_t)keep.base + KEEP_RUN, PROT_R), TOUCH_UNMAPPED);
    assert_int_equal(touch(k.memory.space.end, PROT_R), TOUCH_UNMAPPED);
    assert_int_equal(touch(exec, PROT_W), TOUCH_DENIED);
    assert_int_equal(touch(exec + 23 * P, PROT_X), TOUCH_DENIED);
    assert_int_equal(keep.added + keep.published, before);
}

/* ---- exec's own pages ---- */

/* What a program's segments hold, by the ELF specification: the file's bytes, then
 * zeroes where it can be written. */
static const struct {
    uint64_t address, file, file_size, size;
    unsigned prot;
} segments[] = {
    {0, 0, 5 * P - 99, 5 * P, PROT_READ},
    {5 * P, 5 * P, 16 * P + 100, 17 * P, PROT_READ | PROT_EXEC},
    {23 * P, 21 * P, 14 * P + 200, 20 * P, RW},
};

static void exec_is_laid_out_as_linked(void **state)
{
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        const uint64_t at = exec + segments[s].address;
        for (uint64_t i = 0; i < segments[s].size; i += P) {
            const enum touch t = touch(at + i + 5, PROT_R);
            assert_true(t == TOUCH_SUPPLIED || t == TOUCH_PRESENT);
            assert_int_equal(*keep_page(at + i), PRESENT | segments[s].prot);
        }
        assert_memory_equal((void *)at, keep.exec + segments[s].file, segments[s].file_size);
        if (segments[s].prot == RW) {
            for (uint64_t i = segments[s].file_size; i < segments[s].size; i++)
                assert_int_equal(((uint8_t *)at)[i], 0);
        }
    }
    assert_int_equal(touch(exec + 22 * P, PROT_R), TOUCH_UNMAPPED); /* between segments */
    assert_int_equal(touch(exec + 43 * P, PROT_R), TOUCH_UNMAPPED);
}

/* A run of the file is not one of addresses: what comes is what was hashed together. */
static void execs_pages_come_by_runs_of_the_file(void **state)
{
    (void)state;
    assert_int_equal(touch(exec + 6 * P, PROT_X), TOUCH_SUPPLIED);
    assert_int_equal(keep.published, 11); /* file pages 5 to 15 */
    assert_int_equal(present(exec + 5 * P, exec + 16 * P), 11);
    assert_int_equal(present(exec, exec + 5 * P), 0); /* another segment's */
    assert_int_equal(touch(exec + 16 * P, PROT_X), TOUCH_SUPPLIED);
    assert_int_equal(keep.published, 17); /* file pages 16 to 21 */
    assert_int_equal(touch(exec + 23 * P, PROT_W), TOUCH_SUPPLIED);
    assert_int_equal(keep.published, 17 + 11); /* file pages 21 to 31 */
    assert_int_equal(touch(exec + 34 * P, PROT_W), TOUCH_SUPPLIED);
    assert_int_equal(keep.published, 17 + 11 + 4); /* 32 to 35, the last of the segment */
}

static void a_changed_permission_is_that_of_the_pages_that_come(void **state)
{
    (void)state;
    assert_int_equal(SYS(&k, mprotect, exec + 24 * P, 2 * P, PROT_READ), 0); /* as RELRO is */
    assert_int_equal(touch(exec + 24 * P, PROT_R), TOUCH_SUPPLIED);
    assert_int_equal(keep.published, 2);
    assert_int_equal(*keep_page(exec + 25 * P), PRESENT | PROT_READ);
    assert_int_equal(touch(exec + 23 * P, PROT_W), TOUCH_SUPPLIED);
    assert_memory_equal((void *)(exec + 23 * P), keep.exec + 21 * P, 3 * P);
}

/* ---- a host that supplies something else ---- */

static enum ending touch_ending(uint64_t at)
{
    const unsigned before = keep.published;
    const enum ending e = ENDING(touch(at, PROT_R));
    if (e != WENT_ON)
        assert_int_equal(keep.published, before);
    return e;
}

/* Each page, one bit of it; whichever page of its run was touched. */
static void a_changed_page_stops(void **state)
{
    (void)state;
    for (uint64_t page = 0; page < EXEC_PAGES; page++) {
        const size_t bit = keep_random() % (8 * P);
        keep.exec[page * P + bit / 8] ^= (uint8_t)(1u << bit % 8);
        for (size_t s = 0; s < 3; s++) {
            const uint64_t first = segments[s].file / P;
            const uint64_t last = first + (segments[s].file_size - 1) / P;
            const uint64_t run = page / TREE_RUN * TREE_RUN;
            const uint64_t touched = run > first ? run : first;
            if (touched > last || touched >= run + TREE_RUN)
                continue;
            const uint64_t at = exec + segments[s].address + (touched - first) * P;
            if (touch_ending(at) != STOPPED_PAGE)
                fail_msg("page %lu, segment %zu", page, s);
        }
        keep.exec[page * P + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(keep.published, 0);
    assert_int_equal(touch_ending(exec), WENT_ON);
}

static void swapped_pages_and_runs_stop(void **state)
{
    (void)state;
    uint8_t *e = keep.exec;
    static uint8_t other[RUN];
    memcpy(other, e + 6 * P, P); /* two pages of a run */
    memcpy(e + 6 * P, e + 7 * P, P);
    memcpy(e + 7 * P, other, P);
    assert_int_equal(touch_ending(exec + 8 * P), STOPPED_PAGE);
    memcpy(e + 7 * P, e + 6 * P, P);
    memcpy(e + 6 * P, other, P);
    memcpy(other, e, RUN); /* two runs, and their nodes with them */
    memcpy(e, e + RUN, RUN);
    memcpy(e + RUN, other, RUN);
    memcpy(other, keep.nodes + 4 * TREE_NODE, TREE_NODE);
    memcpy(keep.nodes + 4 * TREE_NODE, keep.nodes + 5 * TREE_NODE, TREE_NODE);
    memcpy(keep.nodes + 5 * TREE_NODE, other, TREE_NODE);
    assert_int_equal(touch_ending(exec), STOPPED_PAGE);
    assert_int_equal(touch_ending(exec + 20 * P), STOPPED_PAGE);
}

/* Only nodes on the way up count, and none that the shim makes itself. */
static void a_wrong_node_stops(void **state)
{
    (void)state;
    const unsigned beside[] = {5, 3}; /* of run 0, node 4 */
    for (size_t i = 0; i < 2; i++) {
        uint8_t *node = keep.nodes + (size_t)beside[i] * TREE_NODE;
        node[keep_random() % TREE_NODE] ^= 1;
        assert_int_equal(touch_ending(exec), STOPPED_PAGE);
        memset(node, 0, TREE_NODE);
        assert_int_equal(touch_ending(exec), STOPPED_PAGE);
        teardown(NULL);
        setup(NULL);
    }
    memset(keep.nodes, 0xff, 2 * TREE_NODE);             /* not a node, and the root */
    memset(keep.nodes + 4 * TREE_NODE, 0xff, TREE_NODE); /* the run's own */
    memset(keep.nodes + 2 * TREE_NODE, 0xff, TREE_NODE); /* its parent */
    assert_int_equal(touch_ending(exec), WENT_ON);
}

/* A host that changes what it supplies after it was read: once is all it is read. */
static unsigned reads[(EXEC_PAGES * P + 4096) / 8];

static void count_and_spoil(const void *from, size_t size)
{
    const uint8_t *at = from;
    size_t offset = (size_t)(at - keep.exec);
    if (at >= keep.nodes && at < keep.nodes + P)
        offset = EXEC_PAGES * P + (size_t)(at - keep.nodes);
    else
        assert_true(offset + size <= EXEC_PAGES * P);
    for (size_t i = 0; i < size; i += 8)
        reads[(offset + i) / 8]++;
    memset((void *)(uintptr_t)at, 0x66, size);
}

static void nothing_is_read_twice(void **state)
{
    (void)state;
    static uint8_t copy[EXEC_PAGES * P];
    memcpy(copy, keep.exec, sizeof(copy));
    memset(reads, 0, sizeof(reads));
    keep.on_read = count_and_spoil;
    assert_int_equal(touch_ending(exec + 35 * P), WENT_ON);
    keep.on_read = NULL;
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
        assert_true(reads[i] <= 1);
    assert_memory_equal((void *)(exec + 35 * P), copy + 33 * P, 2 * P);
    /* the file ends within the run: nothing after it was asked for */
    assert_int_equal(reads[EXEC_PAGES * P / 8 - 1], 1);
}

/* The last run is shorter: what an earlier one left in the buffer is not published. */
static void the_end_of_the_file_is_the_end(void **state)
{
    (void)state;
    assert_int_equal(touch_ending(exec), WENT_ON);
    assert_int_equal(touch_ending(exec + 35 * P), WENT_ON);
    const unsigned published = keep.published;
    assert_int_equal(touch(exec + 38 * P, PROT_W), TOUCH_SUPPLIED); /* zeroes */
    assert_int_equal(keep.published, published);
    assert_int_equal(*(uint8_t *)(exec + 38 * P), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_touch_brings_its_aligned_run, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_is_clipped_to_its_range, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_there_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_map_forbids_is_not_supplied, setup, teardown),
        cmocka_unit_test_setup_teardown(exec_is_laid_out_as_linked, setup, teardown),
        cmocka_unit_test_setup_teardown(execs_pages_come_by_runs_of_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_permission_is_that_of_the_pages_that_come, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_changed_page_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(swapped_pages_and_runs_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_node_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_read_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(the_end_of_the_file_is_the_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
