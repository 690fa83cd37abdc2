/* SPDX-License-Identifier: Apache-2.0 */
/* The map of exec's address space against one that has a cell for every page. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "shim/core/errno.h"
#include "tests/unit/shim_keep.h"

#define FIRST 0x100000u
#define CELLS 96u

static struct kernel k;
static struct space s;

/* What each page should be: 0 free, else 8 | prot | source << 4. */
static uint8_t cells[CELLS];

static uint64_t address(size_t cell) { return FIRST + cell * PAGE_SIZE; }

static int setup(void **state)
{
    (void)state;
    keep_init(&k);
    space_init(&s, (struct range *)(keep.base + KEEP_RANGES), 40);
    s.start = address(0);
    s.place = address(CELLS / 2);
    s.end = address(CELLS);
    memset(cells, 0, sizeof(cells));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep_fini();
    return 0;
}

static uint8_t found(uint64_t at)
{
    const struct range *r = space_find(&s, at);
    return r == NULL ? 0 : (uint8_t)(8 | r->prot | r->source << 4);
}

static void same(void)
{
    for (size_t i = 0; i < CELLS; i++) {
        assert_int_equal(found(address(i)), cells[i]);
        assert_int_equal(found(address(i) + PAGE_SIZE - 1), cells[i]);
    }
    for (size_t i = 0; i + 1 < s.count; i++) {
        const struct range *r = &s.ranges[i];
        assert_true(r->start < r->end && r->end <= r[1].start);
        assert_false(r->end == r[1].start && r->prot == r[1].prot && r->source == r[1].source);
    }
}

static uint64_t lowest_free(size_t size)
{
    size_t run = 0;
    for (size_t i = CELLS / 2; i < CELLS; i++) {
        run = cells[i] == 0 ? run + 1 : 0;
        if (run == size)
            return address(i + 1 - size);
    }
    return 0;
}

static bool all_there(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (cells[i] == 0)
            return false;
    }
    return true;
}

/* One change at random, to the map and to the cells. */
static void change(void)
{
    const size_t from = keep_random() % CELLS;
    const size_t to = from + 1 + keep_random() % (CELLS - from);
    const struct range r = {.start = address(from),
                            .end = address(to),
                            .prot = (uint32_t)(keep_random() % 3),
                            .source = (uint32_t)(keep_random() % 2)};
    switch (keep_random() % 4) {
    case 0:
    case 1:
        if (space_set(&s, r) == 0)
            memset(cells + from, (int)(8 | r.prot | r.source << 4), to - from);
        break;
    case 2:
        if (space_clear(&s, r.start, r.end) == 0)
            memset(cells + from, 0, to - from);
        break;
    default:
        if (space_protect(&s, r.start, r.end, r.prot) == 0) {
            for (size_t i = from; i < to; i++)
                cells[i] = cells[i] == 0 ? 0 : (uint8_t)((cells[i] & ~7) | r.prot);
        }
    }
}

static void any_change_is_that_of_the_cells(void **state)
{
    (void)state;
    for (size_t n = 0; n < 4000; n++) {
        change();
        same();
        const size_t from = keep_random() % CELLS;
        const size_t to = from + keep_random() % (CELLS - from + 1);
        const size_t size = 1 + keep_random() % (CELLS / 2);
        assert_int_equal(space_covers(&s, address(from), address(to)), all_there(from, to));
        assert_true(space_place(&s, size * PAGE_SIZE) == lowest_free(size));
        if (n % 500 == 0) {
            assert_int_equal(space_clear(&s, s.start, s.end), 0);
            memset(cells, 0, sizeof(cells));
        }
    }
}

static void a_full_table_changes_nothing(void **state)
{
    (void)state;
    size_t n = 0;
    for (; n < CELLS / 2; n++) { /* every other page */
        if (space_set(&s, (struct range){address(2 * n), address(2 * n + 1), PROT_R, 0}) < 0)
            break;
        cells[2 * n] = 8 | PROT_R;
    }
    assert_int_equal(n, 40 - 2); /* room is kept for two splits and one more */
    struct range before[40];
    memcpy(before, s.ranges, sizeof(before[0]) * s.count);
    assert_int_equal(space_clear(&s, address(0), address(1)), -ENOMEM);
    assert_int_equal(space_protect(&s, address(0), address(1), 0), -ENOMEM);
    assert_int_equal(s.count, n);
    assert_memory_equal(before, s.ranges, sizeof(before[0]) * s.count);
    same();
}

static void the_tables_memory_comes_by_the_page(void **state)
{
    (void)state;
    space_init(&s, (struct range *)(keep.base + KEEP_RANGES), (1u << 20) / sizeof(struct range));
    s.end = 1ull << 40;
    assert_int_equal(keep.added, 0);
    const size_t count = 1000; /* 24 bytes each */
    for (size_t n = 0; n < count; n++)
        assert_int_equal(space_set(&s, (struct range){n << 13, (n << 13) + PAGE_SIZE, 1, 0}), 0);
    assert_int_equal(keep.added, (count * sizeof(struct range) + 4095) / PAGE_SIZE);
    for (size_t n = 0; n < count; n++)
        assert_non_null(space_find(&s, n << 13));
}

static void a_place_is_large_enough_or_none(void **state)
{
    (void)state;
    assert_true(space_place(&s, UINT64_MAX) == 0);
    assert_true(space_place(&s, s.end - s.place) == s.place);
    assert_true(space_place(&s, s.end - s.place + 1) == 0);
    assert_int_equal(space_set(&s, (struct range){s.place, s.end, 0, 0}), 0);
    assert_true(space_place(&s, PAGE_SIZE) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_change_is_that_of_the_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_table_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(the_tables_memory_comes_by_the_page, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_is_large_enough_or_none, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
