/* SPDX-License-Identifier: Apache-2.0 */
/* Where preview 0 differs: attributes, whence, subscriptions. */
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

/* [WASI preview0 filestat] The count of links has 32 bits and what follows moves. */
static void check_filestat(struct guest *g)
{
    assert_int_equal(guest_get(g, AT_OUT, 8), 1);
    assert_int_equal(guest_get(g, AT_OUT + 16, 1), 4);
    assert_int_equal(guest_get(g, AT_OUT + 20, 4), 1);
    assert_int_equal(guest_get(g, AT_OUT + 24, 8), 11);
    assert_int_equal(guest_get(g, AT_OUT + 40, 8), 1000000007);
    assert_int_equal(guest_get(g, AT_OUT + 56, 1), 0xff);
}

static void test_filestat(void **state)
{
    struct guest *g = *state;
    memset(g->memory + AT_OUT, 0xff, 72);
    assert_int_equal(CALL_P0(g, fd_filestat_get, FD_FILE, AT_OUT), 0);
    check_filestat(g);
    memset(g->memory + AT_OUT, 0xff, 72);
    uint32_t len = guest_text(g, AT_PATH, "f");
    assert_int_equal(CALL_P0(g, path_filestat_get, FD_DIR, 0, AT_PATH, len, AT_OUT), 0);
    check_filestat(g);
    assert_int_equal(CALL_P0(g, fd_filestat_get, FD_FILE, GUEST_PAGE - 56), 0);
}

/* [WASI preview0 whence] CUR 0, END 1, SET 2. */
static void test_whence(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL_P0(g, fd_seek, FD_FILE, 4, 2, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 4);
    assert_int_equal(CALL_P0(g, fd_seek, FD_FILE, 3, 0, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 7);
    assert_int_equal(CALL_P0(g, fd_seek, FD_FILE, 1, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 12);
    assert_int_equal(CALL_P0(g, fd_tell, FD_FILE, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 12);
}

/* [WASI preview0 subscription_clock] An identifier comes first: 56 bytes in all. */
static void test_poll(void **state)
{
    struct guest *g = *state;
    waits.ready = 0;
    guest_put64(g, AT_DATA, 70);
    g->memory[AT_DATA + 8] = 1;
    guest_put32(g, AT_DATA + 16, FD_IN);
    guest_put64(g, AT_DATA + 56, 71);
    guest_put64(g, AT_DATA + 56 + 16, 99);
    guest_put32(g, AT_DATA + 56 + 24, 1);
    guest_put64(g, AT_DATA + 56 + 32, 1000);
    assert_int_equal(CALL_P0(g, poll_oneoff, AT_DATA, AT_DATA + 512, 2, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 1);
    assert_int_equal(guest_get(g, AT_DATA + 512, 8), 71);
    assert_int_equal(guest_get(g, AT_DATA + 512 + 8, 8), 0);
    waits.ready = OBJECT_READABLE;
    assert_int_equal(CALL_P0(g, poll_oneoff, AT_DATA, AT_DATA + 512, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_DATA + 512, 8), 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_filestat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_poll, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
