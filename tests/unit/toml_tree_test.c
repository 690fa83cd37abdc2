/* SPDX-License-Identifier: Apache-2.0 */
/* The tree: every key is found in its own table, however many there are. */
/* links: conf/toml_tree.c base/cur.c */
#include "conf/toml_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 5000 };

static struct node *new_node(struct toml *t, enum toml_type type)
{
    struct node *n = tree_new_node(t, type, ORIGIN_HEADER, (struct toml_place){1, 1});
    assert_non_null(n);
    return n;
}

static void finds_keys_of_two_tables(void **state)
{
    (void)state;
    static char names[COUNT][8];
    struct toml *t = calloc(1, sizeof(*t));
    struct node *one = new_node(t, TOML_TABLE);
    struct node *two = new_node(t, TOML_TABLE);
    t->root = one;
    assert_null(tree_find(t, one, bytes_of_text("k0")));
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "k%u", i);
        struct node *value = new_node(t, TOML_INTEGER);
        value->value.integer = i;
        const struct toml_pair pair = {.key = bytes_of_text(names[i]), .value = &value->value};
        assert_int_equal(tree_add(t, i % 2 == 0 ? one : two, &pair), 0);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        const struct toml_pair *pair =
            tree_find(t, i % 2 == 0 ? one : two, bytes_of_text(names[i]));
        assert_non_null(pair);
        assert_int_equal(pair->value->integer, i);
        assert_null(tree_find(t, i % 2 == 0 ? two : one, bytes_of_text(names[i])));
    }
    assert_int_equal(toml_get(toml_root(t), "k42")->integer, 42);
    assert_null(toml_get(toml_root(t), "k43"));
    toml_free(t);
}

static void appends_in_order(void **state)
{
    (void)state;
    struct toml *t = calloc(1, sizeof(*t));
    struct node *array = new_node(t, TOML_ARRAY);
    for (int i = 0; i < COUNT; i++) {
        struct node *item = new_node(t, TOML_INTEGER);
        item->value.integer = i;
        assert_int_equal(tree_append(array, item), 0);
    }
    assert_int_equal(array->value.array.count, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(array->value.array.items[i]->integer, i);
    toml_free(t);
}

static void names_every_type(void **state)
{
    (void)state;
    assert_string_equal(toml_type_name(TOML_STRING), "text");
    assert_string_equal(toml_type_name(TOML_TABLE), "a table");
    for (int type = TOML_STRING; type <= TOML_TABLE; type++)
        assert_non_null(toml_type_name((enum toml_type)type));
    toml_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_keys_of_two_tables),
        cmocka_unit_test(appends_in_order),
        cmocka_unit_test(names_every_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
