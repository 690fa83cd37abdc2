/* SPDX-License-Identifier: Apache-2.0 */
/* TLS connections as a program sees them: plain bytes, ends that are ends, and nothing held
 * back for ever. Host and peer are the test's. */
/* links: tests/unit/port_sockets.c tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c crypto/digest.c base/der.c base/der_put.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* links: exec/tls_stream.c exec/wire.c exec/wait.c exec/port.c exec/time.c */
/* libs: -lssl -lcrypto */
#include "exec/tls_stream.h"

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

/* One connection: the keep's end, the peer's, and the socket between. */
static struct {
    struct tls_streams set;
    struct tls_context *context;
    struct tls_stream *stream;
    struct object *object;
    struct tls_session *peer;
    int fd; /* the peer's; -1: closed */
} c;

static void carry(void) { socket_carry(c.peer, c.fd); }

static void peer_shakes(void)
{
    carry();
    (void)!tls_session_handshake(c.peer);
    carry();
}

static void begin(void)
{
    int pair[2];
    socket_pair(pair);
    c.fd = pair[1];
    c.peer = pair_client(NULL);
    assert_int_equal(tls_stream_new(&c.set, c.context, pair[0], &c.stream), 0);
    c.object = &c.stream->waiter.object;
}

static int set_up(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.now = 1;
    const struct tls_config config = {.server = true, .own = pair_identity(true)};
    tls_streams_init(&c.set, NULL);
    assert_int_equal(tls_context_new(&config, &c.context), 0);
    begin();
    return 0;
}

static void shake(void)
{
    while (tls_stream_handshake(c.stream) == -EAGAIN)
        peer_shakes();
    peer_shakes();
    assert_int_equal(c.stream->state, 0);
    assert_int_equal(tls_session_handshake(c.peer), 0);
}

static int set_up_open(void **state)
{
    set_up(state);
    shake();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_session_free(c.peer);
    if (c.fd >= 0)
        close(c.fd);
    if (c.object != NULL)
        tls_stream_drop(c.stream);
    tls_context_free(c.context);
    return 0;
}

static void close_object(void)
{
    c.object->ops->close(c.object);
    c.object = NULL;
}

static void peer_leaves(void)
{
    close(c.fd);
    c.fd = -1;
}

static void peer_says(const char *text)
{
    assert_int_equal(tls_session_write(c.peer, bytes_of_text(text)), strlen(text));
    carry();
}

static void peer_hears(const char *text)
{
    char got[256] = "";
    carry();
    assert_int_equal(tls_session_read(c.peer, got, sizeof(got)), strlen(text));
    assert_string_equal(got, text);
}

static int64_t take(void *to, size_t size, unsigned flags)
{
    return c.object->ops->read(c.object, to, size, flags);
}

static int64_t give(const void *from, size_t size)
{
    return c.object->ops->write(c.object, from, size);
}

/* What a wait finds ready. */
static unsigned wait_now(unsigned want)
{
    struct wait_row row = {.object = c.object, .want = want};
    assert_true(wait_for(&c.set.company, &row, 1, 0) >= 0);
    return row.ready;
}

/* ---- bytes ---- */

static void bytes_go_both_ways(void **state)
{
    (void)state;
    char got[64] = "";
    assert_int_equal(take(got, sizeof(got), 0), -EAGAIN);
    peer_says("to the keep");
    assert_int_equal(take(got, sizeof(got), 0), 11);
    assert_string_equal(got, "to the keep");
    assert_int_equal(give("and back", 8), 8);
    peer_hears("and back");
}

static void what_is_peeked_at_stays(void **state)
{
    (void)state;
    char got[64] = "";
    assert_int_equal(take(got, sizeof(got), OBJECT_PEEK), -EAGAIN);
    peer_says("once");
    assert_int_equal(take(got, 2, OBJECT_PEEK), 2);
    assert_int_equal(take(got, sizeof(got), OBJECT_PEEK), 4);
    assert_int_equal(c.object->ops->buffered(c.object), 4);
    assert_int_equal(take(got, sizeof(got), 0), 4);
    assert_int_equal(take(got, sizeof(got), OBJECT_PEEK), -EAGAIN);
    assert_int_equal(c.object->ops->buffered(c.object), 0);
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
        const int64_t more = given == sizeof(out) ? 0 : give(out + given, sizeof(out) - given);
        given += more > 0 ? (size_t)more : 0;
        const int64_t back =
            said == sizeof(out)
                ? 0
                : tls_session_write(c.peer, (struct bytes){out + said, sizeof(out) - said});
        said += back > 0 ? (size_t)back : 0;
        carry();
        const int64_t got = tls_session_read(c.peer, part, sizeof(part));
        if (got > 0)
            assert_memory_equal(part, out + heard, (size_t)got);
        heard += got > 0 ? (size_t)got : 0;
        const int64_t came = take(in + taken, sizeof(in) - taken, 0);
        taken += came > 0 ? (size_t)came : 0;
        wait_now(OBJECT_READABLE);
    }
    assert_memory_equal(in, out, sizeof(out));
}

/* As much of what is no data as a socket holds: one call takes a part, and others get their
 * turn. Nothing is lost. */
static void what_is_no_data_takes_no_more_than_a_turn(void **state)
{
    (void)state;
    char got[16];
    const size_t sent = pair_flood(c.peer, c.fd);
    assert_true(sent > 256 * 1024);
    const uint64_t before = c.stream->wire.came;
    assert_int_equal(take(got, sizeof(got), 0), -EAGAIN);
    assert_in_range(c.stream->wire.came - before, 1, 256 * 1024 - 1);
    for (unsigned i = 0; c.stream->wire.came - before < sent && i < 100; i++)
        assert_int_equal(take(got, sizeof(got), 0), -EAGAIN);
    peer_says("at last");
    assert_int_equal(take(got, sizeof(got), 0), 7);
}

/* Who asks for answers and takes none holds up itself alone: the host is not asked for more
 * than there is room for, again and again. */
static void who_takes_no_answer_is_read_no_further(void **state)
{
    (void)state;
    char got[16];
    SSL *ssl = pair_ssl(c.peer);
    for (int idle = 0; idle < 3;) {
        while (tls_session_outgoing(c.peer).size < 65536) {
            assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
            assert_int_equal(SSL_do_handshake(ssl), 1);
        }
        const struct bytes out = tls_session_outgoing(c.peer);
        const ssize_t n = send(c.fd, out.data, out.size, MSG_DONTWAIT);
        tls_session_sent(c.peer, n > 0 ? (size_t)n : 0);
        assert_int_equal(take(got, sizeof(got), 0), -EAGAIN);
        idle = n > 0 ? 0 : idle + 1;
    }
    struct wait_row row = {.object = c.object, .want = OBJECT_READABLE};
    host.polls = 0;
    alarm(20);
    assert_int_equal(wait_for(&c.set.company, &row, 1, 1000000000), 0);
    alarm(0);
    assert_in_range(host.polls, 1, 10);
    peer_leaves();
    assert_true(wait_for(&c.set.company, &row, 1, 1000000000) >= 0);
    assert_int_equal(take(got, sizeof(got), 0), -ECONNRESET);
}

/* ---- readiness ---- */

static void plaintext_that_is_there_is_readable(void **state)
{
    (void)state;
    char got[4];
    assert_int_equal(wait_now(OBJECT_READABLE | OBJECT_WRITABLE), OBJECT_WRITABLE);
    peer_says("eight by");
    assert_int_equal(wait_now(OBJECT_READABLE), OBJECT_READABLE);
    assert_int_equal(take(got, 4, 0), 4);
    /* nothing is left on the wire, and still nothing has to be waited for */
    assert_int_equal(c.object->ops->ready(c.object) & OBJECT_READABLE, OBJECT_READABLE);
    struct wait_row row = {.object = c.object, .want = OBJECT_READABLE};
    assert_int_equal(wait_for(&c.set.company, &row, 1, PORT_FOREVER), 1);
    assert_int_equal(take(got, 4, 0), 4);
    assert_int_equal(wait_now(OBJECT_READABLE), 0);
}

/* Half a record stirs the wire, not the program. */
static void half_a_record_is_not_readable(void **state)
{
    (void)state;
    assert_int_equal(tls_session_write(c.peer, bytes_of_text("a record")), 8);
    const struct bytes out = tls_session_outgoing(c.peer);
    assert_int_equal(send(c.fd, out.data, 10, 0), 10);
    struct wait_row row = {.object = c.object, .want = OBJECT_READABLE};
    assert_int_equal(wait_for(&c.set.company, &row, 1, 1000), 0);
    assert_int_equal(send(c.fd, out.data + 10, out.size - 10, 0), out.size - 10);
    assert_int_equal(wait_for(&c.set.company, &row, 1, 1000), 1);
}

/* Who only waits to write takes nothing from the wire: the peer is held back. */
static void writers_do_not_read(void **state)
{
    (void)state;
    peer_says("unread");
    assert_int_equal(wait_now(OBJECT_WRITABLE), OBJECT_WRITABLE);
    assert_int_equal(tls_session_buffered(c.stream->wire.tls), 0);
}

/* ---- what the wire does not take ---- */

static size_t fill(void)
{
    static uint8_t much[1 << 18];
    size_t given = 0;
    for (int64_t more; (more = give(much, sizeof(much))) != -EAGAIN; given += (size_t)more)
        assert_true(more > 0);
    return given;
}

static size_t drain(void)
{
    static uint8_t part[1 << 18];
    size_t heard = 0;
    carry();
    for (int64_t got; (got = tls_session_read(c.peer, part, sizeof(part))) > 0; carry())
        heard += (size_t)got;
    return heard;
}

static void a_full_wire_is_not_writable(void **state)
{
    (void)state;
    const size_t given = fill();
    assert_int_equal(wait_now(OBJECT_WRITABLE), 0);
    size_t heard = drain();
    while (wait_now(OBJECT_WRITABLE) == 0)
        heard += drain();
    heard += drain();
    assert_int_equal(heard, given);
}

/* It goes on in a wait for something else. */
static void what_is_late_goes_on_in_every_wait(void **state)
{
    (void)state;
    const size_t given = fill();
    size_t heard = 0;
    for (unsigned i = 0; heard < given; i++) {
        heard += drain();
        assert_true(wait_for(&c.set.company, NULL, 0, 0) == 0);
        assert_true(i < 100);
    }
    wait_for(&c.set.company, NULL, 0, 0);
    assert_int_equal(host.polled, 0); /* nothing is late any more */
}

/* ---- ends ---- */

static void an_end_is_an_end(void **state)
{
    (void)state;
    char got[64];
    peer_says("last");
    tls_session_shutdown(c.peer);
    carry();
    peer_leaves();
    assert_int_equal(wait_now(OBJECT_READABLE) & OBJECT_READABLE, OBJECT_READABLE);
    assert_int_equal(take(got, sizeof(got), 0), 4);
    assert_int_equal(take(got, sizeof(got), OBJECT_PEEK), 0);
    assert_int_equal(take(got, sizeof(got), 0), 0);
    assert_int_equal(take(got, sizeof(got), 0), 0);
}

static void what_is_cut_is_no_end(void **state)
{
    (void)state;
    char got[64];
    peer_says("half of");
    peer_leaves();
    assert_int_equal(take(got, sizeof(got), 0), 7);
    assert_int_equal(wait_now(OBJECT_READABLE) & OBJECT_READABLE, OBJECT_READABLE);
    assert_int_equal(take(got, sizeof(got), OBJECT_PEEK), -ECONNRESET);
    assert_int_equal(take(got, sizeof(got), 0), -ECONNRESET);
    assert_int_equal(take(got, sizeof(got), 0), -ECONNRESET);
}

static void what_is_tampered_with_is_cut(void **state)
{
    (void)state;
    char got[64];
    assert_int_equal(tls_session_write(c.peer, bytes_of_text("trust me")), 8);
    const struct bytes out = tls_session_outgoing(c.peer);
    uint8_t changed[256];
    memcpy(changed, out.data, out.size);
    changed[out.size - 1] ^= 1;
    assert_int_equal(send(c.fd, changed, out.size, 0), out.size);
    assert_int_equal(take(got, sizeof(got), 0), -ECONNRESET);
    tls_session_sent(c.peer, out.size);
    carry(); /* it is told why */
    assert_int_equal(tls_session_read(c.peer, got, 1), -EPROTO);
}

/* Either side may go on after the other has ended. */
static void one_side_may_end_first(void **state)
{
    (void)state;
    char got[64] = "";
    assert_int_equal(give("all", 3), 3);
    assert_int_equal(c.object->ops->shutdown(c.object, OBJECT_SHUT_WR), 0);
    assert_int_equal(give("more", 4), -EPIPE);
    peer_hears("all");
    assert_int_equal(tls_session_read(c.peer, got, 1), 0);
    peer_says("and from me");
    assert_int_equal(take(got, sizeof(got), 0), 11);
    assert_int_equal(c.object->ops->shutdown(c.object, OBJECT_SHUT_RD), 0);
    peer_says("unheard");
    assert_int_equal(take(got, sizeof(got), 0), 0);
    assert_int_equal(wait_now(OBJECT_READABLE) & OBJECT_READABLE, OBJECT_READABLE);
}

static void who_ends_is_heard_out(void **state)
{
    (void)state;
    tls_session_shutdown(c.peer);
    carry();
    char got[8];
    assert_int_equal(take(got, sizeof(got), 0), 0);
    assert_int_equal(give("still", 5), 5);
    peer_hears("still");
}

static void a_peer_that_is_gone_breaks_the_pipe(void **state)
{
    (void)state;
    peer_leaves();
    assert_int_equal(give("to nobody", 9), -EPIPE);
    assert_int_equal(wait_now(OBJECT_WRITABLE) & OBJECT_WRITABLE, OBJECT_WRITABLE);
}

/* ---- closing ---- */

static void closing_says_goodbye(void **state)
{
    (void)state;
    char got[8];
    assert_int_equal(give("bye", 3), 3);
    close_object();
    assert_int_equal(host.closes, 1);
    peer_hears("bye");
    assert_int_equal(tls_session_read(c.peer, got, 1), 0);
}

/* What the wire has not taken goes on after the program has closed. */
static void what_is_late_outlives_closing(void **state)
{
    (void)state;
    char got[8];
    const size_t given = fill();
    close_object();
    assert_int_equal(host.closes, 0);
    size_t heard = 0;
    for (unsigned i = 0; heard < given; i++) {
        heard += drain();
        assert_true(wait_for(&c.set.company, NULL, 0, 0) == 0);
        assert_true(i < 100);
    }
    assert_int_equal(host.closes, 1);
    assert_int_equal(c.set.closed_count, 0);
    carry();
    assert_int_equal(tls_session_read(c.peer, got, 1), 0);
}

static void lingering_has_an_end(void **state)
{
    (void)state;
    (void)fill();
    close_object();
    const uint64_t before = host.now;
    assert_int_equal(wait_for(&c.set.company, NULL, 0, 2 * TLS_LINGER_NS), 0);
    assert_int_equal(host.closes, 1);
    assert_true(host.now - before <= 2 * TLS_LINGER_NS);
    while (drain() > 0)
        continue;
    assert_int_equal(tls_session_read(c.peer, &(char){0}, 1), -ECONNABORTED); /* cut */
}

/* The first is cut for one too many. */
static void lingering_ones_are_few(void **state)
{
    (void)state;
    static struct tls_session *peers[TLS_LINGER_MAX];
    static int fds[TLS_LINGER_MAX];
    for (size_t i = 0; i < TLS_LINGER_MAX; i++) {
        (void)fill();
        close_object();
        peers[i] = c.peer;
        fds[i] = c.fd;
        begin();
        shake();
    }
    assert_int_equal(host.closes, 0);
    (void)fill();
    close_object();
    assert_int_equal(host.closes, 1);
    assert_int_equal(c.set.closed_count, TLS_LINGER_MAX);
    for (size_t i = 0; i < TLS_LINGER_MAX; i++) {
        char byte;
        socket_carry(peers[i], fds[i]);
        while (i == 0 && tls_session_read(peers[i], &byte, 1) == 1)
            socket_carry(peers[i], fds[i]);
        if (i == 0)
            assert_int_equal(tls_session_read(peers[i], &byte, 1), -ECONNABORTED);
        tls_session_free(peers[i]);
        close(fds[i]);
    }
    assert_int_equal(wait_for(&c.set.company, NULL, 0, 2 * TLS_LINGER_NS), 0);
    assert_int_equal(c.set.closed_count, 0);
}

static void an_ended_program_lets_go(void **state)
{
    (void)state;
    char got[8];
    assert_int_equal(give("done", 4), 4);
    tls_streams_end(&c.set);
    assert_int_equal(host.polls, 0);
    peer_hears("done");
    assert_int_equal(tls_session_read(c.peer, got, 1), 0);
}

static size_t drained;
static void drain_idly(void) { drained += drain(); }

static void an_end_waits_for_what_is_late(void **state)
{
    (void)state;
    const size_t given = fill();
    const uint64_t before = host.now;
    drained = 0;
    host.idle = drain_idly;
    tls_streams_end(&c.set);
    drain_idly();
    assert_int_equal(drained, given);
    assert_int_equal(tls_session_read(c.peer, &(char){0}, 1), 0);
    assert_true(host.now - before < TLS_LINGER_NS);
}

static void an_end_does_not_wait_for_ever(void **state)
{
    (void)state;
    (void)fill();
    const uint64_t before = host.now;
    tls_streams_end(&c.set);
    assert_in_range(host.now - before, TLS_LINGER_NS, 2 * TLS_LINGER_NS);
}

/* ---- handshakes ---- */

static void connecting_waits_for_the_handshake(void **state)
{
    (void)state;
    host.idle = peer_shakes;
    assert_int_equal(tls_stream_connect(c.stream), 0);
    assert_true(host.now < TLS_HANDSHAKE_NS);
}

static void connecting_has_an_end(void **state)
{
    (void)state;
    assert_int_equal(tls_stream_connect(c.stream), -ETIMEDOUT);
    assert_true(host.now >= TLS_HANDSHAKE_NS && host.now <= 2 * TLS_HANDSHAKE_NS);
}

static void connecting_fails_for_a_reason(void **state)
{
    (void)state;
    assert_int_equal(send(c.fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    assert_int_equal(tls_stream_connect(c.stream), -EPROTO);
    assert_true(tls_session_why(c.stream->wire.tls)[0] != '\0');
}

static void connecting_to_nobody(void **state)
{
    (void)state;
    peer_leaves();
    assert_int_equal(tls_stream_connect(c.stream), -ECONNABORTED);
}

#define OPEN(test)  cmocka_unit_test_setup_teardown(test, set_up_open, tear_down)
#define SHAKE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
        OPEN(closing_says_goodbye),
        OPEN(what_is_late_outlives_closing),
        OPEN(lingering_has_an_end),
        OPEN(lingering_ones_are_few),
        OPEN(an_ended_program_lets_go),
        OPEN(an_end_waits_for_what_is_late),
        OPEN(an_end_does_not_wait_for_ever),
        SHAKE(connecting_waits_for_the_handshake),
        SHAKE(connecting_has_an_end),
        SHAKE(connecting_fails_for_a_reason),
        SHAKE(connecting_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
