/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: what they say they are, where they are found, how they end. */
/* links: tests/unit/wasi_guest.c exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c base/put.c base/utf8.c */
#include "exec/wasi/fdtab.h"
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

static void check_fdstat(struct guest *g, uint32_t fd, unsigned type, unsigned flags)
{
    memset(g->memory + AT_OUT, 0xff, 24);
    assert_int_equal(CALL(g, fd_fdstat_get, fd, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 1), type);
    assert_int_equal(guest_get(g, AT_OUT + 2, 2), flags);
}

static uint64_t rights_of(struct guest *g, uint32_t fd)
{
    assert_int_equal(CALL(g, fd_fdstat_get, fd, AT_OUT), 0);
    return guest_get(g, AT_OUT + 8, 8);
}

/* [WASI preview1 filetype, rights] FD_READ 2, FD_SEEK 4, FD_TELL 32, FD_WRITE 64. */
static void test_fdstat(void **state)
{
    struct guest *g = *state;
    check_fdstat(g, FD_IN, 2, 0);
    check_fdstat(g, FD_OUT, 0, 0);
    check_fdstat(g, FD_LISTENER, 6, 0);
    check_fdstat(g, FD_DIR, 3, 0);
    check_fdstat(g, FD_FILE, 4, 0);
    assert_int_equal(rights_of(g, FD_IN) & (2 | 4 | 32 | 64), 2); /* so a terminal is one */
    assert_int_equal(rights_of(g, FD_OUT) & (2 | 4 | 32 | 64), 64);
    assert_int_equal(rights_of(g, FD_FILE) & (2 | 4 | 32 | 64), 2 | 4 | 32 | 64);
    assert_int_equal(rights_of(g, FD_LISTENER) >> 28, 2);   /* SOCK_ACCEPT */
    assert_int_equal(rights_of(g, FD_CONNECTION) >> 28, 1); /* SOCK_SHUTDOWN */
    assert_int_equal(rights_of(g, FD_DIR) & (1u << 13), 1u << 13);
    assert_int_equal(CALL(g, fd_fdstat_get, 99, AT_OUT), WASI_EBADF);
}

static void test_flags(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_fdstat_set_flags, FD_FILE, 5), 0);
    check_fdstat(g, FD_FILE, 4, 5);
    assert_int_equal(CALL(g, fd_fdstat_set_flags, FD_FILE, 32), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_fdstat_set_flags, FD_FILE, 0x10000), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_fdstat_set_flags, 99, 0), WASI_EBADF);
    check_fdstat(g, FD_FILE, 4, 5);
}

static void test_rights_stay(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_fdstat_set_rights, FD_FILE, 0, 0), WASI_ENOTSUP);
    assert_int_equal(CALL(g, fd_fdstat_set_rights, 99, 0, 0), WASI_EBADF);
}

/* A scan for directories from 3 on meets no EBADF before the last one. */
static void test_prestat(void **state)
{
    struct guest *g = *state;
    for (uint32_t fd = 0; fd < 3; fd++)
        assert_int_equal(CALL(g, fd_prestat_get, fd, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_prestat_get, FD_LISTENER, AT_OUT), 0);
    assert_int_not_equal(guest_get(g, AT_OUT, 1), 0);
    assert_int_equal(CALL(g, fd_prestat_get, FD_CONNECTION, AT_OUT), 0);
    assert_int_not_equal(guest_get(g, AT_OUT, 1), 0);
    guest_put64(g, AT_OUT, UINT64_MAX);
    assert_int_equal(CALL(g, fd_prestat_get, FD_DIR, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 1), 0);
    assert_int_equal(guest_get(g, AT_OUT + 4, 4), 2);
    assert_int_equal(CALL(g, fd_prestat_get, FD_RO, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT + 4, 4), 3);
    assert_int_equal(CALL(g, fd_prestat_get, FD_FILE, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_prestat_get, 99, AT_OUT), WASI_EBADF);
}

static void test_prestat_name(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_prestat_dir_name, FD_RO, AT_DATA, 3), 0);
    assert_memory_equal(g->memory + AT_DATA, "/ro\0", 4);
    assert_int_equal(CALL(g, fd_prestat_dir_name, FD_RO, AT_DATA, 100), 0);
    assert_int_equal(CALL(g, fd_prestat_dir_name, FD_RO, AT_DATA, 2), WASI_ENAMETOOLONG);
    assert_int_equal(CALL(g, fd_prestat_dir_name, FD_LISTENER, AT_DATA, 9), WASI_ENOTDIR);
    assert_int_equal(CALL(g, fd_prestat_dir_name, FD_FILE, AT_DATA, 9), WASI_ENOTDIR);
    assert_int_equal(CALL(g, fd_prestat_dir_name, 99, AT_DATA, 9), WASI_EBADF);
}

/* The number of a closed directory, taken by another descriptor, still answers. */
static void test_prestat_of_successor(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_close, FD_CONNECTION), 0);
    assert_int_equal(guest_open(g, "s", 2, 0), FD_CONNECTION);
    assert_int_equal(CALL(g, fd_prestat_get, FD_CONNECTION, AT_OUT), 0);
    assert_int_not_equal(guest_get(g, AT_OUT, 1), 0);
}

static void test_close_reuses_lowest(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_close, FD_CONNECTION), 0);
    assert_int_equal(g->closed, 1);
    assert_int_equal(CALL(g, fd_close, FD_CONNECTION), WASI_EBADF);
    assert_int_equal(CALL(g, fd_close, FD_OUT), 0);
    assert_int_equal(CALL(g, fd_close, 99), WASI_EBADF);
    assert_int_equal(guest_open(g, "f", 0, 0), FD_OUT);
    assert_int_equal(guest_open(g, "f", 0, 0), FD_CONNECTION);
    assert_int_equal(guest_open(g, "f", 0, 0), FD_FREE);
}

static void test_renumber(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_renumber, FD_FILE, 99), WASI_EBADF);
    assert_int_equal(CALL(g, fd_renumber, 99, FD_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_renumber, FD_OUT, FD_OUT), 0);
    assert_int_equal(g->closed, 0);
    assert_int_equal(CALL(g, fd_renumber, FD_FILE, FD_OUT), 0);
    assert_int_equal(g->closed, 1);
    check_fdstat(g, FD_OUT, 4, 0);
    assert_int_equal(CALL(g, fd_fdstat_get, FD_FILE, AT_OUT), WASI_EBADF);
    assert_int_equal(guest_open(g, "f", 0, 0), FD_FILE);
}

/* A preopened directory takes its name along. */
static void test_renumber_preopen(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_renumber, FD_RO, FD_LISTENER), 0);
    assert_int_equal(CALL(g, fd_prestat_dir_name, FD_LISTENER, AT_DATA, 3), 0);
    assert_int_equal(CALL(g, fd_prestat_get, FD_RO, AT_OUT), WASI_EBADF);
}

static void test_limit(void **state)
{
    struct guest *g = *state;
    for (uint32_t fd = FD_FREE; fd < FDTAB_MAX; fd++)
        assert_int_equal(guest_open(g, "f", 0, 0), fd);
    uint32_t len = guest_text(g, AT_PATH, "new");
    assert_int_equal(CALL(g, path_open, FD_DIR, 0, AT_PATH, len, 1, 2, 0, 0, AT_OUT), WASI_EMFILE);
    assert_int_equal(CALL(g, path_filestat_get, FD_DIR, 0, AT_PATH, len, AT_OUT), WASI_ENOENT);
    assert_int_equal(CALL(g, sock_accept, FD_LISTENER, 0, AT_OUT), WASI_EMFILE);
    assert_string_equal(g->listener->input, "cc");
    assert_int_equal(CALL(g, fd_close, 1000), 0);
    assert_int_equal(guest_open(g, "f", 0, 0), 1000);
}

/* Everything is closed at the end, and when there was no beginning. */
static void test_streams_are_closed(void **state)
{
    struct guest *g = *state;
    wasi_free(g->wasi);
    g->wasi = NULL;
    assert_int_equal(g->closed, 4);

    struct guest other;
    guest_init(&other);
    struct wasi_preopen dir = {.path = bytes_of_text("/missing")};
    const struct wasi_config config = {.dirs = &dir, .dir_count = 1, .vfs = other.vfs};
    struct wasi *w;
    assert_int_equal(wasi_new(&config, &w), -ENOENT);
    guest_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fdstat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rights_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_prestat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_prestat_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_prestat_of_successor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_reuses_lowest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renumber, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renumber_preopen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_streams_are_closed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
