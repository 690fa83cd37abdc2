/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: accept, receive, send, shut down. */
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

static void test_accept(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, sock_accept, FD_LISTENER, 4, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), FD_FREE);
    assert_int_equal(CALL(g, fd_fdstat_get, FD_FREE, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 1), 6);
    assert_int_equal(guest_get(g, AT_OUT + 2, 2), 4);
    g->listener->input = "|c";
    assert_int_equal(CALL(g, sock_accept, FD_LISTENER, 0, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), FD_FREE + 1);
    assert_int_equal(waits.count, 1);
}

static void test_accept_refused(void **state)
{
    struct guest *g = *state;
    g->listener->input = "|!";
    assert_int_equal(CALL(g, sock_accept, FD_LISTENER, 0, AT_OUT), WASI_ECONNABORTED);
    g->listener->input = "|c";
    assert_int_equal(CALL(g, fd_fdstat_set_flags, FD_LISTENER, 4), 0);
    assert_int_equal(CALL(g, sock_accept, FD_LISTENER, 0, AT_OUT), WASI_EAGAIN);
    assert_int_equal(CALL(g, sock_accept, FD_LISTENER, 1, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, sock_accept, FD_CONNECTION, 0, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, sock_accept, FD_IN, 0, AT_OUT), WASI_ENOTSOCK);
    assert_int_equal(CALL(g, sock_accept, FD_FILE, 0, AT_OUT), WASI_ENOTSOCK);
    assert_int_equal(CALL(g, sock_accept, 99, 0, AT_OUT), WASI_EBADF);
    assert_int_equal(CALL(g, fd_fdstat_get, FD_FREE, AT_OUT), WASI_EBADF);
}

/* args: flags of sock_recv; the list has a buffer of 4 and one of 20 bytes. */
static uint32_t receive(struct guest *g, uint32_t flags)
{
    guest_iov(g, 0, AT_DATA, 4);
    guest_iov(g, 1, AT_DATA + 4, 20);
    guest_put32(g, AT_OUT + 4, 0xffff);
    return CALL(g, sock_recv, FD_CONNECTION, AT_IOVS, 2, flags, AT_OUT, AT_OUT + 4);
}

static void test_recv(void **state)
{
    struct guest *g = *state;
    assert_int_equal(receive(g, 0), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 7);
    assert_int_equal(guest_get(g, AT_OUT + 4, 4), 0); /* roflags is 16 bits wide */
    assert_memory_equal(g->memory + AT_DATA, "request", 7);
}

static void test_peek(void **state)
{
    struct guest *g = *state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(receive(g, 1), 0);
        assert_int_equal(guest_get(g, AT_OUT, 4), 4);
        assert_memory_equal(g->memory + AT_DATA, "requ\0", 5);
    }
    assert_int_equal(receive(g, 1 | 2), 0);
    g->connection->input = "|x";
    assert_int_equal(receive(g, 1), 0);
    assert_int_equal(waits.count, 1);
    assert_string_equal(g->connection->input, "x");
}

static void test_wait_for_all(void **state)
{
    struct guest *g = *state;
    g->connection->input = "ab|cde|fghi|jklmnopqrstuvwxyz";
    assert_int_equal(receive(g, 2), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 24);
    assert_memory_equal(g->memory + AT_DATA, "abcdefghijklmnopqrstuvwx", 24);
    assert_int_equal(waits.count, 3);
    assert_int_equal(receive(g, 2), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 2); /* then it ends */
    g->connection->input = "ab|";
    assert_int_equal(CALL(g, fd_fdstat_set_flags, FD_CONNECTION, 4), 0);
    assert_int_equal(receive(g, 2), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 2);
}

static void test_recv_refused(void **state)
{
    struct guest *g = *state;
    assert_int_equal(receive(g, 4), WASI_EINVAL);
    assert_int_equal(CALL(g, sock_recv, FD_LISTENER, AT_IOVS, 1, 0, AT_OUT, AT_OUT), WASI_ENOTCONN);
    assert_int_equal(CALL(g, sock_recv, FD_IN, AT_IOVS, 1, 0, AT_OUT, AT_OUT), WASI_ENOTSOCK);
    g->connection->input = "!";
    assert_int_equal(receive(g, 0), WASI_ECONNRESET);
}

static void test_send(void **state)
{
    struct guest *g = *state;
    guest_iov(g, 0, AT_DATA, guest_text(g, AT_DATA, "answer"));
    assert_int_equal(CALL(g, sock_send, FD_CONNECTION, AT_IOVS, 1, 0, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 6);
    assert_memory_equal(g->connection->output, "answer", 6);
    assert_int_equal(CALL(g, sock_send, FD_CONNECTION, AT_IOVS, 1, 1, AT_OUT), WASI_EINVAL);
    assert_int_equal(CALL(g, sock_send, FD_LISTENER, AT_IOVS, 1, 0, AT_OUT), WASI_ENOTCONN);
    assert_int_equal(CALL(g, sock_send, FD_OUT, AT_IOVS, 1, 0, AT_OUT), WASI_ENOTSOCK);
}

static void test_shutdown(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, sock_shutdown, FD_CONNECTION, 2), 0);
    assert_int_equal(g->connection->shut, OBJECT_SHUT_WR);
    assert_int_equal(CALL(g, sock_shutdown, FD_CONNECTION, 1), 0);
    assert_int_equal(g->connection->shut, OBJECT_SHUT_WR | OBJECT_SHUT_RD);
    assert_int_equal(CALL(g, sock_shutdown, FD_CONNECTION, 0), WASI_EINVAL);
    assert_int_equal(CALL(g, sock_shutdown, FD_CONNECTION, 4), WASI_EINVAL);
    assert_int_equal(CALL(g, sock_shutdown, FD_LISTENER, 1), WASI_ENOTCONN);
    assert_int_equal(CALL(g, sock_shutdown, FD_FILE, 1), WASI_ENOTSOCK);
    assert_int_equal(CALL(g, sock_shutdown, 99, 1), WASI_EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_accept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_accept_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recv, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peek, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wait_for_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recv_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shutdown, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
