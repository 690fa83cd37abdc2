/* SPDX-License-Identifier: Apache-2.0 */
/* Handles never wait, whatever kind of descriptor is behind them. */
/* links: host/handles.c */
#define _GNU_SOURCE
#include "host/handles.h"

#include "include/port.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The process's standard input is replaced by `fd` while the table is made. */
static struct handles with_input(int fd)
{
    struct handles h;
    int saved = dup(0);
    dup2(fd, 0);
    assert_int_equal(handles_init(&h, true), 0);
    dup2(saved, 0);
    close(saved);
    return h;
}

static void a_pipe_never_waits_and_keeps_its_mode(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct handles h = with_input(fds[0]);
    assert_int_equal(h.rows[0].kind, HANDLE_STREAM);
    char buffer[8];
    assert_int_equal(handle_read(&h, 0, buffer, 8, false), -EAGAIN);
    assert_int_equal(write(fds[1], "abc", 3), 3);
    assert_int_equal(handle_read(&h, 0, buffer, 8, true), -ENOTSOCK);
    assert_int_equal(handle_read(&h, 0, buffer, 8, false), 3);
    assert_false(fcntl(fds[0], F_GETFL) & O_NONBLOCK); /* that of the user's shell */
    close(fds[1]);
    assert_int_equal(handle_read(&h, 0, buffer, 8, false), 0);
    close(h.rows[0].fd);
    close(fds[0]);
    handles_fini(&h);
}

static void standard_streams_may_be_none_of_the_keeps(void **state)
{
    (void)state;
    struct handles h;
    int pair[2];
    char byte;
    assert_int_equal(handles_init(&h, false), 0);
    for (uint64_t handle = 0; handle < 3; handle++) {
        assert_int_equal(handle_read(&h, handle, &byte, 1, false), -EBADF);
        assert_int_equal(handle_write(&h, handle, "", 1), -EBADF);
        assert_int_equal(handle_close(&h, handle), -EBADF);
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(handle_add(&h, pair[0]), 3);
    assert_int_equal(handle_close(&h, 3), 0);
    assert_int_equal(handle_add(&h, pair[1]), 3);
    assert_int_equal(handle_close(&h, 3), 0);
    handles_fini(&h);
}

static void a_shared_stream_is_polled_first(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct handles h = with_input(fds[1]);
    close(h.rows[0].fd);
    h.rows[0] = (struct handle){.fd = fds[1], .kind = HANDLE_SHARED};
    static char much[200000];
    size_t total = 0;
    int64_t n;
    while ((n = handle_write(&h, 0, much, sizeof(much))) > 0)
        total += (size_t)n;
    assert_int_equal(n, -EAGAIN); /* full, and we are still here */
    assert_int_equal(total, 65536);
    h.rows[0].fd = fds[0];
    assert_int_equal(handle_read(&h, 0, much, 100, false), 100);
    close(fds[0]);
    close(fds[1]);
    handles_fini(&h);
}

static void sockets_peek_and_shut_down(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct handles h = with_input(0);
    int64_t a = handle_add(&h, fds[0]);
    int64_t b = handle_add(&h, fds[1]);
    assert_int_equal(a, 3);
    char buffer[8];
    assert_int_equal(handle_read(&h, (uint64_t)a, buffer, 8, false), -EAGAIN);
    assert_int_equal(handle_write(&h, (uint64_t)b, "xy", 2), 2);
    assert_int_equal(handle_read(&h, (uint64_t)a, buffer, 8, true), 2);
    assert_int_equal(handle_read(&h, (uint64_t)a, buffer, 8, false), 2);
    assert_int_equal(handle_shutdown(&h, (uint64_t)b, SHUT_WR), 0);
    assert_int_equal(handle_read(&h, (uint64_t)a, buffer, 8, false), 0);
    assert_int_equal(handle_write(&h, (uint64_t)b, "z", 1), -EPIPE);
    assert_int_equal(handle_accept(&h, (uint64_t)a), -EINVAL);
    assert_int_equal(handle_close(&h, (uint64_t)a), 0);
    assert_int_equal(handle_close(&h, (uint64_t)a), -EBADF);
    int again[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, again), 0);
    assert_int_equal(handle_add(&h, again[0]), 3); /* the number is free again */
    close(again[1]);
    handle_close(&h, 3);
    handle_close(&h, (uint64_t)b);
    handles_fini(&h);
}

static void numbers_beyond_the_table_are_no_handles(void **state)
{
    (void)state;
    static const uint64_t wrong[] = {3, HANDLES_MAX - 1, HANDLES_MAX, (uint64_t)1 << 40,
                                     UINT64_MAX};
    struct handles h = with_input(0);
    char byte;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(handle_read(&h, wrong[i], &byte, 1, false), -EBADF);
        assert_int_equal(handle_write(&h, wrong[i], "", 1), -EBADF);
        assert_int_equal(handle_accept(&h, wrong[i]), -EBADF);
        assert_int_equal(handle_shutdown(&h, wrong[i], SHUT_RD), -EBADF);
        assert_int_equal(handle_close(&h, wrong[i]), -EBADF);
    }
    handles_fini(&h);
}

static void the_lowest_free_number_is_next(void **state)
{
    (void)state;
    struct handles h = with_input(0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(handle_add(&h, dup(0)), 3 + i);
    assert_int_equal(handle_close(&h, 9), 0);
    assert_int_equal(handle_close(&h, 5), 0);
    assert_int_equal(handle_close(&h, 7), 0);
    static const int64_t next[] = {5, 7, 9, 13, 14};
    for (size_t i = 0; i < ARRAY_COUNT(next); i++)
        assert_int_equal(handle_add(&h, dup(0)), next[i]);
    for (uint64_t i = 3; i < 15; i++)
        assert_int_equal(handle_close(&h, i), 0);
    handles_fini(&h);
}

static void the_table_is_bounded(void **state)
{
    (void)state;
    struct handles h = with_input(0);
    h.count = HANDLES_MAX;
    for (size_t i = 3; i < HANDLES_MAX; i++)
        h.rows[i].kind = HANDLE_SOCKET;
    int fd = dup(0);
    assert_int_equal(handle_add(&h, fd), -EMFILE);
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was closed */
    handles_fini(&h);
}

struct row {
    int32_t handle;
    uint16_t want, ready;
};

static void poll_tells_what_is_ready(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct handles h = with_input(0);
    int32_t a = (int32_t)handle_add(&h, fds[0]);
    struct row rows[] = {{a, PORT_POLL_READ, 0}, {a, PORT_POLL_WRITE, 0}, {-1, 0, 0}};
    assert_int_equal(handle_poll(&h, rows, rows, 1, 1000000), 0); /* times out */
    assert_int_equal(handle_poll(&h, rows, rows, 2, PORT_FOREVER), 1);
    assert_int_equal(rows[0].ready, 0);
    assert_int_equal(rows[1].ready, PORT_POLL_WRITE);
    close(fds[1]);
    assert_int_equal(handle_poll(&h, rows, rows, 1, PORT_FOREVER), 1);
    assert_int_equal(rows[0].ready, PORT_POLL_READ | PORT_POLL_HANGUP);
    rows[0] = (struct row){77, PORT_POLL_READ, 0}; /* unknown: does not wait */
    assert_int_equal(handle_poll(&h, rows, rows, 1, PORT_FOREVER), 1);
    assert_int_equal(rows[0].ready, PORT_POLL_READ);
    handle_close(&h, (uint64_t)a);
    handles_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_never_waits_and_keeps_its_mode),
        cmocka_unit_test(standard_streams_may_be_none_of_the_keeps),
        cmocka_unit_test(a_shared_stream_is_polled_first),
        cmocka_unit_test(sockets_peek_and_shut_down),
        cmocka_unit_test(numbers_beyond_the_table_are_no_handles),
        cmocka_unit_test(the_lowest_free_number_is_next),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(poll_tells_what_is_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
