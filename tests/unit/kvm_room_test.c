/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory a machine may have, at each edge. */
/* links: host/kvm/room.c */
#include "host/kvm/room.h"

#include "include/kvm_keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MIB   (1ull << 20)
#define GIB   (1ull << 30)
#define LARGE (2 * MIB)
#define MOST  ((uint64_t)KVM_KEEP_MEMORY_MAX)

static void what_was_asked_for_and_room_for_exec(void **state)
{
    (void)state;
    assert_int_equal(kvm_room(0, 0), GIB);
    assert_int_equal(kvm_room(64 * MIB, 0), GIB + 64 * MIB);
    assert_int_equal(kvm_room(64 * MIB, 4 * GIB), 5 * GIB + 64 * MIB);
}

/* The guest is told whole 2 MiB, and its slot has as many: never less than was asked for. */
static void whole_large_pages(void **state)
{
    (void)state;
    assert_int_equal(kvm_room(1, 0), GIB + LARGE);
    assert_int_equal(kvm_room(LARGE - 1, 0), GIB + LARGE);
    assert_int_equal(kvm_room(LARGE, 0), GIB + LARGE);
    assert_int_equal(kvm_room(LARGE, 1), GIB + 2 * LARGE);
    assert_int_equal(MOST % LARGE, 0);
}

static void never_more_than_there_are_addresses_for(void **state)
{
    (void)state;
    const uint64_t left = MOST - GIB;
    assert_int_equal(kvm_room(left, 0), MOST);
    assert_int_equal(kvm_room(left - LARGE, 0), MOST - LARGE);
    assert_int_equal(kvm_room(left, 1), MOST);
    assert_int_equal(kvm_room(left / 2, left / 2 + LARGE), MOST);
    assert_int_equal(kvm_room(MOST - 1, MOST - 1), MOST);
    assert_int_equal(kvm_room(MOST, 0), MOST);
    assert_int_equal(kvm_room(0, MOST), MOST);
}

/* Sums that would come round to little, or to nothing. */
static void no_sum_wraps(void **state)
{
    (void)state;
    static const uint64_t large[] = {MOST, 1ull << 63, UINT64_MAX - GIB, UINT64_MAX - 1,
                                     UINT64_MAX};
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        for (size_t k = 0; k < sizeof(large) / sizeof(large[0]); k++)
            assert_int_equal(kvm_room(large[i], large[k]), MOST);
        assert_int_equal(kvm_room(large[i], 0), MOST);
        assert_int_equal(kvm_room(0, large[i]), MOST);
        assert_int_equal(kvm_room(large[i], 1), MOST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_for_and_room_for_exec),
        cmocka_unit_test(whole_large_pages),
        cmocka_unit_test(never_more_than_there_are_addresses_for),
        cmocka_unit_test(no_sum_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
