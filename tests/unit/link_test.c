/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS client at one end of a link and a socket at the other, each moved by hand. */
/* links: net/link.c net/loop.c host/clock.c net/server_tls.c crypto/issue.c base/der_put.c base/rfc3339.c base/base64.c crypto/digest.c crypto/key.c crypto/pem.c host/fault.c base/put.c base/cur.c base/der.c base/wipe.c */
/* libs: -lssl -lcrypto */
#define _GNU_SOURCE
#include "net/link.h"

#include "crypto/issue.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "host/clock.h"
#include "net/server_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct test {
    struct loop loop;
    SSL_CTX *server, *client;
    struct link *link; /* null: it has ended */
    SSL *ssl;          /* the client's */
    int wire, plain;   /* the far ends; -1: closed */
    int opened, closed, error;
    int attach; /* given to the link when it opens, -1: none */
};

/* ---- what it takes ---- */

static SSL_CTX *server_context(void)
{
    static uint8_t pem[4096], secret[1024], der[2048];
    struct put cert = put_init(pem, sizeof(pem)), key_pem = put_init(secret, sizeof(secret));
    struct put cert_der = put_init(der, sizeof(der)), key_der = put_init(der + 1024, 1024);
    EVP_PKEY *key;
    SSL_CTX *ctx;
    struct fault fault;
    uint8_t public_key[KEY_PUBLIC_SIZE];
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_public(key, public_key), 0);
    const struct certificate what = {.organisation = "test",
                                     .name = "test",
                                     .public_key = {public_key, sizeof(public_key)},
                                     .not_before = 0,
                                     .not_after = time(NULL) + 3600};
    assert_int_equal(certificate_issue(&what, &(struct issuer){.key = key}, &cert_der), 0);
    pem_put(&cert, "CERTIFICATE", put_done(&cert_der));
    assert_int_equal(key_put(key, &key_der), 0);
    pem_put(&key_pem, "EC PRIVATE KEY", put_done(&key_der));
    const struct server_identity id = {.chain = {put_done(&cert), "chain"},
                                       .key = {put_done(&key_pem), "key"}};
    assert_int_equal(server_tls_new(&id, &ctx, &fault), 0);
    EVP_PKEY_free(key);
    return ctx;
}

static int on_opened(void *context, struct link *link)
{
    struct test *t = context;
    t->opened++;
    return t->attach < 0 ? 0 : link_attach(link, t->attach);
}

static void on_closed(void *context, struct link *link, int error)
{
    struct test *t = context;
    assert_ptr_equal(link, t->link);
    t->closed++;
    t->error = error;
    t->link = NULL;
}

static int set_up(void **state)
{
    struct test *t = calloc(1, sizeof(*t));
    int wire[2], plain[2];
    const int type = SOCK_STREAM | SOCK_NONBLOCK;
    assert_int_equal(loop_open(&t->loop), 0);
    assert_int_equal(socketpair(AF_UNIX, type, 0, wire), 0);
    assert_int_equal(socketpair(AF_UNIX, type, 0, plain), 0);
    t->server = server_context();
    t->client = SSL_CTX_new(TLS_client_method());
    t->ssl = SSL_new(t->client);
    SSL_set_mode(t->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_set_fd(t->ssl, wire[1]);
    SSL_set_connect_state(t->ssl);
    t->wire = wire[1];
    t->plain = plain[1];
    t->attach = plain[0];
    t->link = link_open(&t->loop, t->server, wire[0]);
    assert_non_null(t->link);
    t->link->opened = on_opened;
    t->link->closed = on_closed;
    t->link->context = t;
    assert_int_equal(link_start(t->link), 0);
    *state = t;
    return 0;
}

static void hang_up(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int tear_down(void **state)
{
    struct test *t = *state;
    if (t->link != NULL)
        link_close(t->link, -ECANCELED);
    assert_int_equal(t->closed, 1);
    SSL_free(t->ssl);
    SSL_CTX_free(t->client);
    SSL_CTX_free(t->server);
    hang_up(&t->wire);
    hang_up(&t->plain);
    if (t->opened == 0)
        close(t->attach);
    loop_close(&t->loop);
    free(t);
    return 0;
}

static void turn(struct test *t) { assert_int_equal(loop_run(&t->loop, 0), 0); }

static void turn_often(struct test *t)
{
    for (int i = 0; i < 50; i++)
        turn(t);
}

static void shake_hands(struct test *t)
{
    for (int i = 0; i < 10 && SSL_do_handshake(t->ssl) != 1; i++)
        turn(t);
    turn(t);
    assert_int_equal(t->opened, 1);
    assert_true(t->link->secured);
}

/* Until nothing more comes. */
static size_t read_plain_all(struct test *t, uint8_t *to, size_t size)
{
    size_t have = 0;
    for (int idle = 0; have < size && idle < 5;) {
        const ssize_t n = recv(t->plain, to + have, size - have, MSG_DONTWAIT);
        have += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        turn(t);
    }
    return have;
}

static size_t read_wire_all(struct test *t, uint8_t *to, size_t size)
{
    size_t have = 0;
    for (int idle = 0; have < size && idle < 5;) {
        const int n = SSL_read(t->ssl, to + have, (int)(size - have));
        have += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        turn(t);
    }
    return have;
}

static uint8_t *pattern(size_t size)
{
    uint8_t *data = malloc(size);
    assert_non_null(data);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    return data;
}

/* Bytes that the link took until it took no more. */
static size_t push_wire(struct test *t, const uint8_t *data, size_t size)
{
    size_t sent = 0;
    for (int idle = 0; sent < size && idle < 5;) {
        const int n = SSL_write(t->ssl, data + sent, (int)(size - sent));
        sent += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        turn(t);
    }
    return sent;
}

static size_t push_plain(struct test *t, const uint8_t *data, size_t size)
{
    size_t sent = 0;
    for (int idle = 0; sent < size && idle < 5;) {
        const ssize_t n = send(t->plain, data + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        turn(t);
    }
    return sent;
}

/* ---- tests ---- */

static void bytes_go_both_ways(void **state)
{
    struct test *t = *state;
    uint8_t got[8];
    uint64_t up = 0, down = 0;
    shake_hands(t);
    t->link->up.count = &up;
    t->link->down.count = &down;
    assert_int_equal(SSL_write(t->ssl, "hello", 5), 5);
    assert_int_equal(read_plain_all(t, got, sizeof(got)), 5);
    assert_memory_equal(got, "hello", 5);
    assert_int_equal(send(t->plain, "you", 3, 0), 3);
    assert_int_equal(read_wire_all(t, got, sizeof(got)), 3);
    assert_memory_equal(got, "you", 3);
    assert_int_equal(up, 5);
    assert_int_equal(down, 3);
}

/* Each side pushes far more than fits before the other takes any of it. */
static void a_side_that_is_slow_makes_the_other_wait(void **state)
{
    struct test *t = *state;
    const size_t size = 4u << 20;
    uint8_t *data = pattern(size), *got = malloc(size);
    shake_hands(t);
    size_t sent = push_wire(t, data, size);
    assert_in_range(sent, LINK_BUFFER, size / 2);
    assert_int_equal(read_plain_all(t, got, size), sent);
    assert_memory_equal(got, data, sent);
    sent = push_plain(t, data, size);
    assert_in_range(sent, LINK_BUFFER, size / 2);
    assert_int_equal(read_wire_all(t, got, size), sent);
    assert_memory_equal(got, data, sent);
    free(data);
    free(got);
}

static void the_wire_may_end_first(void **state)
{
    struct test *t = *state;
    uint8_t got[8];
    shake_hands(t);
    assert_int_equal(SSL_write(t->ssl, "last", 4), 4);
    SSL_shutdown(t->ssl);
    assert_int_equal(read_plain_all(t, got, sizeof(got)), 4);
    assert_int_equal(recv(t->plain, got, sizeof(got), 0), 0);
    assert_int_equal(send(t->plain, "still", 5, 0), 5);
    assert_int_equal(read_wire_all(t, got, sizeof(got)), 5);
    assert_int_equal(t->closed, 0);
    hang_up(&t->plain);
    turn_often(t);
    assert_int_equal(t->closed, 1);
    assert_int_equal(t->error, 0);
}

static void the_other_end_may_end_first(void **state)
{
    struct test *t = *state;
    uint8_t got[8];
    shake_hands(t);
    assert_int_equal(send(t->plain, "last", 4, 0), 4);
    shutdown(t->plain, SHUT_WR);
    assert_int_equal(read_wire_all(t, got, sizeof(got)), 4);
    assert_int_equal(SSL_read(t->ssl, got, sizeof(got)), 0);
    assert_true(SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN);
    assert_int_equal(SSL_write(t->ssl, "still", 5), 5);
    assert_int_equal(read_plain_all(t, got, sizeof(got)), 5);
    assert_int_equal(t->closed, 0);
}

/* What the other end left behind when it went is delivered, however much it is. */
static void what_was_said_last_arrives(void **state)
{
    struct test *t = *state;
    const size_t size = 1u << 20;
    const int much = 4 << 20;
    uint8_t *data = pattern(size), *got = malloc(size + 1);
    setsockopt(t->plain, SOL_SOCKET, SO_SNDBUF, &much, sizeof(much));
    shake_hands(t);
    assert_int_equal(SSL_write(t->ssl, "unread", 6), 6);
    turn_often(t);
    const size_t sent = (size_t)send(t->plain, data, size, MSG_DONTWAIT);
    assert_true(sent > 4 * LINK_BUFFER);
    hang_up(&t->plain);
    assert_int_equal(read_wire_all(t, got, size + 1), sent);
    assert_memory_equal(got, data, sent);
    assert_true(SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN);
    free(data);
    free(got);
}

/* A client that goes on sending to nobody is let go. */
static void nobody_sends_to_nobody_for_ever(void **state)
{
    struct test *t = *state;
    uint8_t *data = pattern(4u << 20);
    shake_hands(t);
    t->link->patience_ms = 5000;
    hang_up(&t->plain);
    turn_often(t);
    assert_int_equal(t->closed, 0);
    assert_true(t->link->deadline > 0 && t->link->deadline <= clock_ms() + 5000);
    assert_in_range(push_wire(t, data, 4u << 20), 0, 3u << 20);
    assert_int_equal(t->closed, 1);
    assert_int_equal(t->error, -ECONNABORTED);
    free(data);
}

static int unread(const struct test *t)
{
    int size = 0;
    assert_int_equal(ioctl(t->link->wire.fd, FIONREAD, &size), 0);
    return size;
}

/* KeyUpdates are answered by nobody and hold no data: others get their turn between two. */
static void what_is_no_data_takes_no_more_than_a_turn(void **state)
{
    struct test *t = *state;
    uint8_t got = 0;
    shake_hands(t);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(SSL_key_update(t->ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(t->ssl), 1);
    }
    assert_int_equal(SSL_write(t->ssl, "x", 1), 1);
    const int before = unread(t);
    turn(t);
    assert_in_range(unread(t), before / 2, before - 1);
    for (int i = 0; i < 400; i++)
        turn(t);
    assert_int_equal(recv(t->plain, &got, 1, MSG_DONTWAIT), 1);
    assert_int_equal(got, 'x');
}

static void a_wire_that_breaks_ends_it(void **state)
{
    struct test *t = *state;
    shake_hands(t);
    assert_int_equal(write(t->wire, "no record of TLS", 16), 16);
    turn_often(t);
    assert_int_equal(t->closed, 1);
    assert_int_equal(t->error, -ECONNRESET);
}

static void no_handshake_no_link(void **state)
{
    struct test *t = *state;
    assert_int_equal(write(t->wire, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    turn_often(t);
    assert_int_equal(t->opened, 0);
    assert_int_equal(t->closed, 1);
    assert_int_equal(t->error, -EPROTO);
}

static void a_client_that_leaves_in_the_handshake(void **state)
{
    struct test *t = *state;
    SSL_do_handshake(t->ssl);
    turn(t);
    hang_up(&t->wire);
    turn_often(t);
    assert_int_equal(t->opened, 0);
    assert_int_equal(t->closed, 1);
    assert_true(t->error < 0);
}

static void it_takes_no_more_than_it_may(void **state)
{
    struct test *t = *state;
    uint8_t got[64];
    uint64_t up = 90;
    shake_hands(t);
    t->link->up.count = &up;
    t->link->up_max = 100;
    assert_int_equal(SSL_write(t->ssl, "0123456789", 10), 10);
    assert_int_equal(read_plain_all(t, got, sizeof(got)), 10);
    assert_int_equal(t->closed, 0);
    assert_int_equal(SSL_write(t->ssl, "0", 1), 1);
    turn_often(t);
    assert_int_equal(t->closed, 1);
    assert_int_equal(t->error, -EDQUOT);
    assert_int_equal(up, 100);
}

/* As an upgrade does it: the first end's last words, then the second's, and only those are
 * counted. */
static void it_leads_elsewhere(void **state)
{
    struct test *t = *state;
    int other[2];
    uint8_t got[16];
    uint64_t down = 0;
    shake_hands(t);
    assert_int_equal(send(t->plain, "first,", 6, 0), 6);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, other), 0);
    t->link->down.count = &down;
    assert_int_equal(link_attach(t->link, other[0]), 0);
    assert_int_equal(send(other[1], "second", 6, 0), 6);
    assert_int_equal(read_wire_all(t, got, sizeof(got)), 12);
    assert_memory_equal(got, "first,second", 12);
    assert_int_equal(down, 6);
    assert_int_equal(SSL_write(t->ssl, "x", 1), 1);
    turn_often(t);
    assert_int_equal(recv(other[1], got, sizeof(got), MSG_DONTWAIT), 1);
    assert_int_equal(recv(t->plain, got, sizeof(got), MSG_DONTWAIT), 0);
    close(other[1]);
}

static void what_came_for_the_first_goes_to_no_second(void **state)
{
    struct test *t = *state;
    uint8_t *data = pattern(4u << 20);
    int other[2];
    shake_hands(t);
    push_wire(t, data, 4u << 20); /* more than the first takes */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, other), 0);
    assert_int_equal(link_attach(t->link, other[0]), -EPROTO);
    assert_true(fcntl(other[0], F_GETFD) < 0);
    close(other[1]);
    free(data);
}

static void old_versions_are_refused(void **state)
{
    struct test *t = *state;
    SSL_set_max_proto_version(t->ssl, TLS1_2_VERSION);
    for (int i = 0; i < 5; i++) {
        assert_int_not_equal(SSL_do_handshake(t->ssl), 1);
        turn(t);
    }
    assert_int_equal(t->opened, 0);
    assert_int_equal(t->closed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(bytes_go_both_ways),
        TEST(a_side_that_is_slow_makes_the_other_wait),
        TEST(the_wire_may_end_first),
        TEST(the_other_end_may_end_first),
        TEST(what_was_said_last_arrives),
        TEST(nobody_sends_to_nobody_for_ever),
        TEST(what_is_no_data_takes_no_more_than_a_turn),
        TEST(a_wire_that_breaks_ends_it),
        TEST(no_handshake_no_link),
        TEST(a_client_that_leaves_in_the_handshake),
        TEST(it_takes_no_more_than_it_may),
        TEST(it_leads_elsewhere),
        TEST(what_came_for_the_first_goes_to_no_second),
        TEST(old_versions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
