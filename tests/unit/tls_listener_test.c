/* SPDX-License-Identifier: Apache-2.0 */
/* A listener for TLS: what a program accepts is done with its handshake, and whoever stalls,
 * speaks something else or leaves costs the others nothing. */
/* links: tests/unit/port_sockets.c tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c crypto/digest.c base/der.c base/der_put.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* links: exec/tls_listener.c exec/tls_stream.c exec/wire.c exec/wait.c exec/port.c exec/time.c */
/* libs: -lssl -lcrypto -Wl,--wrap=calloc */
#include "exec/tls_listener.h"

#include "tests/unit/port_sockets.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool short_of_memory;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return short_of_memory ? NULL : __real_calloc(count, size);
}

static struct {
    struct tls_streams set;
    struct tls_context *context;
    struct object *listener;
    int fd;
} l;

struct client {
    struct tls_session *tls;
    int fd;
};

static int set_up(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.now = 1;
    const struct tls_config config = {.server = true, .own = pair_identity(true)};
    tls_streams_init(&l.set, NULL);
    assert_int_equal(tls_context_new(&config, &l.context), 0);
    l.fd = socket_listen();
    l.listener = tls_listener_new(&l.set, l.context, l.fd);
    assert_non_null(l.listener);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    l.listener->ops->close(l.listener);
    tls_context_free(l.context);
    return 0;
}

static struct client client_new(void)
{
    return (struct client){.tls = pair_client(NULL), .fd = socket_connect(l.fd)};
}

static void client_go(struct client *c)
{
    socket_carry(c->tls, c->fd);
    (void)!tls_session_handshake(c->tls);
    socket_carry(c->tls, c->fd);
}

static void client_free(struct client *c)
{
    tls_session_free(c->tls);
    close(c->fd);
}

static int try_accept(struct object **out) { return l.listener->ops->accept(l.listener, out); }

static unsigned wait_now(uint64_t timeout_ns)
{
    struct wait_row row = {.object = l.listener, .want = OBJECT_READABLE};
    assert_true(wait_for(&l.set.company, &row, 1, timeout_ns) >= 0);
    return row.ready;
}

/* Until one is accepted. */
static struct object *accept_from(struct client *c)
{
    struct object *o = NULL;
    for (unsigned i = 0; i < 10; i++) {
        client_go(c);
        if (wait_now(0) == OBJECT_READABLE) {
            assert_int_equal(try_accept(&o), 0);
            client_go(c);
            return o;
        }
        assert_int_equal(try_accept(&o), -EAGAIN);
    }
    fail_msg("no connection");
    return NULL;
}

/* That it is of this client, and works. */
static void speaks(struct object *o, struct client *c)
{
    char got[16] = "";
    assert_int_equal(tls_session_write(c->tls, bytes_of_text("who?")), 4);
    client_go(c);
    assert_int_equal(o->ops->read(o, got, sizeof(got), 0), 4);
    assert_string_equal(got, "who?");
    assert_int_equal(o->ops->write(o, "me", 2), 2);
    client_go(c);
    assert_int_equal(tls_session_read(c->tls, got, sizeof(got)), 2);
    o->ops->close(o);
}

/* ---- */

static void gives_out_what_is_done(void **state)
{
    (void)state;
    struct object *o;
    assert_int_equal(try_accept(&o), -EAGAIN);
    struct client c = client_new();
    assert_int_equal(wait_now(0), 0); /* it has said nothing */
    speaks(accept_from(&c), &c);
    client_free(&c);
}

/* A program that polls nothing but the clock gets its connections, too. */
static void who_never_waits_accepts_all_the_same(void **state)
{
    (void)state;
    struct client c = client_new();
    struct object *o = NULL;
    for (unsigned i = 0; o == NULL && i < 10; i++) {
        client_go(&c);
        if (try_accept(&o) < 0)
            o = NULL;
    }
    assert_non_null(o);
    client_go(&c);
    speaks(o, &c);
    client_free(&c);
}

static void many_at_once_in_the_order_they_are_done(void **state)
{
    (void)state;
    struct client c[20];
    struct object *o[20];
    for (size_t i = 0; i < 20; i++)
        c[i] = client_new();
    for (size_t i = 0; i < 20; i++) {
        client_go(&c[i]);
        wait_now(0);
    }
    for (size_t i = 20; i-- > 0;) { /* the last is done first */
        client_go(&c[i]);
        wait_now(0);
    }
    for (size_t i = 20; i-- > 0;) {
        assert_int_equal(try_accept(&o[i]), 0);
        client_go(&c[i]);
        speaks(o[i], &c[i]);
        client_free(&c[i]);
    }
}

/* The host has no more handles: who waits is looked for now and then, not without pause. */
static void who_finds_no_room_waits(void **state)
{
    (void)state;
    struct object *o;
    struct client c = client_new();
    host.full = true;
    assert_int_equal(try_accept(&o), -EMFILE);
    assert_int_equal(wait_now(TLS_PAUSE_NS - 1), 0);
    assert_int_equal(host.polled, 0);
    assert_int_equal(wait_now(1), 0); /* which ends with a look */
    assert_int_equal(host.polled, 1);
    assert_int_equal(wait_now(0), 0);
    assert_int_equal(host.polled, 0);
    host.full = false;
    host.now += TLS_PAUSE_NS;
    speaks(accept_from(&c), &c);
    client_free(&c);
}

/* It is dropped, and the next gets in. */
static void one_that_memory_is_too_short_for(void **state)
{
    (void)state;
    struct object *o;
    struct client dropped = client_new();
    const unsigned before = host.closes;
    short_of_memory = true;
    const int result = try_accept(&o);
    short_of_memory = false;
    assert_int_equal(result, -EAGAIN);
    assert_int_equal(host.closes, before + 1);
    struct client c = client_new();
    host.now += TLS_PAUSE_NS;
    speaks(accept_from(&c), &c);
    client_free(&c);
    client_free(&dropped);
}

/* A thousand that stall, and between them some that do not. */
static void who_stalls_costs_others_nothing(void **state)
{
    (void)state;
    int stalled[1000];
    for (size_t i = 0; i < 1000; i++) {
        stalled[i] = socket_connect(l.fd);
        if (i % 3 == 0)
            assert_int_equal(send(stalled[i], "\x16\x03\x01\x00\xff\x01", 6, 0), 6);
        wait_now(0);
        assert_true(host.polled <= 1 + TLS_PENDING_MAX);
        if (i % 100 == 99) {
            struct client c = client_new();
            speaks(accept_from(&c), &c);
            client_free(&c);
        }
    }
    for (size_t i = 0; i < 1000; i++)
        close(stalled[i]);
}

static void stalling_has_an_end(void **state)
{
    (void)state;
    const int stalled = socket_connect(l.fd);
    char byte;
    wait_now(0);
    assert_int_equal(recv(stalled, &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    wait_now(TLS_HANDSHAKE_NS / 2);
    assert_int_equal(host.closes, 0);
    wait_now(TLS_HANDSHAKE_NS);
    assert_int_equal(host.closes, 1);
    assert_int_equal(recv(stalled, &byte, 1, 0), 0);
    close(stalled);
}

/* The one that has been idle for longest makes way, not one whose handshake goes on. */
static void the_idlest_makes_way(void **state)
{
    (void)state;
    int stalled[TLS_PENDING_MAX];
    struct client c = client_new();
    wait_now(0);
    for (size_t i = 0; i < TLS_PENDING_MAX - 1; i++) {
        stalled[i] = socket_connect(l.fd);
        wait_now(0);
    }
    client_go(&c);
    wait_now(0);
    stalled[TLS_PENDING_MAX - 1] = socket_connect(l.fd);
    wait_now(0);
    assert_int_equal(host.closes, 1);
    char byte;
    assert_int_equal(recv(stalled[0], &byte, 1, 0), 0);
    speaks(accept_from(&c), &c);
    client_free(&c);
    for (size_t i = 0; i < TLS_PENDING_MAX; i++)
        close(stalled[i]);
}

static void garbage_and_goodbyes(void **state)
{
    (void)state;
    static const char *const said[] = {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01",
                                       "\x15\x03\x03\0\2\2\0", ""};
    struct object *o;
    for (size_t i = 0; i < ARRAY_COUNT(said); i++) {
        const int fd = socket_connect(l.fd);
        (void)!send(fd, said[i], strlen(said[i]), 0);
        wait_now(0);
        close(fd);
        wait_now(0);
        assert_int_equal(wait_now(0), 0);
        assert_int_equal(host.closes, i + 1);
        assert_int_equal(try_accept(&o), -EAGAIN);
    }
    struct client c = client_new();
    speaks(accept_from(&c), &c);
    client_free(&c);
}

/* Both say what they have to, as far as the listener takes it. */
static void go_on(struct client *c)
{
    client_go(c);
    wait_now(0);
    client_go(c);
    wait_now(0);
}

static void accept_all(struct client *c, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct object *o = NULL;
        for (unsigned tries = 0; try_accept(&o) < 0; tries++) {
            assert_true(tries < 10);
            for (size_t j = 0; j < count; j++)
                client_go(&c[j]);
            wait_now(0);
        }
        o->ops->close(o);
    }
    for (size_t i = 0; i < count; i++)
        client_free(&c[i]);
}

/* A program that takes none of them holds no more than so many. */
static void who_is_not_accepted_waits_at_the_host(void **state)
{
    (void)state;
    static struct client c[200];
    for (size_t i = 0; i < 200; i++) {
        c[i] = client_new();
        go_on(&c[i]);
    }
    wait_now(0);
    assert_true(host.polled <= TLS_PENDING_MAX);
    accept_all(c, 200);
}

/* Nor when all that are pending come to be done beside those that are. */
static void who_is_done_waits_for_those_before(void **state)
{
    (void)state;
    static struct client c[60 + TLS_PENDING_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(c); i++) {
        c[i] = client_new();
        if (i < 60)
            go_on(&c[i]);
        wait_now(0);
    }
    wait_now(0);
    assert_int_equal(host.polled, 1 + TLS_PENDING_MAX);
    for (size_t i = 60; i < ARRAY_COUNT(c); i++)
        go_on(&c[i]);
    wait_now(0);
    assert_int_equal(host.polled, 60); /* no room for them, nor for more */
    accept_all(c, ARRAY_COUNT(c));
}

/* Subscribed to twice, as a poll may be. */
static void twice_in_a_wait(void **state)
{
    (void)state;
    struct client c[3] = {client_new(), client_new(), client_new()};
    struct wait_row rows[2] = {{.object = l.listener, .want = OBJECT_READABLE},
                               {.object = l.listener, .want = OBJECT_READABLE}};
    for (unsigned round = 0; round < 5; round++) {
        for (size_t i = 0; i < 3; i++)
            client_go(&c[i]);
        assert_true(wait_for(&l.set.company, rows, 2, 0) >= 0);
    }
    assert_int_equal(rows[0].ready & rows[1].ready, OBJECT_READABLE);
    for (size_t i = 0; i < 3; i++) {
        struct object *o;
        assert_int_equal(try_accept(&o), 0);
        o->ops->close(o);
        client_free(&c[i]);
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_out_what_is_done),
        TEST(who_never_waits_accepts_all_the_same),
        TEST(many_at_once_in_the_order_they_are_done),
        TEST(who_finds_no_room_waits),
        TEST(one_that_memory_is_too_short_for),
        TEST(who_stalls_costs_others_nothing),
        TEST(stalling_has_an_end),
        TEST(the_idlest_makes_way),
        TEST(garbage_and_goodbyes),
        TEST(who_is_not_accepted_waits_at_the_host),
        TEST(who_is_done_waits_for_those_before),
        TEST(twice_in_a_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
