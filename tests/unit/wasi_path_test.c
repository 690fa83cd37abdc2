/* SPDX-License-Identifier: Apache-2.0 */
/* Paths: what starts at a directory and is text reaches the file system. */
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

/* Fills both places for paths. */
#define PATH(text)  AT_PATH, guest_text(g, AT_PATH, (text))
#define PATH2(text) AT_PATH2, guest_text(g, AT_PATH2, (text))

static uint32_t type_of(struct guest *g, const char *path, uint32_t follow)
{
    uint32_t e = CALL(g, path_filestat_get, FD_DIR, follow, PATH(path), AT_OUT);
    return e != 0 ? 1000 + e : (uint32_t)guest_get(g, AT_OUT + 16, 1);
}

static uint32_t path_open(struct guest *g, uint32_t dir, uint32_t lookup, const char *path,
                          uint32_t oflags, uint64_t rights)
{
    return CALL(g, path_open, dir, lookup, PATH(path), oflags, rights, 0, 0, AT_OUT);
}

static void test_filestat(void **state)
{
    struct guest *g = *state;
    assert_int_equal(type_of(g, "f", 0), 4);
    assert_int_equal(guest_get(g, AT_OUT + 32, 8), 11);
    assert_int_equal(type_of(g, "l", 0), 7);
    assert_int_equal(type_of(g, "l", 1), 4);
    assert_int_equal(type_of(g, "s", 0), 3);
    assert_int_equal(type_of(g, ".", 0), 3);
    assert_int_equal(type_of(g, "missing", 0), 1000 + WASI_ENOENT);
    assert_int_equal(type_of(g, "", 0), 1000 + WASI_ENOENT);
    assert_int_equal(type_of(g, "f", 2), 1000 + WASI_EINVAL);
    assert_int_equal(type_of(g, "../ro/f", 0), 1000 + WASI_EPERM);
    assert_int_equal(type_of(g, "/d/f", 0), 1000 + WASI_EPERM);
}

static void test_not_text(void **state)
{
    struct guest *g = *state;
    assert_int_equal(type_of(g, "\xff", 0), 1000 + WASI_EILSEQ);
    assert_int_equal(type_of(g, "a\xc3", 0), 1000 + WASI_EILSEQ);
    assert_int_equal(CALL(g, path_symlink, PATH("\x80"), FD_DIR, PATH2("x")), WASI_EILSEQ);
    guest_put(g, AT_PATH, "f\0", 2);
    assert_int_equal(CALL(g, path_filestat_get, FD_DIR, 0, AT_PATH, 2, AT_OUT), WASI_EINVAL);
}

static void test_not_a_directory(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, path_create_directory, FD_FILE, PATH("x")), WASI_ENOTDIR);
    assert_int_equal(CALL(g, path_create_directory, FD_IN, PATH("x")), WASI_ENOTDIR);
    assert_int_equal(CALL(g, path_create_directory, 99, PATH("x")), WASI_EBADF);
    assert_int_equal(path_open(g, FD_FILE, 0, "x", 0, 2), WASI_ENOTDIR);
}

static void test_directories(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, path_create_directory, FD_DIR, PATH("new")), 0);
    assert_int_equal(type_of(g, "new", 0), 3);
    assert_int_equal(CALL(g, path_create_directory, FD_DIR, PATH("new")), WASI_EEXIST);
    assert_int_equal(CALL(g, path_remove_directory, FD_DIR, PATH("new")), 0);
    assert_int_equal(CALL(g, path_remove_directory, FD_DIR, PATH("f")), WASI_ENOTDIR);
    assert_int_equal(CALL(g, path_unlink_file, FD_DIR, PATH("s")), WASI_EISDIR);
    assert_int_equal(CALL(g, path_unlink_file, FD_DIR, PATH("f")), 0);
    assert_int_equal(CALL(g, path_create_directory, FD_RO, PATH("new")), WASI_EROFS);
    assert_int_equal(CALL(g, path_unlink_file, FD_RO, PATH("f")), WASI_EROFS);
}

static void test_links(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, path_link, FD_DIR, 0, PATH("f"), FD_DIR, PATH2("s/f2")), 0);
    assert_int_equal(type_of(g, "s/f2", 0), 4);
    assert_int_equal(guest_get(g, AT_OUT + 24, 8), 2);
    assert_int_equal(CALL(g, path_link, FD_DIR, 0, PATH("f"), FD_DIR, PATH2("l")), WASI_EEXIST);
    assert_int_equal(CALL(g, path_link, FD_DIR, 2, PATH("f"), FD_DIR, PATH2("n")), WASI_EINVAL);
    assert_int_equal(CALL(g, path_link, FD_DIR, 1, PATH("l"), FD_DIR, PATH2("n")), 0);
    assert_int_equal(type_of(g, "n", 0), 4);
    assert_int_equal(CALL(g, path_link, FD_DIR, 0, PATH("f"), FD_RO, PATH2("n")), WASI_EROFS);
    assert_int_equal(CALL(g, path_link, FD_DIR, 0, PATH("f"), FD_IN, PATH2("n")), WASI_ENOTDIR);
}

static void test_symlinks(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, path_symlink, PATH("s/target"), FD_DIR, PATH2("sym")), 0);
    memset(g->memory + AT_DATA, '#', 16);
    assert_int_equal(CALL(g, path_readlink, FD_DIR, PATH("sym"), AT_DATA, 16, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 8);
    assert_memory_equal(g->memory + AT_DATA, "s/target#", 9);
    memset(g->memory + AT_DATA, '#', 16);
    assert_int_equal(CALL(g, path_readlink, FD_DIR, PATH("sym"), AT_DATA, 3, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 3);
    assert_memory_equal(g->memory + AT_DATA, "s/t#", 4);
    assert_int_equal(CALL(g, path_readlink, FD_DIR, PATH("f"), AT_DATA, 3, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, path_symlink, PATH("/etc"), FD_DIR, PATH2("abs")), WASI_EPERM);
}

static void test_rename(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, path_rename, FD_DIR, PATH("f"), FD_DIR, PATH2("s/g")), 0);
    assert_int_equal(type_of(g, "f", 0), 1000 + WASI_ENOENT);
    assert_int_equal(type_of(g, "s/g", 0), 4);
    assert_int_equal(CALL(g, path_rename, FD_DIR, PATH("s"), FD_DIR, PATH2("s/in")), WASI_EINVAL);
    assert_int_equal(CALL(g, path_rename, FD_DIR, PATH("s"), FD_RO, PATH2("s")), WASI_EROFS);
}

static void test_set_times(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, path_filestat_set_times, FD_DIR, 1, PATH("l"), 5, 6, 5), 0);
    assert_int_equal(type_of(g, "f", 0), 4);
    assert_int_equal(guest_get(g, AT_OUT + 40, 8), 5);
    assert_int_equal(guest_get(g, AT_OUT + 48, 8), 6);
    assert_int_equal(CALL(g, path_filestat_set_times, FD_DIR, 0, PATH("l"), 5, 6, 3), WASI_EINVAL);
    assert_int_equal(CALL(g, path_filestat_set_times, FD_RO, 0, PATH("f"), 5, 6, 1), WASI_EROFS);
}

/* [WASI preview1 oflags] CREAT 1, DIRECTORY 2, EXCL 4, TRUNC 8. */
static void test_open(void **state)
{
    struct guest *g = *state;
    assert_int_equal(path_open(g, FD_DIR, 0, "new", 0, 2), WASI_ENOENT);
    assert_int_equal(path_open(g, FD_DIR, 0, "new", 1, 2), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), FD_FREE);
    assert_int_equal(path_open(g, FD_DIR, 0, "new", 1 | 4, 2), WASI_EEXIST);
    assert_int_equal(path_open(g, FD_DIR, 0, "f", 2, 2), WASI_ENOTDIR);
    assert_int_equal(path_open(g, FD_DIR, 0, "s", 1 | 2, 2), WASI_EINVAL);
    assert_int_equal(path_open(g, FD_DIR, 0, "s", 0, 0x40), WASI_EISDIR);
    assert_int_equal(path_open(g, FD_DIR, 0, "l", 0, 2), WASI_ELOOP);
    assert_int_equal(path_open(g, FD_DIR, 1, "l", 0, 2), 0);
    assert_int_equal(path_open(g, FD_DIR, 2, "f", 0, 2), WASI_EINVAL);
    assert_int_equal(path_open(g, FD_DIR, 0, "f", 16, 2), WASI_EINVAL);
    assert_int_equal(CALL(g, path_open, FD_DIR, 0, PATH("f"), 0, 2, 0, 32, AT_OUT), WASI_EINVAL);
}

static void test_open_read_only(void **state)
{
    struct guest *g = *state;
    assert_int_equal(path_open(g, FD_RO, 0, "f", 0, 2), 0);
    assert_int_equal(path_open(g, FD_RO, 0, "f", 0, 0x42), WASI_EROFS);
    assert_int_equal(path_open(g, FD_RO, 0, "f", 8, 2), WASI_EROFS);
    assert_int_equal(path_open(g, FD_RO, 0, "n", 1, 2), WASI_EROFS);
}

static void test_open_truncates(void **state)
{
    struct guest *g = *state;
    assert_int_equal(path_open(g, FD_DIR, 0, "f", 8, 0), 0);
    assert_int_equal(type_of(g, "f", 0), 4);
    assert_int_equal(guest_get(g, AT_OUT + 32, 8), 0);
}

/* What is opened below an opened directory may be read and written. */
static void test_open_below(void **state)
{
    struct guest *g = *state;
    assert_int_equal(path_open(g, FD_DIR, 0, "s", 2, 0), 0);
    uint32_t dir = (uint32_t)guest_get(g, AT_OUT, 4);
    assert_int_equal(CALL(g, fd_fdstat_get, dir, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT + 16, 8) & 0x42, 0x42);
    assert_int_equal(path_open(g, dir, 0, "n", 1, 0x42), 0);
    assert_int_equal(path_open(g, dir, 0, "../f", 0, 2), WASI_EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_filestat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_a_directory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_directories, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_symlinks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rename, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_read_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_truncates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_below, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
