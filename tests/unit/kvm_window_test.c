/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest gets of exec's file when it asks, and that it gets nothing else. */
/* links: host/kvm/window.c */
#include "host/kvm/window.h"

#include "include/kvm_keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RUN  ((size_t)KVM_KEEP_RUN_SIZE)
#define SIZE (5 * RUN + 4097)

static uint8_t window[KVM_KEEP_WINDOW_SIZE + 4096];

/* Of exactly that size, so that a read behind it is seen. */
static struct bytes make_file(void)
{
    uint8_t *data = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13) | 1;
    memset(window, 0xee, sizeof(window));
    return (struct bytes){.data = data, .size = SIZE};
}

static void assert_all(size_t from, size_t to, uint8_t byte)
{
    for (size_t i = from; i < to; i++)
        assert_int_equal(window[i], byte);
}

static void it_gets_what_it_wishes(void **state)
{
    (void)state;
    const struct bytes file = make_file();
    assert_true(window_fill(window, file, (struct window_wish){.first = 1, .count = 4}));
    assert_memory_equal(window, file.data + RUN, 4 * RUN);
    assert_true(window_fill(window, file, (struct window_wish){.first = 3, .count = 1}));
    assert_memory_equal(window, file.data + 3 * RUN, RUN);
    assert_memory_equal(window + RUN, file.data + 2 * RUN, 3 * RUN);
    assert_all(4 * RUN, sizeof(window), 0xee);
    free((void *)file.data);
}

/* Neither what lies behind it in the command's file, nor what was there before. */
static void behind_the_end_are_zeroes(void **state)
{
    (void)state;
    const struct bytes file = make_file();
    assert_true(window_fill(window, file, (struct window_wish){.first = 5, .count = 2}));
    assert_memory_equal(window, file.data + 5 * RUN, 4097);
    assert_all(4097, 2 * RUN, 0);
    assert_all(2 * RUN, sizeof(window), 0xee);
    free((void *)file.data);
}

static void what_there_is_not_it_does_not_get(void **state)
{
    (void)state;
    const struct bytes file = make_file();
    static const struct window_wish wrong[] = {
        {.first = 6, .count = 1},          {.first = 0xffff, .count = 1},
        {.first = UINT32_MAX, .count = 4}, {.first = 0, .count = 5},
        {.first = 0, .count = UINT32_MAX}, {.first = 0, .count = 0xff},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(window_fill(window, file, wrong[i]));
        assert_all(0, sizeof(window), 0xee);
    }
    assert_false(window_fill(window, (struct bytes){0}, (struct window_wish){.count = 1}));
    assert_true(window_fill(window, file, (struct window_wish){.first = 0, .count = 0}));
    assert_all(0, sizeof(window), 0xee);
    free((void *)file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_gets_what_it_wishes),
        cmocka_unit_test(behind_the_end_are_zeroes),
        cmocka_unit_test(what_there_is_not_it_does_not_get),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
