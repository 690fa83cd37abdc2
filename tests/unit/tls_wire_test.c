/* SPDX-License-Identifier: Apache-2.0 */
/* TLS sessions over a wire that cuts, changes, repeats and makes up. */
/* links: crypto/digest.c base/der_put.c base/der.c base/rfc3339.c */
/* links: tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ALPN "enarx-keep/1"

static void a_cut_stream_is_no_end(void **state)
{
    (void)state;
    /* after a record, and within one */
    for (size_t cut = 0; cut < 3; cut++) {
        const struct pair e = pair_open(ALPN);
        char got[16];
        assert_int_equal(tls_session_write(e.client, bytes_of_text("whole")), 5);
        pair_carry_all(e.client, e.server);
        assert_int_equal(tls_session_write(e.client, bytes_of_text("cut")), 3);
        pair_carry(e.client, e.server, cut * 7);
        tls_session_feed_end(e.server);
        assert_int_equal(tls_session_room(e.server), 0);
        assert_int_equal(tls_session_read(e.server, got, sizeof(got)), 5);
        assert_int_equal(tls_session_read(e.server, got, sizeof(got)), -ECONNABORTED);
        assert_int_equal(tls_session_read(e.server, got, sizeof(got)), -ECONNABORTED);
        assert_int_equal(tls_session_write(e.server, bytes_of_text("more")), -EPIPE);
        assert_string_equal(tls_session_why(e.server), "the connection was cut");
        pair_close(e);
    }
}

static void a_cut_handshake_fails(void **state)
{
    (void)state;
    for (size_t kept = 0; kept < 2000; kept += 97) {
        const struct pair e = {pair_client(ALPN), pair_server(ALPN)};
        assert_int_equal(tls_session_handshake(e.client), -EAGAIN);
        pair_carry(e.client, e.server, SIZE_MAX);
        assert_int_equal(tls_session_handshake(e.server), -EAGAIN);
        pair_carry(e.server, e.client, kept);
        tls_session_feed_end(e.client);
        const int result = tls_session_handshake(e.client);
        if (tls_session_outgoing(e.server).size > 0)
            assert_int_equal(result, -ECONNABORTED);
        else
            assert_int_equal(result, 0);
        assert_int_equal(tls_session_handshake(e.client), result);
        pair_close(e);
    }
}

/* Any byte of a record that is another: nothing of it is read, and nothing after it. */
static void a_changed_record_is_refused(void **state)
{
    (void)state;
    for (size_t at = 0; at < 27; at++) { /* 5 + 5 + 1 + 16 */
        const struct pair e = pair_open(ALPN);
        const bool longer = at == 3 || at == 4; /* its size: the rest never comes */
        uint8_t record[27];
        char got[8];
        assert_int_equal(tls_session_write(e.client, bytes_of_text("hello")), 5);
        const struct bytes out = tls_session_outgoing(e.client);
        assert_int_equal(out.size, sizeof(record));
        memcpy(record, out.data, out.size);
        record[at] ^= 1;
        assert_int_equal(tls_session_feed(e.server, (struct bytes){record, 27}), 27);
        assert_int_equal(tls_session_read(e.server, got, 8), longer ? -EAGAIN : -EPROTO);
        tls_session_feed_end(e.server);
        assert_int_equal(tls_session_read(e.server, got, 8), longer ? -ECONNABORTED : -EPROTO);
        pair_close(e);
    }
}

/* Records replayed, left out or in another order. */
static void an_order_of_records_is_kept(void **state)
{
    (void)state;
    static const char *const orders[] = {"aa", "b", "ba"};
    for (size_t i = 0; i < ARRAY_COUNT(orders); i++) {
        const struct pair e = pair_open(ALPN);
        uint8_t records[2][64];
        char got[8];
        for (int k = 0; k < 2; k++) {
            assert_int_equal(tls_session_write(e.client, bytes_of_text(k == 0 ? "a" : "b")), 1);
            memcpy(records[k], tls_session_outgoing(e.client).data, 23);
            tls_session_sent(e.client, 23);
        }
        int64_t result = 0;
        for (const char *c = orders[i]; *c != '\0'; c++) {
            assert_int_equal(tls_session_feed(e.server, (struct bytes){records[*c - 'a'], 23}), 23);
            result = tls_session_read(e.server, got, 1);
        }
        assert_int_equal(result, -EPROTO);
        pair_close(e);
    }
}

static void garbage_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n",
                                        "\x16\x03\x01\x02\x01\x01\x01\xfd\x03\x03garbage"};
    for (size_t i = 0; i < 4; i++) {
        struct tls_session *s = pair_server(ALPN);
        static const uint8_t zeroes[64];
        struct bytes line = {zeroes, sizeof(zeroes)};
        if (i < 3)
            line = bytes_of_text(lines[i]);
        assert_int_equal(tls_session_feed(s, line), line.size);
        tls_session_feed_end(s);
        const int result = tls_session_handshake(s);
        assert_int_equal(result, i == 2 ? -ECONNABORTED : -EPROTO);
        assert_string_not_equal(tls_session_why(s), "");
        assert_int_equal(tls_session_handshake(s), result);
        tls_session_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_stream_is_no_end),
        cmocka_unit_test(a_cut_handshake_fails),
        cmocka_unit_test(a_changed_record_is_refused),
        cmocka_unit_test(an_order_of_records_is_kept),
        cmocka_unit_test(garbage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
