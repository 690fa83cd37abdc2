/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a directory: found, removed, in a stable order, many of them. */
/* links: exec/vfs/names.c exec/vfs/hash.c base/cur.c */
#include "exec/vfs/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANY 100000u

static const struct hash_key key = {{1, 2}};

/* Nodes are only pointed to: any distinct addresses will do. */
static char nodes[MANY];

static struct node *node_at(size_t i) { return (struct node *)(void *)&nodes[i]; }

static struct name *find(const struct names *d, const char *text)
{
    return names_find(d, &key, bytes_of_text(text));
}

static void add(struct names *d, size_t i)
{
    char text[16];
    snprintf(text, sizeof(text), "n%zu", i);
    assert_int_equal(names_add(d, &key, bytes_of_text(text), node_at(i), false), 0);
}

static void remove_one(struct names *d, size_t i)
{
    char text[16];
    snprintf(text, sizeof(text), "n%zu", i);
    struct name *name = find(d, text);
    assert_non_null(name);
    assert_ptr_equal(name->node, node_at(i));
    names_remove(d, name);
    assert_null(find(d, text));
}

static void finds_only_what_is_there(void **state)
{
    (void)state;
    struct names d = {0};
    assert_null(find(&d, "a"));
    add(&d, 1);
    add(&d, 2);
    assert_ptr_equal(find(&d, "n1")->node, node_at(1));
    assert_ptr_equal(find(&d, "n2")->node, node_at(2));
    assert_null(find(&d, "n"));
    assert_null(find(&d, "n11"));
    assert_null(find(&d, "N1"));
    names_fini(&d);
    assert_null(find(&d, "n1"));
}

static void holds_many(void **state)
{
    (void)state;
    struct names d = {0};
    for (size_t i = 0; i < MANY; i++)
        add(&d, i);
    assert_int_equal(d.count, MANY);
    for (size_t i = 0; i < MANY; i += 2)
        remove_one(&d, i);
    assert_int_equal(d.count, MANY / 2);
    size_t expected = 1;
    for (struct name *n = names_next(&d, 0); n != NULL; n = names_next(&d, n->cookie + 1)) {
        assert_ptr_equal(n->node, node_at(expected));
        expected += 2;
    }
    assert_int_equal(expected, MANY + 1);
    for (size_t i = 1; i < MANY; i += 2)
        remove_one(&d, i);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.capacity, 0);
    assert_null(names_next(&d, 0));
    names_fini(&d);
}

/* Names that come and go leave the list as small as what stays. */
static void turnover_takes_no_memory(void **state)
{
    (void)state;
    struct names d = {0};
    for (size_t i = 0; i < 10; i++)
        add(&d, i);
    for (size_t i = 10; i < MANY; i++) {
        add(&d, i);
        remove_one(&d, i - 10);
    }
    assert_int_equal(d.count, 10);
    assert_true(d.capacity <= 32);
    names_fini(&d);
}

/* Against a plain model, through thousands of random changes: the order is that
 * of arrival, and a reader in the midst of it loses and doubles nothing. */
static void order_survives_changes(void **state)
{
    (void)state;
    enum { COUNT = 200, STEPS = 20000 };
    struct names d = {0};
    bool present[COUNT] = {false};
    uint64_t cookie[COUNT] = {0};
    bool stayed[COUNT] = {false}; /* present since the reader began */
    uint64_t position = 0;
    unsigned told[COUNT] = {0};
    srand(1);
    for (int step = 0; step < STEPS; step++) {
        const size_t i = (size_t)rand() % COUNT;
        if (present[i]) {
            remove_one(&d, i);
            stayed[i] = false;
        } else {
            cookie[i] = d.taken;
            add(&d, i);
        }
        present[i] = !present[i];
        if (step % 3 != 0)
            continue;
        const struct name *n = names_next(&d, position);
        if (n != NULL) {
            const size_t at = (size_t)((char *)(void *)n->node - nodes);
            assert_true(present[at] && n->cookie == cookie[at] && n->cookie >= position);
            told[at]++;
            position = n->cookie + 1;
            continue;
        }
        for (size_t k = 0; k < COUNT; k++)
            assert_true(!stayed[k] || told[k] == 1);
        memset(told, 0, sizeof(told));
        memcpy(stayed, present, sizeof(stayed));
        position = 0;
    }
    names_fini(&d);
}

static void counts_what_was_changed(void **state)
{
    (void)state;
    struct names d = {0};
    assert_int_equal(names_add(&d, &key, bytes_of_text("a"), node_at(0), true), 0);
    assert_int_equal(names_add(&d, &key, bytes_of_text("b"), node_at(1), true), 0);
    assert_int_equal(d.lost + d.added, 0);
    assert_int_equal(names_add(&d, &key, bytes_of_text("c"), node_at(2), false), 0);
    assert_int_equal(d.added, 1);
    names_remove(&d, find(&d, "c"));
    assert_int_equal(d.lost + d.added, 0);
    const uint64_t place = find(&d, "a")->cookie;
    names_replace(&d, find(&d, "a"), node_at(3));
    assert_ptr_equal(find(&d, "a")->node, node_at(3));
    assert_int_equal(find(&d, "a")->cookie, place);
    assert_int_equal(d.lost, 1);
    assert_int_equal(d.added, 1);
    names_remove(&d, find(&d, "a"));
    names_remove(&d, find(&d, "b"));
    assert_int_equal(d.lost, 2);
    assert_int_equal(d.added, 0);
    names_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_only_what_is_there), cmocka_unit_test(holds_many),
        cmocka_unit_test(turnover_takes_no_memory), cmocka_unit_test(order_survives_changes),
        cmocka_unit_test(counts_what_was_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
