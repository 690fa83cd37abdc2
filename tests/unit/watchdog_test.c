/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of who does not come back are cut, and nobody else's. */
/* links: net/watchdog.c host/clock.c */
/* libs: -lpthread */
#define _GNU_SOURCE
#include "net/watchdog.h"

#include "host/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct watchdog w;
static int ours, theirs; /* ends of a connection */

static void join(int *near, int *far)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    *near = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(*near, (struct sockaddr *)&at, size), -1);
    *far = accept(listener, NULL, NULL);
    assert_true(*far >= 0);
    close(listener);
}

static int set_up(void **state)
{
    (void)state;
    join(&ours, &theirs);
    assert_int_equal(watchdog_open(&w), 0);
    assert_true(watchdog_add(&w, ours));
    alarm(30);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    alarm(0);
    assert_int_equal(watchdog_close_socket(&w, ours), 0);
    watchdog_close(&w);
    watchdog_close(&w);
    close(theirs);
    return 0;
}

/* What a library does that goes on as long as there is something. */
static uint64_t read_while_there_is_something(void)
{
    static char piece[65536];
    const uint64_t start = clock_ms();
    ssize_t n = 1;
    while (n > 0) {
        (void)!send(theirs, piece, sizeof(piece), MSG_DONTWAIT | MSG_NOSIGNAL);
        n = recv(ours, piece, 1, 0);
    }
    assert_true(n < 0 && errno != EAGAIN);
    return clock_ms() - start;
}

static bool is_connected(void)
{
    char c = 0;
    return send(theirs, "x", 1, MSG_NOSIGNAL) == 1 && send(ours, "y", 1, MSG_NOSIGNAL) == 1 &&
           recv(theirs, &c, 1, 0) == 1 && c == 'y';
}

static void who_does_not_come_back_is_cut(void **state)
{
    (void)state;
    watchdog_begin(&w, 200);
    assert_in_range(read_while_there_is_something(), 190, 5000);
    assert_true(watchdog_end(&w));
    assert_false(watchdog_end(&w));
}

/* Nor does it get other connections, until it has come back. */
static void what_is_cut_stays_cut(void **state)
{
    (void)state;
    int near, far;
    join(&near, &far);
    watchdog_begin(&w, 50);
    read_while_there_is_something();
    assert_false(watchdog_add(&w, near));
    assert_true(watchdog_end(&w));
    assert_true(watchdog_add(&w, near));
    assert_int_equal(watchdog_close_socket(&w, near), 0);
    close(far);
}

static void who_comes_back_is_not(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        watchdog_begin(&w, 60);
        assert_true(is_connected());
        assert_false(watchdog_end(&w));
    }
    usleep(200000);
    assert_true(is_connected());
}

/* Whatever it was waiting for before. */
static void the_last_time_counts(void **state)
{
    (void)state;
    watchdog_begin(&w, 20000);
    usleep(50000); /* it sleeps until then */
    assert_false(watchdog_end(&w));
    watchdog_begin(&w, 100);
    assert_in_range(read_while_there_is_something(), 90, 5000);
    assert_true(watchdog_end(&w));
}

/* Another one with the same number is not cut. */
static void what_was_closed_is_somebody_elses(void **state)
{
    (void)state;
    int near, far, other, third;
    join(&near, &far);
    assert_true(watchdog_add(&w, near));
    assert_int_equal(watchdog_close_socket(&w, near), 0);
    join(&other, &third);
    assert_int_equal(dup2(other, near), near);
    watchdog_begin(&w, 50);
    read_while_there_is_something();
    assert_true(watchdog_end(&w));
    assert_int_equal(send(near, "x", 1, MSG_NOSIGNAL), 1);
    close(near);
    close(far);
    close(other);
    close(third);
}

static void there_are_so_many_and_no_more(void **state)
{
    (void)state;
    for (int i = 1; i < (int)WATCHDOG_SOCKETS_MAX; i++)
        assert_true(watchdog_add(&w, 1000 + i));
    assert_false(watchdog_add(&w, 2000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_does_not_come_back_is_cut),
        TEST(what_is_cut_stays_cut),
        TEST(who_comes_back_is_not),
        TEST(the_last_time_counts),
        TEST(what_was_closed_is_somebody_elses),
        TEST(there_are_so_many_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
