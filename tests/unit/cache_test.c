/* SPDX-License-Identifier: Apache-2.0 */
/* The cache finds by exact bytes, forgets the oldest and releases all it owns. */
/* links: attest/cache.c base/cur.c base/put.c */
#include "attest/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bytes number(const uint8_t *n) { return (struct bytes){.data = n, .size = 1}; }

static void put(struct attest_cache *cache, uint8_t n)
{
    const struct bytes part = number(&n);
    uint8_t *thing = malloc(1);
    assert_non_null(thing);
    *thing = n;
    assert_int_equal(cache_put(cache, CACHED_SET, &part, 1, thing, free), 0);
}

static const uint8_t *find(struct attest_cache *cache, uint8_t n)
{
    const struct bytes part = number(&n);
    return cache_find(cache, CACHED_SET, &part, 1);
}

static void finds_by_exact_bytes(void **state)
{
    (void)state;
    struct attest_cache *cache = attest_cache_new(0);
    put(cache, 1);
    assert_int_equal(*find(cache, 1), 1);
    assert_null(find(cache, 2));
    const uint8_t one = 1;
    const struct bytes parts[] = {number(&one), {0}, number(&one)};
    assert_null(cache_find(cache, CACHED_TCB_INFO, parts, 1));
    assert_null(cache_find(cache, CACHED_SET, parts, 0));
    assert_null(cache_find(cache, CACHED_SET, parts, 2)); /* an empty part counts */
    assert_null(cache_find(cache, CACHED_SET, parts + 1, 2));
    attest_cache_free(cache);
}

/* "a" "b" is not "ab". */
static void keeps_parts_apart(void **state)
{
    (void)state;
    const struct bytes apart[] = {bytes_of_text("a"), bytes_of_text("b")};
    const struct bytes together = bytes_of_text("ab");
    struct attest_cache *cache = attest_cache_new(0);
    assert_int_equal(cache_put(cache, CACHED_SET, apart, 2, malloc(1), free), 0);
    assert_non_null(cache_find(cache, CACHED_SET, apart, 2));
    assert_null(cache_find(cache, CACHED_SET, &together, 1));
    attest_cache_free(cache);
}

static void forgets_the_least_used(void **state)
{
    (void)state;
    struct attest_cache *cache = attest_cache_new(10);
    for (uint8_t n = 0; n < 10; n++)
        put(cache, n);
    assert_non_null(find(cache, 0));
    put(cache, 10);
    assert_non_null(find(cache, 0));
    assert_null(find(cache, 1));
    assert_non_null(find(cache, 10));
    attest_cache_free(cache);
    attest_cache_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_exact_bytes),
        cmocka_unit_test(keeps_parts_apart),
        cmocka_unit_test(forgets_the_least_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
