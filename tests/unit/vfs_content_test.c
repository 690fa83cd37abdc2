/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a file: kept while they grow and shrink across heap and mapping,
 * and never showing what was cut off. */
/* links: exec/vfs/content.c */
#include "exec/vfs/content.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool all_are(const struct content *c, uint64_t from, uint64_t to, uint8_t value)
{
    for (uint64_t i = from; i < to; i++) {
        if (c->data[i] != value)
            return false;
    }
    return true;
}

static void starts_and_ends_empty(void **state)
{
    (void)state;
    struct content c = {0};
    assert_int_equal(content_resize(&c, 0), 0);
    assert_null(c.data);
    assert_int_equal(content_resize(&c, 1), 0);
    assert_int_equal(c.data[0], 0);
    assert_int_equal(content_resize(&c, 0), 0);
    assert_null(c.data);
    assert_int_equal(c.capacity, 0);
    content_fini(&c);
}

/* Each size to each other, on both sides of every border there is. */
static void keeps_what_is_common_and_zeros_the_rest(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1,      63,     64,     65,     4095,    4096,   4097,
                                     65535,  65536,  65537,  69632,  69633,   100000, 131072,
                                     131073, 400000, 400001, 999999, 1 << 20, 3 << 20};
    const size_t count = sizeof(sizes) / sizeof(sizes[0]);
    for (size_t i = 0; i < count * count; i++) {
        const uint64_t before = sizes[i / count];
        const uint64_t after = sizes[i % count];
        const uint64_t common = before < after ? before : after;
        struct content c = {0};
        assert_int_equal(content_resize(&c, before), 0);
        assert_true(all_are(&c, 0, before, 0));
        memset(c.data, 0xa5, before);
        assert_int_equal(content_resize(&c, after), 0);
        assert_int_equal(c.size, after);
        assert_true(all_are(&c, 0, common, 0xa5));
        assert_true(all_are(&c, common, c.capacity, 0));
        content_fini(&c);
    }
}

static void shows_nothing_of_what_was_cut(void **state)
{
    (void)state;
    struct content c = {0};
    assert_int_equal(content_resize(&c, 300000), 0);
    memset(c.data, 0xa5, 300000);
    assert_int_equal(content_resize(&c, 200001), 0);
    assert_int_equal(content_resize(&c, 300000), 0);
    assert_true(all_are(&c, 0, 200001, 0xa5));
    assert_true(all_are(&c, 200001, 300000, 0));
    content_fini(&c);
}

/* Growing byte by byte moves the bytes a logarithmic number of times. */
static void growth_is_amortised(void **state)
{
    (void)state;
    struct content c = {0};
    size_t moves = 0;
    uint64_t capacity = 0;
    for (uint64_t size = 1; size <= 4 << 20; size++) {
        assert_int_equal(content_resize(&c, size), 0);
        moves += c.capacity != capacity;
        capacity = c.capacity;
    }
    assert_true(moves < 40);
    content_fini(&c);
}

static void cutting_gives_memory_back(void **state)
{
    (void)state;
    struct content c = {0};
    assert_int_equal(content_resize(&c, 64 << 20), 0);
    assert_int_equal(content_resize(&c, 10), 0);
    assert_true(c.capacity < 4096);
    content_fini(&c);
}

static void refuses_the_impossible_unharmed(void **state)
{
    (void)state;
    struct content c = {0};
    assert_int_equal(content_resize(&c, 100000), 0);
    c.data[99999] = 7;
    assert_int_equal(content_resize(&c, (uint64_t)1 << 60), -ENOMEM);
    assert_int_equal(content_resize(&c, UINT64_MAX), -ENOMEM);
    assert_int_equal(c.size, 100000);
    assert_int_equal(c.data[99999], 7);
    content_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_ends_empty),
        cmocka_unit_test(keeps_what_is_common_and_zeros_the_rest),
        cmocka_unit_test(shows_nothing_of_what_was_cut),
        cmocka_unit_test(growth_is_amortised),
        cmocka_unit_test(cutting_gives_memory_back),
        cmocka_unit_test(refuses_the_impossible_unharmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
