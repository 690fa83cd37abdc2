/* SPDX-License-Identifier: Apache-2.0 */
/* TLS sessions between two of ours. Other peers are in tls_peer_test.c, keys in
 * tls_key_test.c and tls_export_test.c, and a wire that cuts and lies in tls_wire_test.c. */
/* links: crypto/digest.c base/der_put.c base/der.c base/rfc3339.c */
/* links: tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALPN "enarx-keep/1"

/* ---- data ---- */

static void speaks_both_ways(void **state)
{
    (void)state;
    const struct pair e = pair_open(ALPN);
    pair_say(e.client, e.server, "from the client");
    pair_say(e.server, e.client, "from the server");
    const uint8_t *protocol;
    unsigned size;
    SSL_get0_alpn_selected(pair_ssl(e.client), &protocol, &size);
    assert_memory_equal(protocol, ALPN, size);
    assert_string_equal(SSL_get_version(pair_ssl(e.client)), "TLSv1.3");
    pair_close(e);
}

static uint8_t *megabyte(void)
{
    uint8_t *data = malloc(1 << 20);
    assert_non_null(data);
    for (uint32_t i = 0; i < 1 << 20; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 24);
    return data;
}

/* All of `data`, read in pieces of `piece` bytes. */
static void send(struct pair e, const uint8_t *data, size_t size, size_t piece)
{
    uint8_t *got = malloc(size + piece);
    size_t sent = 0, received = 0;
    assert_non_null(got);
    while (received < size) {
        const int64_t taken = tls_session_write(e.client, (struct bytes){data + sent, size - sent});
        assert_true(taken > 0 || taken == -EAGAIN || sent == size);
        sent += taken > 0 ? (size_t)taken : 0;
        pair_carry_all(e.client, e.server);
        const int64_t more = tls_session_read(e.server, got + received, piece);
        assert_true(more > 0);
        received += (size_t)more;
    }
    assert_int_equal(sent, size);
    assert_memory_equal(got, data, size);
    free(got);
}

static void carries_bulk(void **state)
{
    (void)state;
    static const size_t pieces[] = {1 << 16, 16384, 16383, 4096, 77};
    uint8_t *data = megabyte();
    const struct pair e = pair_open(ALPN);
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++)
        send(e, data, 1 << 20, pieces[i]);
    pair_close(e);
    free(data);
}

static void takes_the_wire_byte_by_byte(void **state)
{
    (void)state;
    const struct pair e = {pair_client(ALPN), pair_server(ALPN)};
    int client = -EAGAIN, server = -EAGAIN;
    size_t moved;
    do {
        client = tls_session_handshake(e.client);
        server = tls_session_handshake(e.server);
        moved = pair_carry(e.client, e.server, 1) + pair_carry(e.server, e.client, 1);
    } while (moved > 0);
    assert_int_equal(client, 0);
    assert_int_equal(server, 0);
    char got[8] = "";
    assert_int_equal(tls_session_write(e.client, bytes_of_text("hello")), 5);
    while (pair_carry(e.client, e.server, 1) == 1 && tls_session_outgoing(e.client).size > 0)
        assert_int_equal(tls_session_read(e.server, got, sizeof(got)), -EAGAIN);
    assert_int_equal(tls_session_read(e.server, got, sizeof(got)), 5);
    assert_string_equal(got, "hello");
    pair_close(e);
}

static void says_nothing_before_the_handshake(void **state)
{
    (void)state;
    const struct pair e = {pair_client(ALPN), pair_server(ALPN)};
    uint8_t bytes[256];
    size_t size = sizeof(bytes);
    assert_int_equal(tls_session_read(e.server, bytes, 1), -EAGAIN);
    assert_int_equal(tls_session_write(e.server, bytes_of_text("early")), -EAGAIN);
    assert_int_equal(tls_session_buffered(e.server), 0);
    assert_int_equal(tls_session_peer_key(e.server, bytes, &size), -ENOENT);
    assert_int_equal(tls_session_export(e.server, "label", bytes_of_text(""), bytes, 32),
                     -ENOTCONN);
    tls_session_shutdown(e.server);
    assert_int_equal(tls_session_outgoing(e.server).size, 0);
    pair_connect(e.client, e.server);
    pair_say(e.server, e.client, "now");
    pair_close(e);
}

/* Nor does it hear: a peer that has not yet shown what it speaks is not one to be read. */
static void hears_nothing_before_the_handshake(void **state)
{
    (void)state;
    struct tls_session *client = pair_raw_client(), *server = pair_server(ALPN);
    char got[8];
    assert_int_equal(tls_session_handshake(client), -EAGAIN);
    pair_carry_all(client, server);
    assert_int_equal(tls_session_handshake(server), -EAGAIN);
    pair_carry_all(client, server);
    assert_int_equal(tls_session_handshake(client), 0);
    assert_int_equal(tls_session_write(client, bytes_of_text("x")), 1);
    pair_carry_all(client, server);
    assert_int_equal(tls_session_peek(server, got, sizeof(got)), -EAGAIN);
    assert_int_equal(tls_session_read(server, got, sizeof(got)), -EAGAIN);
    assert_int_equal(tls_session_write(server, bytes_of_text("x")), -EAGAIN);
    assert_int_equal(tls_session_handshake(server), -EPROTO);
    assert_int_equal(tls_session_read(server, got, sizeof(got)), -EPROTO);
    pair_close((struct pair){client, server});
}

static void tells_what_is_buffered(void **state)
{
    (void)state;
    const struct pair e = pair_open(ALPN);
    char got[4];
    assert_int_equal(tls_session_buffered(e.server), 0);
    assert_int_equal(tls_session_write(e.client, bytes_of_text("0123456789")), 10);
    assert_int_equal(tls_session_buffered(e.server), 0);
    pair_carry(e.client, e.server, 20);
    assert_int_equal(tls_session_buffered(e.server), 0);
    pair_carry_all(e.client, e.server);
    assert_int_equal(tls_session_buffered(e.server), 10);
    assert_int_equal(tls_session_read(e.server, got, sizeof(got)), 4);
    assert_int_equal(tls_session_buffered(e.server), 6);
    pair_close(e);
}

/* The same as to feed it, and no more. */
static void takes_ciphertext_in_place(void **state)
{
    (void)state;
    uint8_t *data = megabyte(), *got = malloc(1 << 20);
    const struct pair e = pair_open(ALPN);
    size_t wrote = 0, read = 0;
    for (int i = 0; i < 50; i++) {
        wrote += (size_t)tls_session_write(e.client, (struct bytes){data + wrote, 7919});
        size_t size = 0, put = 0;
        while (tls_session_outgoing(e.client).size > 0) {
            const struct bytes out = tls_session_outgoing(e.client);
            uint8_t *to = tls_session_space(e.server, &size);
            assert_in_range(size, 1, tls_session_room(e.server));
            put = size < out.size ? size : out.size;
            memcpy(to, out.data, put);
            tls_session_fed(e.server, put);
            tls_session_sent(e.client, put);
        }
        read += (size_t)tls_session_read(e.server, got + read, 1 << 16);
    }
    assert_int_equal(read, 50 * 7919);
    assert_memory_equal(got, data, read);
    for (size_t size = 1, held = 0; size > 0; held += size) {
        (void)tls_session_space(e.server, &size);
        tls_session_fed(e.server, size);
        assert_true(held + size <= pair_holds);
    }
    assert_int_equal(tls_session_room(e.server), 0);
    pair_close(e);
    free(got);
    free(data);
}

/* ---- what is held ---- */

static void holds_no_more_than_it_says(void **state)
{
    (void)state;
    uint8_t *data = megabyte();
    const struct pair e = pair_open(ALPN);
    size_t written = 0, owed = 0;
    int64_t taken;
    while ((taken = tls_session_write(e.client, (struct bytes){data, 1000})) > 0)
        written += (size_t)taken;
    assert_int_equal(taken, -EAGAIN);
    assert_in_range(written, 16384, pair_holds);

    /* all the rest that was written goes to somebody who does not read */
    while (tls_session_room(e.server) > 0) {
        taken = tls_session_write(e.client, (struct bytes){data, 1 << 20});
        assert_true(taken > 0 || taken == -EAGAIN);
        owed += pair_carry(e.client, e.server, SIZE_MAX);
    }
    assert_int_equal(owed, pair_holds);
    assert_int_equal(tls_session_feed(e.server, (struct bytes){data, 1}), 0);
    assert_true(tls_session_outgoing(e.client).size <= pair_holds);
    pair_close(e);
    free(data);
}

/* Writes until just a record of full size would fit. */
static void fill(struct tls_session *s, const uint8_t *data)
{
    const size_t record = 16384 + 22;
    while (pair_room_out(s) - record - 22 > 16384)
        assert_int_equal(tls_session_write(s, (struct bytes){data, 1000}), 1000);
    const struct bytes last = {data, pair_room_out(s) - record - 22};
    assert_int_equal(tls_session_write(s, last), last.size);
    assert_int_equal(pair_room_out(s), record);
}

/* Also when there is an answer to send first, and something else to say later. */
static void what_is_not_taken_is_forgotten(void **state)
{
    (void)state;
    uint8_t *data = megabyte(), *got = malloc(1 << 20);
    const struct pair e = pair_open(ALPN);
    assert_int_equal(SSL_key_update(pair_ssl(e.client), SSL_KEY_UPDATE_REQUESTED), 1);
    assert_int_equal(tls_session_write(e.client, bytes_of_text("x")), 1);
    fill(e.server, data);
    pair_carry(e.client, e.server, SIZE_MAX);
    assert_int_equal(tls_session_read(e.server, got, 9), 1);
    assert_int_equal(tls_session_write(e.server, (struct bytes){data, 16384}), -EAGAIN);
    pair_carry_all(e.client, e.server);
    while (tls_session_read(e.client, got, 1 << 20) > 0)
        pair_carry_all(e.client, e.server);
    pair_say(e.server, e.client, "something else");
    pair_close(e);
    free(got);
    free(data);
}

/* Both ends hold all that they can and have to answer before they read on. */
static void two_that_write_do_not_wait_for_each_other(void **state)
{
    (void)state;
    uint8_t *data = megabyte(), *got = malloc(1 << 20);
    const struct pair e = pair_open(ALPN);
    struct tls_session *const ends[] = {e.client, e.server};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(SSL_key_update(pair_ssl(ends[i]), SSL_KEY_UPDATE_REQUESTED), 1);
        while (tls_session_room(ends[!i]) > 0) {
            assert_int_equal(tls_session_write(ends[i], (struct bytes){data, 1000}), 1000);
            pair_carry(ends[i], ends[!i], SIZE_MAX);
        }
        while (tls_session_write(ends[i], (struct bytes){data, 1 << 20}) > 0)
            continue;
    }
    for (int i = 0; i < 2; i++) {
        assert_true(tls_session_read(e.client, got, 1 << 20) > 0);
        assert_true(tls_session_read(e.server, got, 1 << 20) > 0);
        pair_carry_all(e.client, e.server);
    }
    pair_close(e);
    free(got);
    free(data);
}

/* ---- ends ---- */

static void each_half_closes_by_itself(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pair e = pair_open(ALPN);
        struct tls_session *first = i == 0 ? e.client : e.server;
        struct tls_session *other = i == 0 ? e.server : e.client;
        char got[16];
        assert_int_equal(tls_session_write(first, bytes_of_text("last")), 4);
        tls_session_shutdown(first);
        tls_session_shutdown(first);
        assert_int_equal(tls_session_write(first, bytes_of_text("more")), -EPIPE);
        pair_carry_all(first, other);
        assert_int_equal(tls_session_read(other, got, sizeof(got)), 4);
        assert_int_equal(tls_session_read(other, got, sizeof(got)), 0);
        assert_int_equal(tls_session_read(other, got, sizeof(got)), 0);
        pair_say(other, first, "goes on");
        assert_int_equal(tls_session_read(first, got, sizeof(got)), -EAGAIN);
        tls_session_shutdown(other);
        pair_carry_all(other, first);
        tls_session_feed_end(first);
        tls_session_feed_end(other);
        assert_int_equal(tls_session_read(first, got, sizeof(got)), 0);
        assert_int_equal(tls_session_read(other, got, sizeof(got)), 0);
        assert_string_equal(tls_session_why(first), "");
        pair_close(e);
    }
}

static void says_goodbye_when_there_is_room(void **state)
{
    (void)state;
    uint8_t *data = megabyte(), *got = malloc(1 << 20);
    const struct pair e = pair_open(ALPN);
    while (tls_session_write(e.client, (struct bytes){data, 1 << 20}) > 0)
        continue;
    tls_session_shutdown(e.client);
    int64_t more;
    do {
        pair_carry_all(e.client, e.server);
        more = tls_session_read(e.server, got, 1 << 20);
    } while (more > 0);
    assert_int_equal(more, 0);
    pair_close(e);
    free(got);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_both_ways),
        cmocka_unit_test(carries_bulk),
        cmocka_unit_test(takes_the_wire_byte_by_byte),
        cmocka_unit_test(says_nothing_before_the_handshake),
        cmocka_unit_test(hears_nothing_before_the_handshake),
        cmocka_unit_test(tells_what_is_buffered),
        cmocka_unit_test(takes_ciphertext_in_place),
        cmocka_unit_test(holds_no_more_than_it_says),
        cmocka_unit_test(what_is_not_taken_is_forgotten),
        cmocka_unit_test(two_that_write_do_not_wait_for_each_other),
        cmocka_unit_test(each_half_closes_by_itself),
        cmocka_unit_test(says_goodbye_when_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
