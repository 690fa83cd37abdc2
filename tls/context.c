/* SPDX-License-Identifier: Apache-2.0 */
/* What every TLS session has in common; see context.h. Trusts OpenSSL. */
#include "tls/context.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192 /* larger ones cost more than they are worth */
#define ALPN_MAX     255u /* [RFC 7301 3.1] */

static const char suites[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                             "TLS_CHACHA20_POLY1305_SHA256";
static const char groups[] = "X25519:P-256";

/* The last three only within certificates [RFC 8446 4.2.3]. */
static const char signatures[] = "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ed25519:"
                                 "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                                 "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                                 "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";

/* ---- the peer's key ---- */

static bool curve_allowed(const EVP_PKEY *key)
{
    char group[32] = "";
    return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
           (strcmp(group, SN_X9_62_prime256v1) == 0 || strcmp(group, SN_secp384r1) == 0);
}

static bool key_allowed(const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "EC"))
        return curve_allowed(key);
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
        const int bits = EVP_PKEY_get_bits(key);
        return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
    }
    return EVP_PKEY_is_a(key, "ED25519");
}

/* Takes the place of a chain's verification: who it is, others decide. */
static int check_peer(X509_STORE_CTX *store, void *unused)
{
    const X509 *cert = X509_STORE_CTX_get0_cert(store);
    const EVP_PKEY *key = cert == NULL ? NULL : X509_get0_pubkey(cert);
    (void)unused;
    if (key != NULL && key_allowed(key))
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_EE_KEY_TOO_SMALL);
    return 0;
}

/* ---- the protocol ---- */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                           const unsigned char *offered, unsigned offered_size, void *alpn)
{
    const struct bytes ours = bytes_of_text(alpn);
    struct cur c = cur_init((struct bytes){.data = offered, .size = offered_size});
    (void)ssl;
    while (cur_left(&c) > 0) {
        const struct bytes name = cur_take(&c, cur_u8(&c));
        if (cur_ok(&c) && bytes_equal(name, ours)) {
            *out = name.data;
            *out_size = (unsigned char)name.size;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int set_protocol(SSL_CTX *ctx, const struct tls_config *config)
{
    uint8_t wire[1 + ALPN_MAX];
    const size_t len = config->alpn == NULL ? 0 : strlen(config->alpn);
    if (config->alpn == NULL)
        return 0;
    if (len == 0 || len > ALPN_MAX)
        return -EINVAL;
    wire[0] = (uint8_t)len;
    memcpy(wire + 1, config->alpn, len);
    if (config->server)
        SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, (void *)config->alpn);
    else if (SSL_CTX_set_alpn_protos(ctx, wire, (unsigned)(1 + len)) != 0)
        return -ENOMEM;
    return 0;
}

/* ---- all of it ---- */

static bool set_rules(SSL_CTX *ctx)
{
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_security_level(ctx, 2);
    return SSL_CTX_set_num_tickets(ctx, 0) == 1 && SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
           SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, suites) == 1 &&
           SSL_CTX_set1_groups_list(ctx, groups) == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, signatures) == 1;
}

static void set_peer(SSL_CTX *ctx, const struct tls_config *config)
{
    const bool asks = !config->server || config->ask_client;
    SSL_CTX_set_verify(ctx, asks ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, check_peer, NULL);
}

static bool set_own(SSL_CTX *ctx, const struct tls_identity *own)
{
    return own == NULL ||
           (own->cert.size <= INT_MAX &&
            SSL_CTX_use_certificate_ASN1(ctx, (int)own->cert.size, own->cert.data) == 1 &&
            SSL_CTX_use_PrivateKey(ctx, own->key) == 1 && SSL_CTX_check_private_key(ctx) == 1);
}

static int configure(SSL_CTX *ctx, const struct tls_config *config)
{
    if (config->server && config->own == NULL)
        return -EINVAL;
    if (!set_rules(ctx))
        return -ENOMEM;
    set_peer(ctx, config);
    return set_own(ctx, config->own) ? set_protocol(ctx, config) : -EKEYREJECTED;
}

int tls_context_new(const struct tls_config *config, SSL_CTX **out)
{
    /* A keep has no files, and a host's settings are not for it to obey. */
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    SSL_CTX *ctx = SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
    const int result = ctx == NULL ? -ENOMEM : configure(ctx, config);
    ERR_clear_error();
    if (result < 0) {
        SSL_CTX_free(ctx);
        return result;
    }
    *out = ctx;
    return 0;
}
