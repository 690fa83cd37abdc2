/* SPDX-License-Identifier: Apache-2.0 */
/* TLS sessions with another implementation at the other end: GnuTLS, where there is one. */
/* links: crypto/digest.c base/der_put.c base/der.c base/rfc3339.c */
/* links: tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "crypto/key.h"
#include "tests/unit/tls_pair.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#define ALPN    "enarx-keep/1"
#define FORMAT  0 /* GNUTLS_X509_FMT_DER */
#define KIND    1 /* GNUTLS_CRD_CERTIFICATE */
#define WRITING 1 /* GNUTLS_SHUT_WR */
#define AGAIN   -28
#define SERVER  1u
#define CLIENT  2u

struct datum {
    const uint8_t *data;
    unsigned size;
};

/* X(name, result, arguments) of gnutls.h, GnuTLS 3.7. */
#define FUNCTIONS(X)                                                                              \
    X(init, int, void **, unsigned)                                                               \
    X(deinit, void, void *)                                                                       \
    X(certificate_allocate_credentials, int, void **)                                             \
    X(certificate_free_credentials, void, void *)                                                 \
    X(certificate_set_x509_key_mem, int, void *, const struct datum *, const struct datum *, int) \
    X(credentials_set, int, void *, int, void *)                                                  \
    X(priority_set_direct, int, void *, const char *, const char **)                              \
    X(alpn_set_protocols, int, void *, const struct datum *, unsigned, unsigned)                  \
    X(transport_set_ptr, void, void *, void *)                                                    \
    X(transport_set_push_function, void, void *, ssize_t (*)(void *, const void *, size_t))       \
    X(transport_set_pull_function, void, void *, ssize_t (*)(void *, void *, size_t))             \
    X(handshake, int, void *)                                                                     \
    X(record_send, ssize_t, void *, const void *, size_t)                                         \
    X(record_recv, ssize_t, void *, void *, size_t)                                               \
    X(bye, int, void *, int)                                                                      \
    X(prf_rfc5705, int, void *, size_t, const char *, size_t, const char *, size_t, char *)

#define X(name, result, ...) static result (*gnutls_##name)(__VA_ARGS__);
FUNCTIONS(X)
#undef X

static bool find_gnutls(void)
{
    void *library = dlopen("libgnutls.so.30", RTLD_NOW);
    if (library == NULL)
        return false;
#define X(name, result, ...)                                    \
    *(void **)&gnutls_##name = dlsym(library, "gnutls_" #name); \
    assert_non_null(gnutls_##name);
    FUNCTIONS(X)
#undef X
    return true;
}

/* ---- the wire between them ---- */

static ssize_t push(void *ours, const void *data, size_t size)
{
    const size_t taken = tls_session_feed(ours, (struct bytes){data, size});
    errno = EAGAIN;
    return taken == 0 ? -1 : (ssize_t)taken;
}

static ssize_t pull(void *ours, void *data, size_t size)
{
    const struct bytes out = tls_session_outgoing(ours);
    const size_t taken = out.size < size ? out.size : size;
    errno = EAGAIN;
    if (taken == 0)
        return -1;
    memcpy(data, out.data, taken);
    tls_session_sent(ours, taken);
    return (ssize_t)taken;
}

struct theirs {
    void *session, *credentials;
};

static struct theirs theirs_new(bool server, bool shows, struct tls_session *ours)
{
    static const struct datum protocol = {(const uint8_t *)ALPN, sizeof(ALPN) - 1};
    const struct tls_identity *own = pair_identity(server);
    uint8_t der[256];
    struct put key = put_init(der, sizeof(der));
    struct theirs t = {0};
    assert_int_equal(key_put(own->key, &key), 0);
    assert_int_equal(gnutls_init(&t.session, server ? SERVER : CLIENT), 0);
    assert_int_equal(gnutls_certificate_allocate_credentials(&t.credentials), 0);
    if (shows)
        assert_int_equal(gnutls_certificate_set_x509_key_mem(
                             t.credentials,
                             &(struct datum){own->cert.data, (unsigned)own->cert.size},
                             &(struct datum){der, (unsigned)key.size}, FORMAT),
                         0);
    assert_int_equal(gnutls_credentials_set(t.session, KIND, t.credentials), 0);
    assert_int_equal(gnutls_priority_set_direct(t.session, "NORMAL", NULL), 0);
    assert_int_equal(gnutls_alpn_set_protocols(t.session, &protocol, 1, 0), 0);
    gnutls_transport_set_ptr(t.session, ours);
    gnutls_transport_set_push_function(t.session, push);
    gnutls_transport_set_pull_function(t.session, pull);
    return t;
}

static void theirs_free(struct theirs t)
{
    gnutls_deinit(t.session);
    gnutls_certificate_free_credentials(t.credentials);
}

/* ---- all that a session does ---- */

static void connect_to(struct tls_session *ours, struct theirs t)
{
    int mine = -EAGAIN, other = AGAIN;
    for (int i = 0; i < 10; i++) {
        mine = mine == 0 ? 0 : tls_session_handshake(ours);
        other = other == 0 ? 0 : gnutls_handshake(t.session);
    }
    assert_string_equal(tls_session_why(ours), "");
    assert_int_equal(mine, 0);
    assert_int_equal(other, 0);
}

static void speak(struct tls_session *ours, struct theirs t)
{
    uint8_t got[64], key[32], other[32];
    assert_int_equal(tls_session_write(ours, bytes_of_text("hello")), 5);
    assert_int_equal(gnutls_record_recv(t.session, got, sizeof(got)), 5);
    assert_memory_equal(got, "hello", 5);
    assert_int_equal(gnutls_record_send(t.session, "there", 5), 5);
    assert_int_equal(tls_session_read(ours, got, sizeof(got)), 5);
    assert_memory_equal(got, "there", 5);

    static const char label[] = "EXPORTER-enarx-keep-v1", nonce[] = "nonce";
    assert_int_equal(tls_session_export(ours, label, bytes_of_text(nonce), key, 32), 0);
    assert_int_equal(
        gnutls_prf_rfc5705(t.session, strlen(label), label, 5, nonce, 32, (char *)other), 0);
    assert_memory_equal(key, other, 32);

    tls_session_shutdown(ours);
    assert_int_equal(gnutls_record_recv(t.session, got, sizeof(got)), 0);
    assert_int_equal(gnutls_bye(t.session, WRITING), 0);
    assert_int_equal(tls_session_read(ours, got, sizeof(got)), 0);
}

static void serves_a_client_of_gnutls(void **state)
{
    (void)state;
    for (int shows = 0; shows < 2; shows++) {
        struct tls_session *ours = pair_new(&(struct tls_config){
            .server = true, .own = pair_identity(true), .ask_client = true, .alpn = ALPN});
        const struct theirs t = theirs_new(false, shows, ours);
        uint8_t told[KEY_PUBLIC_SIZE], expected[KEY_PUBLIC_SIZE];
        size_t size = sizeof(told);
        connect_to(ours, t);
        assert_int_equal(tls_session_peer_key(ours, told, &size), shows ? 0 : -ENOENT);
        assert_int_equal(key_public(pair_identity(false)->key, expected), 0);
        if (shows)
            assert_memory_equal(told, expected, sizeof(expected));
        speak(ours, t);
        theirs_free(t);
        tls_session_free(ours);
    }
}

/* Which sends tickets, too. */
static void asks_a_server_of_gnutls(void **state)
{
    (void)state;
    struct tls_session *ours = pair_client(ALPN);
    const struct theirs t = theirs_new(true, true, ours);
    connect_to(ours, t);
    speak(ours, t);
    theirs_free(t);
    tls_session_free(ours);
}

static void no_gnutls(void **state)
{
    (void)state;
    skip(); /* no libgnutls.so.30 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_a_client_of_gnutls),
        cmocka_unit_test(asks_a_server_of_gnutls),
    };
    const struct CMUnitTest none[] = {cmocka_unit_test(no_gnutls)};
    if (!find_gnutls())
        return cmocka_run_group_tests(none, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
