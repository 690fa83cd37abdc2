/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of servers; see server_tls.h. Trusts OpenSSL. */
#include "net/server_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define SECURITY_LEVEL 2 /* 112 bits [OpenSSL SSL_CTX_set_security_level] */

static BIO *open_text(struct bytes text) { return BIO_new_mem_buf(text.data, (int)text.size); }

/* ---- our own ---- */

/* Nobody is asked for a passphrase. */
static int no_passphrase(maybe_unused char *to, maybe_unused int size, maybe_unused int writing,
                         maybe_unused void *context)
{
    return -1;
}

static bool use_key(SSL_CTX *ctx, struct bytes text)
{
    BIO *in = open_text(text);
    EVP_PKEY *key = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
    const bool ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(in);
    return ok;
}

static bool use_chain(SSL_CTX *ctx, struct bytes text)
{
    BIO *in = open_text(text);
    X509 *cert = in == NULL ? NULL : PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
    bool ok = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;
    X509_free(cert);
    while (ok && (cert = PEM_read_bio_X509(in, NULL, no_passphrase, NULL)) != NULL) {
        ok = SSL_CTX_add0_chain_cert(ctx, cert) == 1;
        if (!ok)
            X509_free(cert);
    }
    BIO_free(in);
    return ok;
}

static int use_identity(SSL_CTX *ctx, const struct server_identity *id, struct fault *fault)
{
    if (!use_chain(ctx, id->chain.text))
        return fault_set(fault, -EINVAL,
                         "%s holds no certificate in PEM that can be used: of an EC key, or RSA of "
                         "2048 bits and more",
                         id->chain.name);
    if (!use_key(ctx, id->key.text))
        return fault_set(fault, -EINVAL,
                         "%s holds no private key in PEM, unencrypted, that belongs to %s",
                         id->key.name, id->chain.name);
    return 0;
}

/* ---- the clients ---- */

static bool trust(SSL_CTX *ctx, struct bytes text)
{
    BIO *in = open_text(text);
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    X509 *cert;
    bool ok = in != NULL;
    int count = 0;
    while (ok && (cert = PEM_read_bio_X509(in, NULL, no_passphrase, NULL)) != NULL) {
        ok = X509_STORE_add_cert(store, cert) == 1 && SSL_CTX_add_client_CA(ctx, cert) == 1;
        X509_free(cert);
        count++;
    }
    BIO_free(in);
    return ok && count > 0;
}

static int ask_clients(SSL_CTX *ctx, const struct server_pem *ca, struct fault *fault)
{
    if (ca->text.size == 0)
        return 0;
    if (!trust(ctx, ca->text))
        return fault_set(fault, -EINVAL, "%s holds no certificates in PEM", ca->name);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(ctx, 8);
    return 0;
}

/* ---- all of it ---- */

static bool set_rules(SSL_CTX *ctx)
{
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    return SSL_CTX_set_num_tickets(ctx, 0) == 1 && SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
           SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1;
}

int server_tls_new(const struct server_identity *identity, SSL_CTX **out, struct fault *fault)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    int error = ctx != NULL && set_rules(ctx) ? 0 : fault_set(fault, -ENOMEM, "out of memory");
    if (error == 0)
        error = use_identity(ctx, identity, fault);
    if (error == 0)
        error = ask_clients(ctx, &identity->client_ca, fault);
    ERR_clear_error();
    if (error < 0) {
        SSL_CTX_free(ctx);
        return error;
    }
    *out = ctx;
    return 0;
}
