/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a program, and randomness. */
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

static void test_exit(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, proc_exit, 42), WASI_EXITED);
    assert_int_equal(wasi_exit_status(g->wasi), 42);
    assert_int_equal(CALL(g, proc_exit, 0xffffffff), WASI_EXITED);
    assert_int_equal(wasi_exit_status(g->wasi), 0xffffffff);
}

static void test_raise_and_yield(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, proc_raise, 6), WASI_ENOTSUP);
    assert_int_equal(guest_call(g, wasi_preview1, "sched_yield", NULL, 0), 0);
}

/* 32 bytes that stay zero would be one chance in 2^256. */
static void test_random(void **state)
{
    struct guest *g = *state;
    static const uint8_t zero[32];
    assert_int_equal(CALL(g, random_get, AT_DATA, 32), 0);
    assert_memory_not_equal(g->memory + AT_DATA, zero, 32);
    assert_memory_equal(g->memory + AT_DATA + 32, zero, 32);
    assert_int_equal(CALL(g, random_get, 0, GUEST_PAGE), 0);
    assert_memory_not_equal(g->memory + GUEST_PAGE - 32, zero, 32);
    assert_int_equal(CALL(g, random_get, GUEST_PAGE, 0), 0);
    assert_int_equal(CALL(g, random_get, 1, GUEST_PAGE), WASI_EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_exit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_raise_and_yield, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
