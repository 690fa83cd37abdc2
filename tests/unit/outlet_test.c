/* SPDX-License-Identifier: Apache-2.0 */
/* Where output goes: all of it, in order, without waiting, and without a trace on
 * descriptors that others have, too. */
/* links: host/deploy/outlet.c tests/unit/scratch.c base/cur.c */
/* libs: -lutil */
#define _GNU_SOURCE
#include "host/deploy/outlet.h"

#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct outlet outlet;
static uint8_t piece[CHANNEL_WINDOW], got[4 * CHANNEL_WINDOW];

static uint8_t pattern(size_t i) { return (uint8_t)(i * 7 + (i >> 8)); }

static size_t put(size_t from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        piece[i] = pattern(from + i);
    return outlet_put(&outlet, (struct bytes){piece, size});
}

/* Writes until what is there is full, then windows as they become free, and reads it all. */
static void carries_all(int reading, int writing)
{
    const size_t all = sizeof(got);
    size_t put_bytes = 0, done = 0, read_bytes = 0;
    outlet_open(&outlet, writing);
    while (read_bytes < all) {
        const size_t room = CHANNEL_WINDOW - (put_bytes - done);
        const size_t left = all - put_bytes, size = room < left ? room : left;
        if (size > 0) {
            done += put(put_bytes, size);
            put_bytes += size;
        }
        assert_int_equal(outlet_pending(&outlet), put_bytes - done);
        const ssize_t n = read(reading, got + read_bytes, 5000);
        assert_true(n > 0);
        read_bytes += (size_t)n;
        done += outlet_flush(&outlet);
    }
    for (size_t i = 0; i < all; i++)
        assert_int_equal(got[i], pattern(i));
    assert_int_equal(outlet.error, 0);
    assert_int_equal(fcntl(writing, F_GETFL) & O_NONBLOCK, 0);
    outlet_close(&outlet);
    assert_true(fcntl(writing, F_GETFD) >= 0);
}

static void pipes_are_not_waited_for(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    carries_all(fds[0], fds[1]);
    close(fds[0]);
    close(fds[1]);
}

static void sockets_are_not_waited_for(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    carries_all(fds[0], fds[1]);
    close(fds[0]);
    close(fds[1]);
}

static void terminals_are_not_waited_for(void **state)
{
    (void)state;
    int ours, its;
    assert_int_equal(openpty(&ours, &its, NULL, NULL, NULL), 0);
    outlet_open(&outlet, its);
    size_t done = 1;
    for (size_t i = 0; done > 0; i++) {
        assert_true(i < 1000000); /* how much a terminal holds is the system's affair */
        done = outlet_put(&outlet, (struct bytes){(const uint8_t *)"0123456789abcdef", 16});
    }
    assert_int_equal(outlet_pending(&outlet), 16);
    assert_int_equal(fcntl(its, F_GETFL) & O_NONBLOCK, 0);
    outlet_close(&outlet);
    close(ours);
    close(its);
}

static void files_go_on_where_they_are(void **state)
{
    (void)state;
    const int fd = open("file", O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, "before ", 7), 7);
    outlet_open(&outlet, fd);
    assert_int_equal(outlet_put(&outlet, bytes_of_text("behind")), 6);
    outlet_close(&outlet);
    close(fd);
    assert_true(scratch_holds("file", bytes_of_text("before behind")));
}

static void nobody_there_is_an_error_once(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    outlet_open(&outlet, fds[1]);
    close(fds[0]);
    assert_int_equal(put(0, 1000), 1000);
    assert_int_equal(outlet.error, -EPIPE);
    assert_int_equal(put(0, CHANNEL_WINDOW), CHANNEL_WINDOW);
    assert_int_equal(outlet_pending(&outlet), 0);
    outlet_close(&outlet);
    close(fds[1]);
}

/* What waits when the reader goes is dropped, and done with. */
static void a_reader_that_goes_takes_the_rest_along(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    outlet_open(&outlet, fds[1]);
    size_t done = 0, all = 0;
    while (outlet_pending(&outlet) == 0) {
        done += put(all, 10000);
        all += 10000;
    }
    close(fds[0]);
    assert_int_equal(done + outlet_flush(&outlet), all);
    assert_int_equal(outlet.error, -EPIPE);
    outlet_close(&outlet);
    close(fds[1]);
}

static void a_closed_one_is_an_error(void **state)
{
    (void)state;
    const int fd = open(".", O_PATH);
    outlet_open(&outlet, fd);
    assert_int_equal(put(0, 10), 10);
    assert_int_equal(outlet.error, -EBADF);
    outlet_close(&outlet);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipes_are_not_waited_for),
        cmocka_unit_test(sockets_are_not_waited_for),
        cmocka_unit_test(terminals_are_not_waited_for),
        cmocka_unit_test_setup_teardown(files_go_on_where_they_are, scratch_open, scratch_close),
        cmocka_unit_test(nobody_there_is_an_error_once),
        cmocka_unit_test(a_reader_that_goes_takes_the_rest_along),
        cmocka_unit_test(a_closed_one_is_an_error),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
