/* SPDX-License-Identifier: Apache-2.0 */
/* What a loop calls back, and what it does not any more. */
/* links: net/loop.c */
#define _GNU_SOURCE
#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct end {
    struct loop *loop;
    struct watch watch;
    struct end *removes; /* when it is called; null: nobody */
    unsigned calls;
    uint32_t events;
};

static void on_ready(void *context, uint32_t events)
{
    struct end *e = context;
    e->calls++;
    e->events = events;
    if (e->removes != NULL)
        loop_remove(e->loop, &e->removes->watch);
}

static void open_end(struct end *e, struct loop *loop, int fd, uint32_t events)
{
    *e = (struct end){.loop = loop, .watch = {.fd = fd, .ready = on_ready, .context = e}};
    assert_int_equal(loop_add(loop, &e->watch, events), 0);
}

struct pair {
    struct loop loop;
    int fds[2];
    struct end ends[2];
};

static void open_pair(struct pair *p, uint32_t events)
{
    assert_int_equal(loop_open(&p->loop), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p->fds), 0);
    open_end(&p->ends[0], &p->loop, p->fds[0], events);
    open_end(&p->ends[1], &p->loop, p->fds[1], events);
}

static void close_pair(struct pair *p)
{
    close(p->fds[0]);
    close(p->fds[1]);
    loop_close(&p->loop);
}

static void who_is_ready_is_called(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, EPOLLIN);
    assert_int_equal(loop_run(&p.loop, 0), 0);
    assert_int_equal(write(p.fds[1], "x", 1), 1);
    assert_int_equal(loop_run(&p.loop, 1000), 0);
    assert_int_equal(p.ends[0].calls, 1);
    assert_int_equal(p.ends[0].events, EPOLLIN);
    assert_int_equal(p.ends[1].calls, 0);
    assert_int_equal(loop_run(&p.loop, 0), 0); /* it is still there to be read */
    assert_int_equal(p.ends[0].calls, 2);
    close_pair(&p);
}

static void what_is_waited_for_changes(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, 0);
    assert_int_equal(write(p.fds[1], "x", 1), 1);
    assert_int_equal(loop_run(&p.loop, 0), 0);
    assert_int_equal(p.ends[0].calls, 0);
    loop_change(&p.loop, &p.ends[0].watch, EPOLLIN | EPOLLOUT);
    assert_int_equal(loop_run(&p.loop, 0), 0);
    assert_int_equal(p.ends[0].events, EPOLLIN | EPOLLOUT);
    close_pair(&p);
}

/* Both are ready in the same turn; whoever comes first removes the other. */
static void who_was_removed_is_not_called(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, EPOLLOUT);
    p.ends[0].removes = &p.ends[1];
    p.ends[1].removes = &p.ends[0];
    assert_int_equal(loop_run(&p.loop, 0), 0);
    assert_int_equal(p.ends[0].calls + p.ends[1].calls, 1);
    assert_int_equal(loop_run(&p.loop, 0), 0);
    assert_int_equal(p.ends[0].calls + p.ends[1].calls, 2);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_ready_is_called),
        cmocka_unit_test(what_is_waited_for_changes),
        cmocka_unit_test(who_was_removed_is_not_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
