/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing: streams that make the program wait, and files. */
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

static void iov_text(struct guest *g, uint32_t index, uint32_t at, const char *text)
{
    guest_iov(g, index, at, guest_text(g, at, text));
}

static void test_read_stream(void **state)
{
    struct guest *g = *state;
    g->in->input = "abcdefgh|ij";
    guest_iov(g, 0, AT_DATA, 3);
    guest_iov(g, 1, AT_DATA + 100, 0);
    guest_iov(g, 2, AT_DATA + 200, 50);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 3, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 8);
    assert_memory_equal(g->memory + AT_DATA, "abc\0", 4);
    assert_memory_equal(g->memory + AT_DATA + 200, "defgh\0", 6);
    assert_int_equal(waits.count, 0);
}

static void test_read_waits(void **state)
{
    struct guest *g = *state;
    g->in->input = "|later";
    guest_iov(g, 0, AT_DATA, 10);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 5);
    assert_int_equal(waits.count, 1);
    assert_true(waits.timeout == UINT64_MAX);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 0); /* the end */
}

static void test_read_nonblocking(void **state)
{
    struct guest *g = *state;
    g->in->input = "|later";
    guest_iov(g, 0, AT_DATA, 10);
    assert_int_equal(CALL(g, fd_fdstat_set_flags, FD_IN, 4), 0);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 1, AT_OUT), WASI_EAGAIN);
    assert_int_equal(waits.count, 0);
}

/* What has been read is not lost to an error that follows. */
static void test_read_partial(void **state)
{
    struct guest *g = *state;
    g->in->input = "abc!";
    guest_iov(g, 0, AT_DATA, 3);
    guest_iov(g, 1, AT_DATA, 3);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 2, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 3);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 2, AT_OUT), WASI_ECONNRESET);
}

static void test_read_fails_to_wait(void **state)
{
    struct guest *g = *state;
    g->in->input = "|";
    waits.result = -EINTR;
    guest_iov(g, 0, AT_DATA, 10);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 1, AT_OUT), WASI_EINTR);
}

static void test_write_gathers(void **state)
{
    struct guest *g = *state;
    iov_text(g, 0, AT_DATA, "head");
    guest_iov(g, 1, 0, 0);
    iov_text(g, 2, AT_DATA + 50, " and body");
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_IOVS, 3, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 13);
    assert_int_equal(g->out->calls, 1);
    assert_memory_equal(g->out->output, "head and body", 13);
}

static void test_write_waits_for_room(void **state)
{
    struct guest *g = *state;
    g->out->room = 5;
    g->out->refill = 6;
    iov_text(g, 0, AT_DATA, "twelve bytes");
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_IOVS, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 12);
    assert_memory_equal(g->out->output, "twelve bytes", 12);
    assert_int_equal(waits.count, 2);
}

static void test_write_nonblocking(void **state)
{
    struct guest *g = *state;
    g->out->room = 5;
    iov_text(g, 0, AT_DATA, "twelve bytes");
    assert_int_equal(CALL(g, fd_fdstat_set_flags, FD_OUT, 4), 0);
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_IOVS, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 5);
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_IOVS, 1, AT_OUT), WASI_EAGAIN);
}

/* Beyond what is gathered: a long list of buffers, each byte in its place. */
static void test_write_much(void **state)
{
    struct guest *g = *state;
    for (uint32_t i = 0; i < 100; i++) {
        guest_put32(g, AT_DATA + 8 * i, 0x8000 + 40 * i);
        guest_put32(g, AT_DATA + 8 * i + 4, 40);
    }
    for (uint32_t i = 0; i < 4000; i++)
        g->memory[0x8000 + i] = (uint8_t)(i * 7);
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_DATA, 100, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 4000);
    assert_memory_equal(g->out->output, g->memory + 0x8000, 4000);
}

static void test_null(void **state)
{
    struct guest *g = *state;
    iov_text(g, 0, AT_DATA, "gone");
    assert_int_equal(CALL(g, fd_write, FD_NULL, AT_IOVS, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 4);
    assert_int_equal(CALL(g, fd_read, FD_NULL, AT_IOVS, 1, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 0);
}

static void test_wrong_way(void **state)
{
    struct guest *g = *state;
    guest_iov(g, 0, AT_DATA, 4);
    assert_int_equal(CALL(g, fd_write, FD_IN, AT_IOVS, 1, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_read, FD_OUT, AT_IOVS, 1, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_read, FD_LISTENER, AT_IOVS, 1, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_read, FD_DIR, AT_IOVS, 1, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_write, FD_DIR, AT_IOVS, 1, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_read, 99, AT_IOVS, 1, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_read, 0xffffffff, AT_IOVS, 1, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_pread, FD_IN, AT_IOVS, 1, 0, AT_OUT), WASI_ESPIPE);
    assert_int_equal(CALL(g, fd_pwrite, FD_OUT, AT_IOVS, 1, 0, AT_OUT), WASI_ESPIPE);
}

static void test_file(void **state)
{
    struct guest *g = *state;
    guest_iov(g, 0, AT_DATA, 5);
    guest_iov(g, 1, AT_DATA + 16, 100);
    assert_int_equal(CALL(g, fd_read, FD_FILE, AT_IOVS, 2, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 11);
    assert_memory_equal(g->memory + AT_DATA, "hello\0", 6);
    assert_memory_equal(g->memory + AT_DATA + 16, " world\0", 7);
    assert_int_equal(CALL(g, fd_read, FD_FILE, AT_IOVS, 2, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 0);

    iov_text(g, 0, AT_DATA, "!!");
    assert_int_equal(CALL(g, fd_write, FD_FILE, AT_IOVS, 1, AT_OUT), 0);
    assert_int_equal(CALL(g, fd_tell, FD_FILE, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 13);

    guest_iov(g, 0, AT_DATA, 100);
    assert_int_equal(CALL(g, fd_pread, FD_FILE, AT_IOVS, 1, 6, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 7);
    assert_memory_equal(g->memory + AT_DATA, "world!!", 7);
    iov_text(g, 0, AT_DATA, "J");
    assert_int_equal(CALL(g, fd_pwrite, FD_FILE, AT_IOVS, 1, 0, AT_OUT), 0);
    assert_int_equal(CALL(g, fd_tell, FD_FILE, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 13); /* as it was */
}

static void test_append(void **state)
{
    struct guest *g = *state;
    uint32_t fd = guest_open(g, "f", 0, 1);
    iov_text(g, 0, AT_DATA, "+");
    assert_int_equal(CALL(g, fd_write, fd, AT_IOVS, 1, AT_OUT), 0);
    assert_int_equal(CALL(g, fd_pwrite, fd, AT_IOVS, 1, 0, AT_OUT), 0);
    assert_int_equal(CALL(g, fd_tell, fd, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 8), 12);
    guest_iov(g, 0, AT_DATA, 100);
    assert_int_equal(CALL(g, fd_pread, fd, AT_IOVS, 1, 0, AT_OUT), 0);
    assert_memory_equal(g->memory + AT_DATA, "hello world++", 13);
}

static void test_access(void **state)
{
    struct guest *g = *state;
    uint32_t len = guest_text(g, AT_PATH, "f");
    guest_iov(g, 0, AT_DATA, 1);
    assert_int_equal(CALL(g, path_open, FD_DIR, 0, AT_PATH, len, 0, 2, 0, 0, AT_OUT), 0);
    assert_int_equal(CALL(g, fd_write, FD_FREE, AT_IOVS, 1, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_filestat_set_size, FD_FREE, 0), WASI_EINVAL);
    assert_int_equal(CALL(g, fd_allocate, FD_FREE, 0, 100), WASI_EBADF);
    assert_int_equal(CALL(g, path_open, FD_DIR, 0, AT_PATH, len, 0, 0x40, 0, 0, AT_OUT), 0);
    assert_int_equal(CALL(g, fd_read, FD_FREE + 1, AT_IOVS, 1, AT_OUT), WASI_EBADF);
}

/* A buffer over the list of buffers: the list was copied before. */
static void test_list_overwritten(void **state)
{
    struct guest *g = *state;
    g->in->input = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                   "tail";
    guest_iov(g, 0, AT_IOVS, 16);
    guest_iov(g, 1, AT_DATA, 4);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 2, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 20);
    assert_memory_equal(g->memory + AT_DATA, "tail", 4);
}

static void test_lists(void **state)
{
    struct guest *g = *state;
    guest_iov(g, 0, AT_DATA, GUEST_PAGE - AT_DATA + 1);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 1, AT_OUT), WASI_EFAULT);
    guest_iov(g, 0, 0xffffffff, 2);
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_IOVS, 1, AT_OUT), WASI_EFAULT);
    guest_iov(g, 0, AT_DATA, 1);
    guest_iov(g, 1, GUEST_PAGE, 1);
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_IOVS, 2, AT_OUT), WASI_EFAULT);
    assert_int_equal(g->in->calls + g->out->calls, 0);
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_IOVS, 0, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 0);
    assert_int_equal(CALL(g, fd_read, FD_IN, AT_IOVS, 0x20000000, AT_OUT), WASI_EFAULT);
}

/* Of more than IOVS_MAX buffers the first are used. */
static void test_long_list(void **state)
{
    struct guest *g = *state;
    for (uint32_t i = 0; i < 2000; i++) {
        guest_put32(g, AT_DATA + 8 * i, 0x8000);
        guest_put32(g, AT_DATA + 8 * i + 4, 1);
    }
    assert_int_equal(CALL(g, fd_write, FD_OUT, AT_DATA, 2000, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_nonblocking, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_partial, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_fails_to_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_gathers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_waits_for_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_nonblocking, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_append, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_access, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_list_overwritten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_list, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
