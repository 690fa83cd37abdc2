/* SPDX-License-Identifier: Apache-2.0 */
/* TLS connections as a program sees them: plain bytes, ends that are ends, and nothing held
 * back for ever. Host and peer are the test's. */
/* links: tests/unit/stream_rig.c tests/unit/port_sockets.c tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c crypto/digest.c base/der.c base/der_put.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* links: exec/tls_stream.c exec/wire.c exec/wait.c exec/port.c exec/time.c */
/* libs: -lssl -lcrypto */
#include "exec/tls_stream.h"

#include "tests/unit/port_sockets.h"
#include "tests/unit/stream_rig.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- bytes ---- */

static void bytes_go_both_ways(void **state)
{
    (void)state;
    char got[64] = "";
    assert_int_equal(rig_take(got, sizeof(got), 0), -EAGAIN);
    peer_says("to the keep");
    assert_int_equal(rig_take(got, sizeof(got), 0), 11);
    assert_string_equal(got, "to the keep");
    assert_int_equal(rig_give("and back", 8), 8);
    peer_hears("and back");
}

static void what_is_peeked_at_stays(void **state)
{
    (void)state;
    char got[64] = "";
    assert_int_equal(rig_take(got, sizeof(got), OBJECT_PEEK), -EAGAIN);
    peer_says("once");
    assert_int_equal(rig_take(got, 2, OBJECT_PEEK), 2);
    assert_int_equal(rig_take(got, sizeof(got), OBJECT_PEEK), 4);
    assert_int_equal(rig.object->ops->buffered(rig.object), 4);
    assert_int_equal(rig_take(got, sizeof(got), 0), 4);
    assert_int_equal(rig_take(got, sizeof(got), OBJECT_PEEK), -EAGAIN);
    assert_int_equal(rig.object->ops->buffered(rig.object), 0);
}

/* More than all buffers between hold, in both directions at once. */
static void much_goes_both_ways(void **state)
{
    (void)state;
    static uint8_t out[1 << 21], in[1 << 21], part[1 << 16];
    size_t given = 0, heard = 0, said = 0, taken = 0;
    for (size_t i = 0; i < sizeof(out); i++)
        out[i] = (uint8_t)(i * 0x9e3779b9u >> 24);
    while (heard < sizeof(out) || taken < sizeof(out)) {
        const int64_t more = given == sizeof(out) ? 0 : rig_give(out + given, sizeof(out) - given);
        given += more > 0 ? (size_t)more : 0;
        const int64_t back =
            said == sizeof(out)
                ? 0
                : tls_session_write(rig.peer, (struct bytes){out + said, sizeof(out) - said});
        said += back > 0 ? (size_t)back : 0;
        rig_carry();
        const int64_t got = tls_session_read(rig.peer, part, sizeof(part));
        if (got > 0)
            assert_memory_equal(part, out + heard, (size_t)got);
        heard += got > 0 ? (size_t)got : 0;
        const int64_t came = rig_take(in + taken, sizeof(in) - taken, 0);
        taken += came > 0 ? (size_t)came : 0;
        rig_wait(OBJECT_READABLE);
    }
    assert_memory_equal(in, out, sizeof(out));
}

/* As much of what is no data as a socket holds: one call takes a part, and others get their
 * turn. Nothing is lost. */
static void what_is_no_data_takes_no_more_than_a_turn(void **state)
{
    (void)state;
    char got[16];
    const size_t sent = pair_flood(rig.peer, rig.fd);
    assert_true(sent > 256 * 1024);
    const uint64_t before = rig.stream->wire.came;
    assert_int_equal(rig_take(got, sizeof(got), 0), -EAGAIN);
    assert_in_range(rig.stream->wire.came - before, 1, 256 * 1024 - 1);
    for (unsigned i = 0; rig.stream->wire.came - before < sent && i < 100; i++)
        assert_int_equal(rig_take(got, sizeof(got), 0), -EAGAIN);
    peer_says("at last");
    assert_int_equal(rig_take(got, sizeof(got), 0), 7);
}

/* Who asks for answers and takes none holds up itself alone: the host is not asked for more
 * than there is room for, again and again. */
static void who_takes_no_answer_is_read_no_further(void **state)
{
    (void)state;
    char got[16];
    SSL *ssl = pair_ssl(rig.peer);
    for (int idle = 0; idle < 3;) {
        while (tls_session_outgoing(rig.peer).size < 65536) {
            assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
            assert_int_equal(SSL_do_handshake(ssl), 1);
        }
        const struct bytes out = tls_session_outgoing(rig.peer);
        const ssize_t n = send(rig.fd, out.data, out.size, MSG_DONTWAIT);
        tls_session_sent(rig.peer, n > 0 ? (size_t)n : 0);
        assert_int_equal(rig_take(got, sizeof(got), 0), -EAGAIN);
        idle = n > 0 ? 0 : idle + 1;
    }
    struct wait_row row = {.object = rig.object, .want = OBJECT_READABLE};
    host.polls = 0;
    alarm(20);
    assert_int_equal(wait_for(&rig.set.company, &row, 1, 1000000000), 0);
    alarm(0);
    assert_in_range(host.polls, 1, 10);
    peer_leaves();
    assert_true(wait_for(&rig.set.company, &row, 1, 1000000000) >= 0);
    assert_int_equal(rig_take(got, sizeof(got), 0), -ECONNRESET);
}

/* ---- readiness ---- */

static void plaintext_that_is_there_is_readable(void **state)
{
    (void)state;
    char got[4];
    assert_int_equal(rig_wait(OBJECT_READABLE | OBJECT_WRITABLE), OBJECT_WRITABLE);
    peer_says("eight by");
    assert_int_equal(rig_wait(OBJECT_READABLE), OBJECT_READABLE);
    assert_int_equal(rig_take(got, 4, 0), 4);
    /* nothing is left on the wire, and still nothing has to be waited for */
    assert_int_equal(rig.object->ops->ready(rig.object) & OBJECT_READABLE, OBJECT_READABLE);
    struct wait_row row = {.object = rig.object, .want = OBJECT_READABLE};
    assert_int_equal(wait_for(&rig.set.company, &row, 1, PORT_FOREVER), 1);
    assert_int_equal(rig_take(got, 4, 0), 4);
    assert_int_equal(rig_wait(OBJECT_READABLE), 0);
}

/* Half a record stirs the wire, not the program. */
static void half_a_record_is_not_readable(void **state)
{
    (void)state;
    assert_int_equal(tls_session_write(rig.peer, bytes_of_text("a record")), 8);
    const struct bytes out = tls_session_outgoing(rig.peer);
    assert_int_equal(send(rig.fd, out.data, 10, 0), 10);
    struct wait_row row = {.object = rig.object, .want = OBJECT_READABLE};
    assert_int_equal(wait_for(&rig.set.company, &row, 1, 1000), 0);
    assert_int_equal(send(rig.fd, out.data + 10, out.size - 10, 0), out.size - 10);
    assert_int_equal(wait_for(&rig.set.company, &row, 1, 1000), 1);
}

/* Who only waits to write takes nothing from the wire: the peer is held back. */
static void writers_do_not_read(void **state)
{
    (void)state;
    peer_says("unread");
    assert_int_equal(rig_wait(OBJECT_WRITABLE), OBJECT_WRITABLE);
    assert_int_equal(tls_session_buffered(rig.stream->wire.tls), 0);
}

/* ---- what the wire does not take ---- */

static void a_full_wire_is_not_writable(void **state)
{
    (void)state;
    const size_t given = rig_fill();
    assert_int_equal(rig_wait(OBJECT_WRITABLE), 0);
    size_t heard = peer_drains();
    while (rig_wait(OBJECT_WRITABLE) == 0)
        heard += peer_drains();
    heard += peer_drains();
    assert_int_equal(heard, given);
}

/* It goes on in a wait for something else. */
static void what_is_late_goes_on_in_every_wait(void **state)
{
    (void)state;
    const size_t given = rig_fill();
    size_t heard = 0;
    for (unsigned i = 0; heard < given; i++) {
        heard += peer_drains();
        assert_true(wait_for(&rig.set.company, NULL, 0, 0) == 0);
        assert_true(i < 100);
    }
    wait_for(&rig.set.company, NULL, 0, 0);
    assert_int_equal(host.polled, 0); /* nothing is late any more */
}

/* ---- ends ---- */

static void an_end_is_an_end(void **state)
{
    (void)state;
    char got[64];
    peer_says("last");
    tls_session_shutdown(rig.peer);
    rig_carry();
    peer_leaves();
    assert_int_equal(rig_wait(OBJECT_READABLE) & OBJECT_READABLE, OBJECT_READABLE);
    assert_int_equal(rig_take(got, sizeof(got), 0), 4);
    assert_int_equal(rig_take(got, sizeof(got), OBJECT_PEEK), 0);
    assert_int_equal(rig_take(got, sizeof(got), 0), 0);
    assert_int_equal(rig_take(got, sizeof(got), 0), 0);
}

static void what_is_cut_is_no_end(void **state)
{
    (void)state;
    char got[64];
    peer_says("half of");
    peer_leaves();
    assert_int_equal(rig_take(got, sizeof(got), 0), 7);
    assert_int_equal(rig_wait(OBJECT_READABLE) & OBJECT_READABLE, OBJECT_READABLE);
    assert_int_equal(rig_take(got, sizeof(got), OBJECT_PEEK), -ECONNRESET);
    assert_int_equal(rig_take(got, sizeof(got), 0), -ECONNRESET);
    assert_int_equal(rig_take(got, sizeof(got), 0), -ECONNRESET);
}

static void what_is_tampered_with_is_cut(void **state)
{
    (void)state;
    char got[64];
    assert_int_equal(tls_session_write(rig.peer, bytes_of_text("trust me")), 8);
    const struct bytes out = tls_session_outgoing(rig.peer);
    uint8_t changed[256];
    memcpy(changed, out.data, out.size);
    changed[out.size - 1] ^= 1;
    assert_int_equal(send(rig.fd, changed, out.size, 0), out.size);
    assert_int_equal(rig_take(got, sizeof(got), 0), -ECONNRESET);
    tls_session_sent(rig.peer, out.size);
    rig_carry(); /* it is told why */
    assert_int_equal(tls_session_read(rig.peer, got, 1), -EPROTO);
}

/* Either side may go on after the other has ended. */
static void one_side_may_end_first(void **state)
{
    (void)state;
    char got[64] = "";
    assert_int_equal(rig_give("all", 3), 3);
    assert_int_equal(rig.object->ops->shutdown(rig.object, OBJECT_SHUT_WR), 0);
    assert_int_equal(rig_give("more", 4), -EPIPE);
    peer_hears("all");
    assert_int_equal(tls_session_read(rig.peer, got, 1), 0);
    peer_says("and from me");
    assert_int_equal(rig_take(got, sizeof(got), 0), 11);
    assert_int_equal(rig.object->ops->shutdown(rig.object, OBJECT_SHUT_RD), 0);
    peer_says("unheard");
    assert_int_equal(rig_take(got, sizeof(got), 0), 0);
    assert_int_equal(rig_wait(OBJECT_READABLE) & OBJECT_READABLE, OBJECT_READABLE);
}

static void who_ends_is_heard_out(void **state)
{
    (void)state;
    tls_session_shutdown(rig.peer);
    rig_carry();
    char got[8];
    assert_int_equal(rig_take(got, sizeof(got), 0), 0);
    assert_int_equal(rig_give("still", 5), 5);
    peer_hears("still");
}

static void a_peer_that_is_gone_breaks_the_pipe(void **state)
{
    (void)state;
    peer_leaves();
    assert_int_equal(rig_give("to nobody", 9), -EPIPE);
    assert_int_equal(rig_wait(OBJECT_WRITABLE) & OBJECT_WRITABLE, OBJECT_WRITABLE);
}

/* ---- handshakes ---- */

static void connecting_waits_for_the_handshake(void **state)
{
    (void)state;
    host.idle = peer_shakes;
    assert_int_equal(tls_stream_connect(rig.stream), 0);
    assert_true(host.now < TLS_HANDSHAKE_NS);
}

static void connecting_has_an_end(void **state)
{
    (void)state;
    assert_int_equal(tls_stream_connect(rig.stream), -ETIMEDOUT);
    assert_true(host.now >= TLS_HANDSHAKE_NS && host.now <= 2 * TLS_HANDSHAKE_NS);
}

static void connecting_fails_for_a_reason(void **state)
{
    (void)state;
    assert_int_equal(send(rig.fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    assert_int_equal(tls_stream_connect(rig.stream), -EPROTO);
    assert_true(tls_session_why(rig.stream->wire.tls)[0] != '\0');
}

static void connecting_to_nobody(void **state)
{
    (void)state;
    peer_leaves();
    assert_int_equal(tls_stream_connect(rig.stream), -ECONNABORTED);
}

#define OPEN(test)  cmocka_unit_test_setup_teardown(test, rig_open, rig_end)
#define SHAKE(test) cmocka_unit_test_setup_teardown(test, rig_begin, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPEN(bytes_go_both_ways),
        OPEN(what_is_peeked_at_stays),
        OPEN(much_goes_both_ways),
        OPEN(what_is_no_data_takes_no_more_than_a_turn),
        OPEN(who_takes_no_answer_is_read_no_further),
        OPEN(plaintext_that_is_there_is_readable),
        OPEN(half_a_record_is_not_readable),
        OPEN(writers_do_not_read),
        OPEN(a_full_wire_is_not_writable),
        OPEN(what_is_late_goes_on_in_every_wait),
        OPEN(an_end_is_an_end),
        OPEN(what_is_cut_is_no_end),
        OPEN(what_is_tampered_with_is_cut),
        OPEN(one_side_may_end_first),
        OPEN(who_ends_is_heard_out),
        OPEN(a_peer_that_is_gone_breaks_the_pipe),
        SHAKE(connecting_waits_for_the_handshake),
        SHAKE(connecting_has_an_end),
        SHAKE(connecting_fails_for_a_reason),
        SHAKE(connecting_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
