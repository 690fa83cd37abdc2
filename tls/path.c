/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of certificates; see path.h. Trusts OpenSSL. */
#include "tls/path.h"

#include "tls/check.h"
#include "tls/peer.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#define AUTH_LEVEL 2 /* as that of sessions: no SHA-1, no RSA below 2048 bits */

static int put_cert(struct put *out, const X509 *cert)
{
    uint8_t *der = NULL;
    const int size = i2d_X509(cert, &der);
    if (size <= 0)
        return -ENOMEM;
    put_bytes(out, (struct bytes){der, (size_t)size});
    OPENSSL_free(der);
    return out->bad ? -EMSGSIZE : 0;
}

/* A root that issues itself is not sent: who trusts it has it [RFC 8446 4.4.2]. */
static int put_above(struct put *out, X509_STORE_CTX *store)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
    int error = 0;
    for (int i = 1; error == 0 && i < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i);
        if (CHECKED(path_shown, X509_check_issued(cert, cert), -1) != X509_V_OK)
            error = put_cert(out, cert);
    }
    return error;
}

/* OpenSSL takes certificates for those of a CA that only nearly say so [RFC 5280 6.1.4 k]. */
static bool all_issue(X509_STORE_CTX *store)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
    for (int i = 1; i < sk_X509_num(chain); i++) {
        if (!CHECK(path_issuers, X509_check_ca(sk_X509_value(chain, i)) == 1))
            return false;
    }
    return true;
}

/* With X509_STORE_CTX_get0_chain() after it. */
static int verify_as(X509_STORE_CTX *store, const struct tls_roots *roots, X509 *cert,
                     STACK_OF(X509) * others, int64_t now, int purpose)
{
    if (X509_STORE_CTX_init(store, roots->store, cert, others) != 1 ||
        X509_STORE_CTX_set_purpose(store, purpose) != 1)
        return -ENOMEM;
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);
    X509_VERIFY_PARAM_set_time(param, CHECKED(path_time, now, 0));
    X509_VERIFY_PARAM_set_depth(param, TLS_DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, CHECKED(path_strength, AUTH_LEVEL, 0));
    if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1)
        return -ENOMEM;
    if (X509_verify_cert(store) != 1)
        return -EKEYREJECTED;
    if (!all_issue(store)) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_CA);
        return -EKEYREJECTED;
    }
    return 0;
}

static int verify(const struct tls_roots *roots, X509 *cert, STACK_OF(X509) * others, int64_t now,
                  struct put *above, const char **why)
{
    X509_STORE_CTX *store = X509_STORE_CTX_new();
    if (store == NULL)
        return -ENOMEM;
    const int client = CHECKED(path_clients, X509_PURPOSE_SSL_CLIENT, X509_PURPOSE_SSL_SERVER);
    const int server = CHECKED(path_servers, X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT);
    int error = verify_as(store, roots, cert, others, now, client);
    X509_STORE_CTX_cleanup(store);
    if (error == 0)
        error = verify_as(store, roots, cert, others, now, server);
    if (error == -EKEYREJECTED)
        *why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
    if (error == 0)
        error = put_above(above, store);
    X509_STORE_CTX_free(store);
    return error;
}

static int parse_one(struct bytes der, STACK_OF(X509) * *out)
{
    const int error = tls_certs_parse(der, out);
    if (error < 0 || sk_X509_num(*out) == 1)
        return error;
    sk_X509_pop_free(*out, X509_free);
    *out = NULL;
    return -EBADMSG;
}

int tls_path_verify(const struct tls_roots *roots, const struct tls_path *path, int64_t now,
                    struct put *above, const char **why)
{
    STACK_OF(X509) *cert = NULL, *others = NULL;
    int error = parse_one(path->cert, &cert);
    if (error == 0)
        error = tls_certs_parse(path->others, &others);
    if (error == 0)
        error = verify(roots, sk_X509_value(cert, 0), others, now, above, why);
    sk_X509_pop_free(cert, X509_free);
    sk_X509_pop_free(others, X509_free);
    ERR_clear_error();
    return error;
}

int tls_purpose_parse(struct bytes der, struct tls_purpose *out)
{
    STACK_OF(X509) * list;
    *out = (struct tls_purpose){.ca = false};
    int error = parse_one(der, &list);
    if (error == 0) {
        X509 *cert = sk_X509_value(list, 0);
        const uint32_t flags = X509_get_extension_flags(cert);
        const uint32_t extended = X509_get_extended_key_usage(cert);
        const bool named =
            CHECK(path_usage, extended != UINT32_MAX); /* all ones: it says nothing */
        error = (flags & EXFLAG_INVALID) == 0 ? 0 : -EBADMSG;
        *out = (struct tls_purpose){
            .ca = (flags & EXFLAG_CA) != 0 || X509_check_ca(cert) != 0,
            .signs = (X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE) != 0,
            .serves = named && (extended & XKU_SSL_SERVER) != 0,
            .connects = named && (extended & XKU_SSL_CLIENT) != 0,
        };
        sk_X509_pop_free(list, X509_free);
    }
    ERR_clear_error();
    return error;
}
