/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of TLS; see tls_pair.h. */
#include "tests/unit/tls_pair.h"

#include "crypto/key.h"
#include "tls/certificate.h"
/* its inside */
#include "tls/session.c"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

const size_t pair_holds = PIPE_MAX;

const struct tls_identity *pair_identity(bool server)
{
    static struct tls_identity identities[2];
    static uint8_t certs[2][TLS_CERTIFICATE_MAX];
    struct tls_identity *own = &identities[server];
    if (own->key == NULL) {
        struct put cert = put_init(certs[server], sizeof(certs[server]));
        assert_int_equal(key_generate(&own->key), 0);
        assert_int_equal(tls_certificate_put(own->key, server ? "keep" : "owner", &cert), 0);
        own->cert = put_done(&cert);
    }
    return own;
}

struct tls_session *pair_new(const struct tls_config *config)
{
    struct tls_session *s = NULL;
    assert_int_equal(tls_session_new(config, &s), 0);
    return s;
}

struct tls_session *pair_server(const char *alpn)
{
    return pair_new(&(struct tls_config){.server = true, .own = pair_identity(true), .alpn = alpn});
}

struct tls_session *pair_client(const char *alpn)
{
    return pair_new(&(struct tls_config){.alpn = alpn});
}

struct tls_session *pair_raw(SSL_CTX *ctx, bool server)
{
    struct tls_session *s = calloc(1, sizeof(*s));
    struct tls_context *c = calloc(1, sizeof(*c));
    assert_true(s != NULL && c != NULL);
    *c = (struct tls_context){.ssl = ctx, .wire = tls_session_wire(), .server = server};
    assert_true(open_session(s, c));
    s->context = NULL;
    s->own = c;
    return s;
}

SSL_CTX *pair_context(const struct tls_identity *own)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    assert_non_null(ctx);
    SSL_CTX_set_security_level(ctx, 0);
    if (own != NULL) {
        const int size = (int)own->cert.size;
        assert_int_equal(SSL_CTX_use_certificate_ASN1(ctx, size, own->cert.data), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(ctx, own->key), 1);
    }
    return ctx;
}

struct tls_session *pair_raw_client(void) { return pair_raw(pair_context(NULL), false); }
struct tls_session *pair_raw_server(void)
{
    return pair_raw(pair_context(pair_identity(true)), true);
}

SSL *pair_ssl(struct tls_session *s) { return s->ssl; }

size_t pair_flood(struct tls_session *s, int fd)
{
    const int size = 1 << 18;
    size_t sent = 0;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    for (ssize_t n = 1; n > 0; sent += n > 0 ? (size_t)n : 0) {
        while (tls_session_outgoing(s).size < 65536) {
            assert_int_equal(SSL_key_update(s->ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
            assert_int_equal(SSL_do_handshake(s->ssl), 1);
        }
        const struct bytes out = tls_session_outgoing(s);
        n = send(fd, out.data, out.size, MSG_DONTWAIT);
        tls_session_sent(s, n > 0 ? (size_t)n : 0);
    }
    return sent;
}

size_t pair_room_out(const struct tls_session *s) { return pipe_room(&s->out); }

X509 *pair_certificate(EVP_PKEY *key, size_t padding)
{
    X509 *x = X509_new();
    char *text = calloc(1, padding + 1);
    assert_true(x != NULL && text != NULL);
    memset(text, 'x', padding);
    assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
    assert_int_equal(X509_set_pubkey(x, key), 1);
    if (padding > 0) {
        ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
        assert_int_equal(ASN1_OCTET_STRING_set(octets, (uint8_t *)text, (int)padding), 1);
        X509_EXTENSION *more = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, octets);
        assert_int_equal(X509_add_ext(x, more, -1), 1);
        X509_EXTENSION_free(more);
        ASN1_OCTET_STRING_free(octets);
    }
    const bool edwards = strncmp(EVP_PKEY_get0_type_name(key), "ED", 2) == 0;
    assert_true(X509_sign(x, key, edwards ? NULL : EVP_sha256()) > 0);
    free(text);
    return x;
}

size_t pair_carry(struct tls_session *from, struct tls_session *to, size_t most)
{
    struct bytes out = tls_session_outgoing(from);
    if (out.size > most)
        out.size = most;
    const size_t taken = tls_session_feed(to, out);
    tls_session_sent(from, taken);
    return taken;
}

void pair_carry_all(struct tls_session *a, struct tls_session *b)
{
    while (pair_carry(a, b, SIZE_MAX) + pair_carry(b, a, SIZE_MAX) > 0)
        continue;
}

struct pair_result pair_handshake(struct tls_session *client, struct tls_session *server)
{
    struct pair_result r;
    size_t moved;
    do {
        r.client = tls_session_handshake(client);
        r.server = tls_session_handshake(server);
        moved = pair_carry(client, server, SIZE_MAX) + pair_carry(server, client, SIZE_MAX);
    } while (moved > 0);
    return r;
}

void pair_connect(struct tls_session *client, struct tls_session *server)
{
    const struct pair_result r = pair_handshake(client, server);
    assert_string_equal(tls_session_why(client), "");
    assert_string_equal(tls_session_why(server), "");
    assert_int_equal(r.client, 0);
    assert_int_equal(r.server, 0);
}

struct pair_result pair_meet(struct tls_session *client, struct tls_session *server)
{
    struct pair_result r = pair_handshake(client, server);
    char byte;
    /* a client is done before the server has looked at its certificate */
    if (r.client == 0)
        r.client = (int)tls_session_read(client, &byte, 1);
    if (r.server == 0)
        r.server = (int)tls_session_read(server, &byte, 1);
    assert_int_equal(r.client == -EPROTO, tls_session_why(client)[0] != '\0');
    assert_int_equal(r.server == -EPROTO, tls_session_why(server)[0] != '\0');
    tls_session_free(client);
    tls_session_free(server);
    return r;
}

void pair_agree(struct tls_session *client, struct tls_session *server)
{
    const struct pair_result r = pair_meet(client, server);
    assert_int_equal(r.client, -EAGAIN);
    assert_int_equal(r.server, -EAGAIN);
}

void pair_refuse(struct tls_session *client, struct tls_session *server)
{
    const struct pair_result r = pair_meet(client, server);
    assert_int_equal(r.client, -EPROTO);
    assert_int_equal(r.server, -EPROTO);
}

struct pair pair_open(const char *alpn)
{
    const struct pair p = {pair_client(alpn), pair_server(alpn)};
    pair_connect(p.client, p.server);
    return p;
}

void pair_close(struct pair p)
{
    tls_session_free(p.client);
    tls_session_free(p.server);
}

void pair_say(struct tls_session *from, struct tls_session *to, const char *text)
{
    char got[256] = "";
    const struct bytes said = bytes_of_text(text);
    assert_int_equal(tls_session_write(from, said), said.size);
    pair_carry_all(from, to);
    assert_int_equal(tls_session_read(to, got, sizeof(got)), said.size);
    assert_string_equal(got, text);
}
