/* SPDX-License-Identifier: Apache-2.0 */
/* An owner's end of TLS, before keeps that say nothing without end: whoever reads gets its
 * turn back. The wire is the test's. */
/* links: host/deploy/tunnel.c tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c crypto/digest.c base/der.c base/der_put.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "host/deploy/tunnel.h"

#include "include/channel.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the wire: all that the keep says is there at once ---- */

struct upgrade {
    struct tls_session *keep;
    int floods; /* an SSL_key_update type that the keep says whenever it is asked; -1: none */
    bool deaf;  /* the wire takes nothing */
};

int64_t upgrade_receive(struct upgrade *u, void *to, size_t size)
{
    SSL *ssl = pair_ssl(u->keep);
    while (u->floods >= 0 && tls_session_outgoing(u->keep).size < size) {
        assert_int_equal(SSL_key_update(ssl, u->floods), 1);
        assert_int_equal(SSL_do_handshake(ssl), 1);
    }
    const struct bytes out = tls_session_outgoing(u->keep);
    const size_t n = out.size < size ? out.size : size;
    if (n == 0)
        return -EAGAIN;
    memcpy(to, out.data, n);
    tls_session_sent(u->keep, n);
    return (int64_t)n;
}

int64_t upgrade_send(struct upgrade *u, struct bytes from)
{
    return u->deaf ? 0 : (int64_t)tls_session_feed(u->keep, from);
}

short upgrade_events(const struct upgrade *u)
{
    (void)u;
    return POLLIN;
}

static struct upgrade wire;
static struct tunnel tunnel;

static int set_up(void **state)
{
    (void)state;
    wire = (struct upgrade){.keep = pair_server(CHANNEL_ALPN), .floods = -1};
    assert_int_equal(tunnel_open(&tunnel, &wire, NULL), 0);
    while (tunnel_handshake(&tunnel) == -EAGAIN)
        (void)!tls_session_handshake(wire.keep);
    assert_int_equal(tls_session_handshake(wire.keep), 0);
    alarm(60); /* who never comes back is noticed */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    alarm(0);
    tunnel_close(&tunnel);
    tls_session_free(wire.keep);
    return 0;
}

static void keep_says(const char *text)
{
    assert_int_equal(tls_session_write(wire.keep, bytes_of_text(text)), strlen(text));
}

static void read_until_nothing_is_there(char *got, size_t size)
{
    int64_t n;
    size_t have = 0;
    while ((n = tunnel_read(&tunnel, got + have, size - 1 - have)) != -EAGAIN) {
        assert_true(n == -EINTR || n > 0);
        have += n > 0 ? (size_t)n : 0;
    }
    got[have] = '\0';
}

static void bytes_come(void **state)
{
    (void)state;
    char got[64];
    read_until_nothing_is_there(got, sizeof(got));
    assert_string_equal(got, "");
    keep_says("one ");
    keep_says("two");
    read_until_nothing_is_there(got, sizeof(got));
    assert_string_equal(got, "one two");
}

static void what_is_nothing_does_not_hold_up(void **state)
{
    (void)state;
    char got[64];
    wire.floods = SSL_KEY_UPDATE_NOT_REQUESTED;
    for (int i = 0; i < 10; i++)
        assert_int_equal(tunnel_read(&tunnel, got, sizeof(got)), -EINTR);
    assert_true(tunnel_events(&tunnel) & POLLIN);
    wire.floods = -1;
    keep_says("at last");
    read_until_nothing_is_there(got, sizeof(got));
    assert_string_equal(got, "at last"); /* nothing is lost */
}

/* Answers that the wire does not take fill up what there is: then nothing more is read, and
 * nobody waits for more. */
static void who_takes_no_answers_is_read_no_further(void **state)
{
    (void)state;
    char got[64];
    wire.floods = SSL_KEY_UPDATE_REQUESTED;
    wire.deaf = true;
    int64_t n = -EINTR;
    for (int i = 0; i < 1000 && n == -EINTR; i++) {
        n = tunnel_read(&tunnel, got, sizeof(got));
        assert_int_equal(tunnel_write(&tunnel, (struct bytes){0}), 0);
    }
    assert_int_equal(n, -EAGAIN);
    assert_int_equal(tunnel_events(&tunnel), POLLOUT);
    wire.floods = -1;
    wire.deaf = false;
    assert_int_equal(tunnel_write(&tunnel, (struct bytes){0}), 0);
    read_until_nothing_is_there(got, sizeof(got));
    assert_true(tunnel_events(&tunnel) & POLLIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_come),
        TEST(what_is_nothing_does_not_hold_up),
        TEST(who_takes_no_answers_is_read_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
