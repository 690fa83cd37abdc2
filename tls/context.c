/* SPDX-License-Identifier: Apache-2.0 */
/* What TLS sessions of one kind have in common; see session.h. Trusts OpenSSL. */
#include "tls/context.h"

#include "tls/check.h"
#include "tls/peer.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define ALPN_MAX 255u /* [RFC 7301 3.1] */

/* The server's order counts. The first is the quickest where there is AES in hardware; a peer
 * that has none begins with the last, and gets it. */
static const char suites[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                             "TLS_CHACHA20_POLY1305_SHA256";
static const char groups[] = "X25519:P-256";

/* The last three only within certificates [RFC 8446 4.2.3]. */
static const char signatures[] = "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ed25519:"
                                 "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                                 "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                                 "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";

/* ---- the protocol ---- */

/* Whether `name` is one of those in `list`, as sent. */
static bool names(struct bytes list, struct bytes name)
{
    struct cur c = cur_init(list);
    while (cur_left(&c) > 0) {
        const struct bytes one = cur_take(&c, cur_u8(&c));
        if (cur_ok(&c) && bytes_equal(one, name))
            return true;
    }
    return false;
}

static struct bytes protocols_of(const struct tls_context *c)
{
    return (struct bytes){.data = c->protocols, .size = c->protocols_size};
}

/* By the server's order [RFC 7301 3.2]. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                           const unsigned char *offered, unsigned offered_size, void *context)
{
    const struct bytes theirs = {.data = offered, .size = offered_size};
    struct cur c = cur_init(protocols_of(context));
    (void)ssl;
    while (cur_left(&c) > 0) {
        const struct bytes name = cur_take(&c, cur_u8(&c));
        if (names(theirs, name)) {
            *out = name.data;
            *out_size = (unsigned char)name.size;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return CHECKED(peer_offers, SSL_TLSEXT_ERR_ALERT_FATAL, SSL_TLSEXT_ERR_NOACK);
}

bool tls_context_agrees(const struct tls_context *c, struct bytes protocol)
{
    return protocol.size == 0 ? !c->must_agree : names(protocols_of(c), protocol);
}

/* `alpn` as the list of that one, or a copy of what is one already. */
static int list_protocols(struct tls_context *c, const struct tls_config *config)
{
    const bool one = config->alpn != NULL;
    const struct bytes from = one ? bytes_of_text(config->alpn) : config->protocols;
    if (one && (from.size == 0 || from.size > ALPN_MAX))
        return -EINVAL;
    c->must_agree = from.size > 0 && (one || !config->server);
    if (from.size == 0)
        return 0;
    c->protocols_size = one + from.size;
    c->protocols = malloc(c->protocols_size);
    if (c->protocols == NULL)
        return -ENOMEM;
    c->protocols[0] = (uint8_t)from.size;
    memcpy(c->protocols + one, from.data, from.size);
    return 0;
}

static int set_protocols(struct tls_context *c, const struct tls_config *config)
{
    const int error = list_protocols(c, config);
    if (error < 0 || c->protocols == NULL)
        return error;
    if (config->server)
        SSL_CTX_set_alpn_select_cb(c->ssl, choose_protocol, c);
    else if (SSL_CTX_set_alpn_protos(c->ssl, c->protocols, (unsigned)c->protocols_size) != 0)
        return -EINVAL;
    return 0;
}

/* ---- all of it ---- */

static bool set_rules(SSL_CTX *ctx)
{
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_CLEANSE_PLAINTEXT |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_security_level(ctx, 2);
    return CHECK(peer_tickets, SSL_CTX_set_num_tickets(ctx, 0) == 1) &&
           SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
           CHECK(peer_version, SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1) &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           CHECK(peer_suites, SSL_CTX_set_ciphersuites(ctx, suites) == 1) &&
           CHECK(peer_groups, SSL_CTX_set1_groups_list(ctx, groups) == 1) &&
           CHECK(key_signatures, SSL_CTX_set1_sigalgs_list(ctx, signatures) == 1);
}

/* All of it or nothing. */
static bool set_own(SSL_CTX *ctx, const struct tls_identity *own)
{
    STACK_OF(X509) *cert = NULL, *above = NULL;
    const bool ok = tls_certs_parse(own->cert, &cert) == 0 && sk_X509_num(cert) == 1 &&
                    tls_certs_parse(own->above, &above) == 0 &&
                    SSL_CTX_use_cert_and_key(ctx, sk_X509_value(cert, 0), own->key, above, 1) == 1;
    sk_X509_pop_free(cert, X509_free);
    sk_X509_pop_free(above, X509_free);
    return ok;
}

static int configure(struct tls_context *c, const struct tls_config *config)
{
    if (config->server && config->own == NULL)
        return -EINVAL;
    c->ssl = SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
    c->wire = tls_session_wire();
    if (c->ssl == NULL || c->wire == NULL || !set_rules(c->ssl))
        return -ENOMEM;
    c->server_name = config->server_name == NULL ? NULL : strdup(config->server_name);
    if (config->server_name != NULL && c->server_name == NULL)
        return -ENOMEM;
    const int error = tls_peer_configure(c, config);
    if (error < 0)
        return error;
    if (config->own != NULL && !set_own(c->ssl, config->own))
        return -EKEYREJECTED;
    return set_protocols(c, config);
}

int tls_context_new(const struct tls_config *config, struct tls_context **out)
{
    /* A keep has no files, and a host's settings are not for it to obey. */
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    struct tls_context *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return -ENOMEM;
    c->server = config->server;
    c->verified = config->roots != NULL;
    c->judge = config->judge;
    c->judge_context = config->judge_context;
    const int result = configure(c, config);
    ERR_clear_error();
    if (result < 0) {
        tls_context_free(c);
        return result;
    }
    *out = c;
    return 0;
}

int tls_context_set_identity(struct tls_context *c, const struct tls_identity *own)
{
    const bool ok = set_own(c->ssl, own);
    ERR_clear_error();
    return ok ? 0 : -EKEYREJECTED;
}

void tls_context_free(struct tls_context *c)
{
    if (c == NULL)
        return;
    SSL_CTX_free(c->ssl);
    BIO_meth_free(c->wire);
    free(c->protocols);
    free(c->server_name);
    free(c);
}
