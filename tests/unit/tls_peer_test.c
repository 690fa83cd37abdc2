/* SPDX-License-Identifier: Apache-2.0 */
/* What the other side of a TLS session may speak and do: peers with OpenSSL's own settings.
 * Their keys are in tls_key_test.c. */
/* links: crypto/digest.c base/der_put.c base/der.c base/rfc3339.c */
/* links: tests/unit/scratch.c tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "tests/unit/scratch.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- protocols ---- */

static struct tls_session *client_that_offers(const char *wire)
{
    SSL_CTX *ctx = pair_context(NULL);
    assert_int_equal(SSL_CTX_set_alpn_protos(ctx, (const uint8_t *)wire, (unsigned)strlen(wire)),
                     0);
    return pair_raw(ctx, false);
}

static void both_name_the_protocol(void **state)
{
    (void)state;
    pair_agree(pair_client("a/1"), pair_server("a/1"));
    pair_agree(pair_client(NULL), pair_server(NULL));
    pair_agree(client_that_offers("\3b/1\3a/1"), pair_server("a/1"));

    pair_refuse(pair_client("b/1"), pair_server("a/1"));
    pair_refuse(client_that_offers("\3a/2\1a\4a/11"), pair_server("a/1"));
    assert_int_equal(pair_meet(pair_raw_client(), pair_server("a/1")).server, -EPROTO);
    assert_int_equal(pair_meet(pair_client("a/1"), pair_raw_server()).client, -EPROTO);
}

static void protocols_have_a_name(void **state)
{
    (void)state;
    struct tls_session *s;
    char name[257];
    memset(name, 'a', 256);
    name[256] = '\0';
    assert_int_equal(tls_session_new(&(struct tls_config){.alpn = ""}, &s), -EINVAL);
    assert_int_equal(tls_session_new(&(struct tls_config){.alpn = name}, &s), -EINVAL);
    pair_agree(pair_client(name + 1), pair_server(name + 1));
}

/* ---- versions and suites ---- */

static struct tls_session *raw_of(bool server, int version)
{
    SSL_CTX *ctx = pair_context(server ? pair_identity(true) : NULL);
    assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
    return pair_raw(ctx, server);
}

static void no_version_but_1_3(void **state)
{
    (void)state;
    pair_agree(raw_of(false, TLS1_3_VERSION), pair_server(NULL));
    pair_agree(pair_client(NULL), raw_of(true, TLS1_3_VERSION));
    pair_refuse(raw_of(false, TLS1_2_VERSION), pair_server(NULL));
    pair_refuse(pair_client(NULL), raw_of(true, TLS1_2_VERSION));
}

static struct tls_session *raw_with(const char *suites, const char *groups)
{
    SSL_CTX *ctx = pair_context(NULL);
    assert_int_equal(SSL_CTX_set_ciphersuites(ctx, suites), 1);
    assert_int_equal(SSL_CTX_set1_groups_list(ctx, groups), 1);
    return pair_raw(ctx, false);
}

static void modern_suites_and_groups(void **state)
{
    (void)state;
    static const char *const good[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                       "TLS_CHACHA20_POLY1305_SHA256"};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++)
        pair_agree(raw_with(good[i], "X25519"), pair_server(NULL));
    pair_agree(raw_with(good[0], "P-256"), pair_server(NULL));
    /* one more round: HelloRetryRequest */
    pair_agree(raw_with(good[0], "P-521:P-256"), pair_server(NULL));
    pair_refuse(raw_with("TLS_AES_128_CCM_8_SHA256", "X25519"), pair_server(NULL));
    pair_refuse(raw_with(good[0], "P-521"), pair_server(NULL));
    pair_refuse(raw_with(good[0], "ffdhe2048"), pair_server(NULL));
}

/* ---- what no session does ---- */

static unsigned tickets; /* NewSessionTicket [RFC 8446 4.6.1] */
static void count_tickets(int sent, int version, int type, const void *message, size_t size,
                          SSL *ssl, void *unused)
{
    (void)version;
    (void)ssl;
    (void)unused;
    if (!sent && type == SSL3_RT_HANDSHAKE && size > 0)
        tickets += *(const uint8_t *)message == SSL3_MT_NEWSESSION_TICKET;
}

static unsigned tickets_of(struct tls_session *server)
{
    struct tls_session *client = pair_raw_client();
    char byte;
    tickets = 0;
    SSL_set_msg_callback(pair_ssl(client), count_tickets);
    pair_connect(client, server);
    pair_say(server, client, "data");
    pair_say(client, server, "data");
    assert_int_equal(tls_session_read(client, &byte, 1), -EAGAIN);
    if (tickets == 0)
        assert_false(SSL_SESSION_is_resumable(SSL_get0_session(pair_ssl(client))));
    tls_session_free(client);
    tls_session_free(server);
    return tickets;
}

static void never_sends_a_ticket(void **state)
{
    (void)state;
    assert_true(tickets_of(pair_raw_server()) > 0);
    assert_int_equal(tickets_of(pair_server(NULL)), 0);
}

/* A client of ours forgets what it is given. */
static void never_takes_up_a_session(void **state)
{
    (void)state;
    struct tls_session *client = pair_client(NULL), *server = pair_raw_server();
    pair_connect(client, server);
    pair_say(server, client, "after the tickets");
    assert_int_equal(SSL_CTX_get_session_cache_mode(SSL_get_SSL_CTX(pair_ssl(client))),
                     SSL_SESS_CACHE_OFF);
    assert_int_equal(SSL_CTX_sess_number(SSL_get_SSL_CTX(pair_ssl(client))), 0);
    tls_session_free(client);
    tls_session_free(server);
}

/* ---- what a peer may do later ---- */

static void keys_may_be_updated(void **state)
{
    (void)state;
    for (int shut = 0; shut < 2; shut++) {
        struct tls_session *client = pair_raw_client(), *server = pair_server(NULL);
        char byte;
        pair_connect(client, server);
        if (shut)
            tls_session_shutdown(server);
        for (int i = 0; i < 100; i++) {
            assert_int_equal(SSL_key_update(pair_ssl(client), SSL_KEY_UPDATE_REQUESTED), 1);
            pair_say(client, server, "under a new key");
        }
        assert_int_equal(tls_session_read(client, &byte, 1), shut ? 0 : -EAGAIN);
        if (!shut)
            pair_say(server, client, "under a new key");
        tls_session_free(client);
        tls_session_free(server);
    }
}

static void nothing_counts_after_the_end(void **state)
{
    (void)state;
    struct tls_session *client = pair_raw_client(), *server = pair_server(NULL);
    char got[8];
    pair_connect(client, server);
    assert_int_equal(SSL_shutdown(pair_ssl(client)), 0);
    SSL_set_shutdown(pair_ssl(client), 0);
    assert_int_equal(tls_session_write(client, bytes_of_text("more")), 4);
    pair_carry_all(client, server);
    for (int i = 0; i < 3; i++)
        assert_int_equal(tls_session_read(server, got, sizeof(got)), 0);
    assert_int_equal(tls_session_buffered(server), 0);
    tls_session_free(client);
    tls_session_free(server);
}

/* ---- where it runs ---- */

/* One that leaves OpenSSL without any algorithm: see configure(). Nothing in this program would
 * work had it been read. */
static void reads_no_configuration(void **state)
{
    (void)state;
    assert_non_null(getenv("OPENSSL_CONF"));
    pair_agree(pair_client(NULL), pair_server(NULL));
}

static int configure(void **state)
{
    static const char nothing[] = "openssl_conf = all\n[all]\nproviders = some\n"
                                  "[some]\nnull = active\n[active]\nactivate = 1\n";
    const int result = scratch_open(state);
    scratch_write("openssl.cnf", nothing);
    setenv("OPENSSL_CONF", "openssl.cnf", 1);
    tls_session_free(pair_client(NULL)); /* the first that is asked of OpenSSL */
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_no_configuration),       cmocka_unit_test(both_name_the_protocol),
        cmocka_unit_test(protocols_have_a_name),        cmocka_unit_test(no_version_but_1_3),
        cmocka_unit_test(modern_suites_and_groups),     cmocka_unit_test(never_sends_a_ticket),
        cmocka_unit_test(never_takes_up_a_session),     cmocka_unit_test(keys_may_be_updated),
        cmocka_unit_test(nothing_counts_after_the_end),
    };
    return cmocka_run_group_tests(tests, configure, scratch_close);
}
