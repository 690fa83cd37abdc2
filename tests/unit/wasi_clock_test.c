/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks against the system's own. */
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

#include <time.h>

static uint64_t now(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void test_time(void **state)
{
    struct guest *g = *state;
    static const clockid_t ids[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t before = now(ids[i]);
        assert_int_equal(CALL(g, clock_time_get, i, 1000, AT_OUT), 0);
        uint64_t got = guest_get(g, AT_OUT, 8);
        assert_true(before <= got && got <= now(ids[i]));
    }
}

static void test_resolution(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, clock_res_get, 0, AT_OUT), 0);
    assert_true(guest_get(g, AT_OUT, 8) > 0);
    assert_int_equal(CALL(g, clock_res_get, 1, AT_OUT), 0);
    assert_true(guest_get(g, AT_OUT, 8) > 0);
}

/* [WASI preview1 clock_time_get] Clocks of CPU time are not offered. */
static void test_unknown(void **state)
{
    struct guest *g = *state;
    for (uint32_t id = 2; id < 6; id++) {
        assert_int_equal(CALL(g, clock_time_get, id, 0, AT_OUT), WASI_EINVAL);
        assert_int_equal(CALL(g, clock_res_get, id, AT_OUT), WASI_EINVAL);
    }
    assert_int_equal(guest_get(g, AT_OUT, 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resolution, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
