/* SPDX-License-Identifier: Apache-2.0 */
/* The table of descriptors: numbers, growth, ends. */
/* links: exec/wasi/fdtab.c */
#include "exec/wasi/fdtab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exec/vfs/vfs.h"
#include "exec/wasi/object.h"

static unsigned closed;
static unsigned released;

/* The file system's part, counted here. */
void node_release(struct node *n) { released += n != NULL; }

static void object_close(struct object *o)
{
    (void)o;
    closed++;
}

static const struct object_ops ops = {.close = object_close};
static struct object object = {.ops = &ops};

static uint32_t add(struct fdtab *t)
{
    uint32_t number;
    assert_int_equal(fdtab_reserve(t, &number), 0);
    assert_null(fdtab_get(t, number));
    fdtab_set(t, number, &(struct fd){.object = &object, .offset = number});
    assert_non_null(fdtab_get(t, number));
    return number;
}

static void test_numbers(void **state)
{
    (void)state;
    struct fdtab t = {0};
    closed = 0;
    assert_null(fdtab_get(&t, 0));
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(add(&t), i);
    fdtab_close(&t, 30);
    fdtab_close(&t, 7);
    assert_int_equal(closed, 2);
    assert_null(fdtab_get(&t, 7));
    assert_int_equal(add(&t), 7);
    assert_int_equal(add(&t), 30);
    assert_int_equal(add(&t), 40);
    assert_null(fdtab_get(&t, UINT64_MAX));
    assert_null(fdtab_get(&t, (1ull << 32) + 7));
    fdtab_fini(&t);
    assert_int_equal(closed, 43);
}

/* A reservation that comes to nothing costs no number. */
static void test_reserve_twice(void **state)
{
    (void)state;
    struct fdtab t = {0};
    uint32_t first, second;
    assert_int_equal(fdtab_reserve(&t, &first), 0);
    assert_int_equal(fdtab_reserve(&t, &second), 0);
    assert_int_equal(first, second);
    fdtab_fini(&t);
}

static void test_move(void **state)
{
    (void)state;
    struct fdtab t = {0};
    for (uint32_t i = 0; i < 4; i++)
        add(&t);
    closed = 0;
    fdtab_move(&t, 2, 2);
    assert_int_equal(closed, 0);
    fdtab_move(&t, 1, 3);
    assert_int_equal(closed, 1);
    assert_int_equal(fdtab_get(&t, 3)->offset, 1);
    assert_null(fdtab_get(&t, 1));
    assert_int_equal(add(&t), 1);
    fdtab_fini(&t);
}

static void test_limit(void **state)
{
    (void)state;
    struct fdtab t = {0};
    uint32_t number;
    for (uint32_t i = 0; i < FDTAB_MAX; i++)
        add(&t);
    assert_int_equal(fdtab_reserve(&t, &number), -EMFILE);
    fdtab_close(&t, 99);
    assert_int_equal(add(&t), 99);
    fdtab_fini(&t);
}

static void test_nodes(void **state)
{
    (void)state;
    struct fdtab t = {0};
    uint32_t number;
    char node;
    released = 0;
    assert_int_equal(fdtab_reserve(&t, &number), 0);
    fdtab_set(&t, number, &(struct fd){.node = (struct node *)&node});
    assert_non_null(fdtab_get(&t, number));
    fdtab_close(&t, number);
    assert_int_equal(released, 1);
    fdtab_fini(&t);
    assert_int_equal(released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_reserve_twice),
        cmocka_unit_test(test_move),    cmocka_unit_test(test_limit),
        cmocka_unit_test(test_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
