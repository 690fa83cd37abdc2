/* SPDX-License-Identifier: Apache-2.0 */
/* fd_readdir: buffers of every size tell the same. */
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

struct listing {
    char names[256]; /* each followed by its type and a blank */
    unsigned calls;
};

/* Reads on as C libraries do: what is cut off is asked for again. */
static struct listing list(struct guest *g, uint32_t fd, uint32_t size)
{
    struct listing l = {0};
    uint64_t cookie = 0;
    for (;;) {
        assert_int_equal(CALL(g, fd_readdir, fd, AT_DATA, size, cookie, AT_OUT), 0);
        l.calls++;
        uint32_t used = (uint32_t)guest_get(g, AT_OUT, 4);
        assert_true(used <= size);
        uint32_t at = 0;
        while (used - at >= 24) {
            uint32_t len = (uint32_t)guest_get(g, AT_DATA + at + 16, 4);
            if (used - at - 24 < len)
                break;
            strncat(l.names, (char *)g->memory + AT_DATA + at + 24, len);
            char type[] = {(char)('0' + guest_get(g, AT_DATA + at + 20, 1)), ' ', '\0'};
            strcat(l.names, type);
            cookie = guest_get(g, AT_DATA + at, 8);
            at += 24 + len;
        }
        if (used < size)
            return l;
        assert_true(at > 0);
    }
}

static void test_all(void **state)
{
    struct guest *g = *state;
    struct listing whole = list(g, FD_DIR, 4096);
    assert_int_equal(whole.calls, 1);
    assert_non_null(strstr(whole.names, ".3 ..3 "));
    assert_non_null(strstr(whole.names, "f4 "));
    assert_non_null(strstr(whole.names, "l7 "));
    assert_non_null(strstr(whole.names, "s3 "));
    assert_int_equal(strlen(whole.names), 3 + 4 + 3 * 3);
    for (uint32_t size = 26; size < 160; size++)
        assert_string_equal(list(g, FD_DIR, size).names, whole.names);
}

static void test_truncated(void **state)
{
    struct guest *g = *state;
    memset(g->memory + AT_DATA, '#', 64);
    for (uint32_t size = 0; size <= 25; size++) {
        assert_int_equal(CALL(g, fd_readdir, FD_DIR, AT_DATA, size, 0, AT_OUT), 0);
        assert_int_equal(guest_get(g, AT_OUT, 4), size);
        assert_int_equal(guest_get(g, AT_DATA + size, 1), '#');
    }
}

/* A cookie stays good while the directory changes. */
static void test_change_between(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_readdir, FD_DIR, AT_DATA, 24 + 1 + 24 + 2, 0, AT_OUT), 0);
    uint64_t cookie = guest_get(g, AT_DATA + 25, 8);
    uint32_t len = guest_text(g, AT_PATH, "f");
    assert_int_equal(CALL(g, path_unlink_file, FD_DIR, AT_PATH, len), 0);
    assert_int_equal(CALL(g, fd_readdir, FD_DIR, AT_DATA, 4096, cookie, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 25 + 25);
}

static void test_refused(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_readdir, FD_FILE, AT_DATA, 100, 0, AT_OUT), WASI_ENOTDIR);
    assert_int_equal(CALL(g, fd_readdir, FD_IN, AT_DATA, 100, 0, AT_OUT), WASI_ENOTDIR);
    assert_int_equal(CALL(g, fd_readdir, 99, AT_DATA, 100, 0, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_readdir, FD_DIR, AT_DATA, 100, UINT64_MAX, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_truncated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_change_between, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
