/* SPDX-License-Identifier: Apache-2.0 */
/* A session that never says anything, and does not stop saying it: one call takes a part, so
 * that others get their turn. */
/* links: tests/unit/port_sockets.c tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c crypto/digest.c base/der.c base/der_put.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* links: exec/owner_session.c exec/keep_state.c exec/wire.c exec/port.c channel/message.c channel/reader.c attest/claims_buffer.c conf/evidence_claims.c base/cbor.c base/utf8.c */
/* libs: -lssl -lcrypto */
#include "exec/owner_session.h"

#include "include/channel.h"
#include "tests/unit/port_sockets.h"
#include "tests/unit/tls_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
    struct owner_session *session;
    struct tls_session *peer;
    int fd; /* the peer's */
    unsigned opened, came;
} c;

static void opened(void *context, struct owner_session *s)
{
    (void)context;
    s->state.phase = SESSION_OPEN;
    c.opened++;
}

static void came(void *context, struct owner_session *s, const struct channel_part *part)
{
    (void)context, (void)s;
    assert_int_equal(part->type, CHANNEL_CHALLENGE);
    c.came++;
}

static void receive(void)
{
    static struct owner_buffer buffer;
    owner_session_receive(c.session, &(struct owner_events){.opened = opened, .came = came},
                          &buffer);
}

static int set_up(void **state)
{
    int pair[2];
    (void)state;
    memset(&host, 0, sizeof(host));
    memset(&c, 0, sizeof(c));
    socket_pair(pair);
    c.fd = pair[1];
    c.peer = pair_client(CHANNEL_ALPN);
    assert_int_equal(owner_session_new(pair[0], pair_identity(true), 1, &c.session), 0);
    for (int i = 0; i < 10; i++) {
        (void)!tls_session_handshake(c.peer);
        socket_carry(c.peer, c.fd);
        receive();
    }
    assert_int_equal(c.opened, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_session_free(c.peer);
    owner_session_free(c.session);
    close(c.fd);
    return 0;
}

static void challenge(void)
{
    uint8_t message[CHANNEL_HEADER_SIZE + CHANNEL_CHALLENGE_SIZE];
    struct put p = put_init(message, sizeof(message));
    channel_header_put(
        &p, &(struct channel_header){.type = CHANNEL_CHALLENGE, .size = CHANNEL_CHALLENGE_SIZE});
    channel_challenge_put(&p, &(struct channel_challenge){.what = CHANNEL_DEPLOY, .time = 1});
    assert_int_equal(tls_session_write(c.peer, put_done(&p)), p.size);
    socket_carry(c.peer, c.fd);
}

static void messages_come(void **state)
{
    (void)state;
    challenge();
    receive();
    assert_int_equal(c.came, 1);
    assert_false(c.session->over);
}

static void what_is_no_message_takes_no_more_than_a_turn(void **state)
{
    (void)state;
    const size_t sent = pair_flood(c.peer, c.fd);
    const uint64_t before = c.session->wire.came;
    assert_true(sent > 3 * WIRE_TURN_MAX);
    receive();
    assert_in_range(c.session->wire.came - before, 1, 2 * WIRE_TURN_MAX);
    for (unsigned i = 0; c.session->wire.came - before < sent && i < 100; i++)
        receive();
    challenge();
    receive();
    assert_int_equal(c.came, 1); /* nothing is lost */
    assert_false(c.session->over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_come, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_message_takes_no_more_than_a_turn, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
