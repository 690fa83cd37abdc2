/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments and environment as a program fetches them. */
/* links: tests/unit/wasi_guest.c exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c base/put.c base/utf8.c */
#include "tests/unit/wasi_guest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    struct guest *g = malloc(sizeof(*g));
    guest_init(g);
    *state = g;
    return 0;
}

static int tear_down(void **state)
{
    struct guest *g = *state;
    guest_fini(g);
    free(g);
    return 0;
}

static void test_args(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, args_sizes_get, AT_OUT, AT_OUT + 4), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 2);
    assert_int_equal(guest_get(g, AT_OUT + 4, 4), 9);
    memset(g->memory + AT_DATA, '#', 16);
    assert_int_equal(CALL(g, args_get, AT_OUT, AT_DATA), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), AT_DATA);
    assert_int_equal(guest_get(g, AT_OUT + 4, 4), AT_DATA + 5);
    assert_memory_equal(g->memory + AT_DATA, "prog\0a b\0#", 10);
}

static void test_environ(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, environ_sizes_get, AT_OUT, AT_OUT + 4), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 2);
    assert_int_equal(guest_get(g, AT_OUT + 4, 4), 13);
    assert_int_equal(CALL(g, environ_get, AT_OUT, AT_DATA), 0);
    assert_int_equal(guest_get(g, AT_OUT + 4, 4), AT_DATA + 6);
    assert_memory_equal(g->memory + AT_DATA, "K=v=1\0EMPTY=\0", 13);
}

/* The text must fit to its last byte. */
static void test_exact_fit(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, args_get, GUEST_PAGE - 8, AT_DATA), 0);
    assert_int_equal(CALL(g, args_get, AT_OUT, GUEST_PAGE - 9), 0);
    assert_int_equal(CALL(g, args_get, AT_OUT, GUEST_PAGE - 8), WASI_EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_args, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_environ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exact_fit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
