/* SPDX-License-Identifier: Apache-2.0 */
/* Open files: position, size, attributes. */
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

static void test_seek(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_seek, FD_FILE, 4, 0, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 4);
    assert_int_equal(CALL(g, fd_seek, FD_FILE, (uint64_t)-3, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 1);
    assert_int_equal(CALL(g, fd_seek, FD_FILE, 100, 2, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 111);
    assert_int_equal(CALL(g, fd_tell, FD_FILE, AT_OUT + 8), 0);
    assert_int_equal(guest_get(g, AT_OUT + 8, 8), 111);
}

static void test_seek_refused(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_seek, FD_FILE, 5, 0, AT_OUT), 0);
    assert_int_equal(CALL(g, fd_seek, FD_FILE, (uint64_t)-6, 1, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_seek, FD_FILE, (uint64_t)-1, 0, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_seek, FD_FILE, INT64_MAX, 1, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_seek, FD_FILE, 0, 3, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_seek, FD_FILE, 0, 0x100, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_seek, FD_IN, 0, 0, AT_OUT), WASI_ESPIPE);
    assert_int_equal(CALL(g, fd_tell, FD_CONNECTION, AT_OUT), WASI_ESPIPE);
    assert_int_equal(CALL(g, fd_seek, FD_DIR, 0, 0, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_seek, 99, 0, 0, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_tell, FD_FILE, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 5);
}

/* [WASI preview1 filestat] */
static void test_filestat(void **state)
{
    struct guest *g = *state;
    memset(g->memory + AT_OUT, 0xff, 72);
    assert_int_equal(CALL(g, fd_filestat_get, FD_FILE, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 1);
    assert_int_not_equal(guest_get(g, AT_OUT + 8, 8), 0);
    assert_int_equal(guest_get(g, AT_OUT + 16, 8), 4);
    assert_int_equal(guest_get(g, AT_OUT + 24, 8), 1);
    assert_int_equal(guest_get(g, AT_OUT + 32, 8), 11);
    assert_int_equal(guest_get(g, AT_OUT + 48, 8), 1000000007);
    assert_int_equal(guest_get(g, AT_OUT + 64, 1), 0xff);
    assert_int_equal(CALL(g, fd_filestat_get, FD_IN, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT + 8, 8), 0);
    assert_int_equal(guest_get(g, AT_OUT + 16, 8), 2);
    assert_int_equal(guest_get(g, AT_OUT + 32, 8), 0);
    assert_int_equal(CALL(g, fd_filestat_get, FD_DIR, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT + 16, 8), 3);
    assert_int_equal(CALL(g, fd_filestat_get, 99, AT_OUT), WASI_EBADF);
}

static uint64_t size_of(struct guest *g, uint32_t fd)
{
    assert_int_equal(CALL(g, fd_filestat_get, fd, AT_OUT), 0);
    return guest_get(g, AT_OUT + 32, 8);
}

static void test_size(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_filestat_set_size, FD_FILE, 5), 0);
    assert_int_equal(size_of(g, FD_FILE), 5);
    assert_int_equal(CALL(g, fd_filestat_set_size, FD_FILE, 20), 0);
    assert_int_equal(size_of(g, FD_FILE), 20);
    assert_int_equal(CALL(g, fd_filestat_set_size, FD_FILE, 2u << 20), WASI_ENOSPC);
    assert_int_equal(CALL(g, fd_filestat_set_size, FD_DIR, 0), WASI_EBADF);
    assert_int_equal(CALL(g, fd_filestat_set_size, FD_OUT, 0), WASI_EBADF);
    assert_int_equal(CALL(g, fd_allocate, FD_FILE, 10, 90), 0);
    assert_int_equal(size_of(g, FD_FILE), 100);
    assert_int_equal(CALL(g, fd_allocate, FD_FILE, 0, 0), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_allocate, FD_DIR, 0, 1), WASI_EBADF);
}

/* [WASI preview1 fstflags] ATIM 1, ATIM_NOW 2, MTIM 4, MTIM_NOW 8. */
static void test_times(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_filestat_set_times, FD_FILE, 77, 88, 1 | 4), 0);
    assert_int_equal(CALL(g, fd_filestat_get, FD_FILE, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT + 40, 8), 77);
    assert_int_equal(guest_get(g, AT_OUT + 48, 8), 88);
    assert_int_equal(CALL(g, fd_filestat_set_times, FD_FILE, 1, 2, 8), 0);
    assert_int_equal(CALL(g, fd_filestat_get, FD_FILE, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT + 40, 8), 77);
    assert_true(guest_get(g, AT_OUT + 48, 8) > 1000000000000000000u);
    assert_int_equal(CALL(g, fd_filestat_set_times, FD_FILE, 1, 2, 1 | 2), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_filestat_set_times, FD_FILE, 1, 2, 4 | 8), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_filestat_set_times, FD_FILE, 1, 2, 16), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_filestat_set_times, FD_RO, 1, 2, 1), WASI_EROFS);
    assert_int_equal(CALL(g, fd_filestat_set_times, FD_IN, 1, 2, 1), WASI_EBADF);
}

static void test_advise_and_sync(void **state)
{
    struct guest *g = *state;
    for (uint32_t advice = 0; advice < 6; advice++)
        assert_int_equal(CALL(g, fd_advise, FD_FILE, 0, 10, advice), 0);
    assert_int_equal(CALL(g, fd_advise, FD_FILE, 0, 10, 6), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_advise, FD_DIR, 0, 10, 0), WASI_EBADF);
    assert_int_equal(CALL(g, fd_sync, FD_FILE), 0);
    assert_int_equal(CALL(g, fd_datasync, FD_FILE), 0);
    assert_int_equal(CALL(g, fd_sync, FD_DIR), 0);
    assert_int_equal(CALL(g, fd_sync, FD_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_datasync, 99), WASI_EBADF);
}

/* A file without a name lives on while it is open. */
static void test_unlinked(void **state)
{
    struct guest *g = *state;
    uint32_t len = guest_text(g, AT_PATH, "f");
    assert_int_equal(CALL(g, path_unlink_file, FD_DIR, AT_PATH, len), 0);
    assert_int_equal(size_of(g, FD_FILE), 11);
    assert_int_equal(guest_get(g, AT_OUT + 24, 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_seek, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_seek_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_filestat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_advise_and_sync, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unlinked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
