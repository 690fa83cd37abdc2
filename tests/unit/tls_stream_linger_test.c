/* SPDX-License-Identifier: Apache-2.0 */
/* TLS connections that a program has closed: what the wire has not taken yet goes on, and not
 * for ever. Host and peer are the test's. */
/* links: tests/unit/stream_rig.c tests/unit/port_sockets.c tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c crypto/digest.c base/der.c base/der_put.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* links: exec/tls_stream.c exec/wire.c exec/wait.c exec/port.c exec/time.c */
/* libs: -lssl -lcrypto */
#include "tests/unit/port_sockets.h"
#include "tests/unit/stream_rig.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static void closing_says_goodbye(void **state)
{
    (void)state;
    char got[8];
    assert_int_equal(rig_give("bye", 3), 3);
    rig_close();
    assert_int_equal(host.closes, 1);
    peer_hears("bye");
    assert_int_equal(tls_session_read(rig.peer, got, 1), 0);
}

/* What the wire has not taken goes on after the program has closed. */
static void what_is_late_outlives_closing(void **state)
{
    (void)state;
    char got[8];
    const size_t given = rig_fill();
    rig_close();
    assert_int_equal(host.closes, 0);
    size_t heard = 0;
    for (unsigned i = 0; heard < given; i++) {
        heard += peer_drains();
        assert_true(wait_for(&rig.set.company, NULL, 0, 0) == 0);
        assert_true(i < 100);
    }
    assert_int_equal(host.closes, 1);
    assert_int_equal(rig.set.closed_count, 0);
    rig_carry();
    assert_int_equal(tls_session_read(rig.peer, got, 1), 0);
}

static void lingering_has_an_end(void **state)
{
    (void)state;
    (void)rig_fill();
    rig_close();
    const uint64_t before = host.now;
    assert_int_equal(wait_for(&rig.set.company, NULL, 0, 2 * TLS_LINGER_NS), 0);
    assert_int_equal(host.closes, 1);
    assert_true(host.now - before <= 2 * TLS_LINGER_NS);
    while (peer_drains() > 0)
        continue;
    assert_int_equal(tls_session_read(rig.peer, &(char){0}, 1), -ECONNABORTED); /* cut */
}

/* The first is cut for one too many. */
static void lingering_ones_are_few(void **state)
{
    (void)state;
    static struct tls_session *peers[TLS_LINGER_MAX];
    static int fds[TLS_LINGER_MAX];
    for (size_t i = 0; i < TLS_LINGER_MAX; i++) {
        (void)rig_fill();
        rig_close();
        peers[i] = rig.peer;
        fds[i] = rig.fd;
        rig_connect();
        rig_shake();
    }
    assert_int_equal(host.closes, 0);
    (void)rig_fill();
    rig_close();
    assert_int_equal(host.closes, 1);
    assert_int_equal(rig.set.closed_count, TLS_LINGER_MAX);
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
    assert_int_equal(wait_for(&rig.set.company, NULL, 0, 2 * TLS_LINGER_NS), 0);
    assert_int_equal(rig.set.closed_count, 0);
}

static void an_ended_program_lets_go(void **state)
{
    (void)state;
    char got[8];
    assert_int_equal(rig_give("done", 4), 4);
    tls_streams_end(&rig.set);
    assert_int_equal(host.polls, 0);
    peer_hears("done");
    assert_int_equal(tls_session_read(rig.peer, got, 1), 0);
}

static size_t drained;
static void drain_idly(void) { drained += peer_drains(); }

static void an_end_waits_for_what_is_late(void **state)
{
    (void)state;
    const size_t given = rig_fill();
    const uint64_t before = host.now;
    drained = 0;
    host.idle = drain_idly;
    tls_streams_end(&rig.set);
    drain_idly();
    assert_int_equal(drained, given);
    assert_int_equal(tls_session_read(rig.peer, &(char){0}, 1), 0);
    assert_true(host.now - before < TLS_LINGER_NS);
}

static void an_end_does_not_wait_for_ever(void **state)
{
    (void)state;
    (void)rig_fill();
    const uint64_t before = host.now;
    tls_streams_end(&rig.set);
    assert_in_range(host.now - before, TLS_LINGER_NS, 2 * TLS_LINGER_NS);
}

#define OPEN(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPEN(closing_says_goodbye),          OPEN(what_is_late_outlives_closing),
        OPEN(lingering_has_an_end),          OPEN(lingering_ones_are_few),
        OPEN(an_ended_program_lets_go),      OPEN(an_end_waits_for_what_is_late),
        OPEN(an_end_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
