/* SPDX-License-Identifier: Apache-2.0 */
/* The peer's certificate; see peer.h. Trusts OpenSSL to build and judge chains [RFC 5280 6],
 * at the time it is told, from what it is given: it fetches nothing. */
#include "tls/peer.h"

#include "tls/check.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192 /* larger ones cost more than they are worth */

/* ---- roots ---- */

int tls_certs_parse(struct bytes certs, STACK_OF(X509) * *out)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    const uint8_t *pos = certs.data, *end = certs.size == 0 ? pos : pos + certs.size;
    int error = list == NULL ? -ENOMEM : 0;
    while (error == 0 && pos < end) {
        X509 *cert = d2i_X509(NULL, &pos, end - pos);
        error = cert == NULL ? -EBADMSG : sk_X509_push(list, cert) > 0 ? 0 : -ENOMEM;
        if (error == -ENOMEM)
            X509_free(cert);
    }
    if (error < 0)
        sk_X509_pop_free(list, X509_free);
    else
        *out = list;
    return error;
}

static int add_roots(X509_STORE *store, struct bytes certs)
{
    STACK_OF(X509) * list;
    int error = certs.size == 0 ? -EBADMSG : tls_certs_parse(certs, &list);
    if (error < 0)
        return error;
    for (int i = 0; error == 0 && i < sk_X509_num(list); i++)
        error = X509_STORE_add_cert(store, sk_X509_value(list, i)) == 1 ? 0 : -ENOMEM;
    sk_X509_pop_free(list, X509_free);
    return error;
}

int tls_roots_new(struct bytes certs, struct tls_roots **out)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    struct tls_roots *r = calloc(1, sizeof(*r));
    if (r != NULL)
        r->store = X509_STORE_new();
    const int error = r == NULL || r->store == NULL ? -ENOMEM : add_roots(r->store, certs);
    ERR_clear_error();
    if (error < 0) {
        tls_roots_free(r);
        return error;
    }
    *out = r;
    return 0;
}

void tls_roots_free(struct tls_roots *r)
{
    if (r == NULL)
        return;
    X509_STORE_free(r->store);
    free(r);
}

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
        return bits >= RSA_BITS_MIN && CHECK(key_longest, bits <= RSA_BITS_MAX);
    }
    return EVP_PKEY_is_a(key, "ED25519");
}

/* ---- its certificate ---- */

static bool judge(const struct tls_context *c, X509_STORE_CTX *store, const X509 *cert)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);
    uint8_t *der = NULL;
    const int size = i2d_X509(cert, &der);
    if (size <= 0)
        return false;
    const struct bytes all = {.data = der, .size = (size_t)size};
    const bool accepted = c->judge(c->judge_context, all, X509_VERIFY_PARAM_get_time(param),
                                   SSL_get_app_data(ssl), TLS_WHY_MAX);
    OPENSSL_free(der);
    return accepted;
}

static int refuse(X509_STORE_CTX *store, int error)
{
    X509_STORE_CTX_set_error(store, error);
    return 0;
}

/* Takes the place of OpenSSL's own: 1 to take the peer. */
static int check_peer(X509_STORE_CTX *store, void *context)
{
    const struct tls_context *c = context;
    const X509 *cert = X509_STORE_CTX_get0_cert(store);
    const EVP_PKEY *key = cert == NULL ? NULL : X509_get0_pubkey(cert);
    if (key == NULL || !CHECK(key_allowed, key_allowed(key)))
        return refuse(store, X509_V_ERR_EE_KEY_TOO_SMALL);
    if (c->verified && !CHECK(trust_chain, X509_verify_cert(store) == 1))
        return X509_STORE_CTX_get_error(store) == X509_V_OK ? refuse(store, X509_V_ERR_UNSPECIFIED)
                                                            : 0;
    if (c->judge != NULL && !CHECK(trust_judge, judge(c, store, cert)))
        return refuse(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 1;
}

const char *tls_peer_why(const SSL *ssl)
{
    const long result = SSL_get_verify_result(ssl);
    if (result == X509_V_OK)
        return "";
    if (result == X509_V_ERR_EE_KEY_TOO_SMALL)
        return "the other side's key is of a kind or size not taken";
    return result == X509_V_ERR_APPLICATION_VERIFICATION ? SSL_get_app_data(ssl)
                                                         : X509_verify_cert_error_string(result);
}

/* ---- what is asked for ---- */

/* A client that has several certificates is told whose are wanted. */
static bool name_roots(SSL_CTX *ctx, const struct tls_roots *roots)
{
    STACK_OF(X509) *certs = X509_STORE_get1_all_certs(roots->store);
    bool ok = certs != NULL;
    for (int i = 0; ok && i < sk_X509_num(certs); i++)
        ok = SSL_CTX_add_client_CA(ctx, sk_X509_value(certs, i)) == 1;
    sk_X509_pop_free(certs, X509_free);
    return ok;
}

int tls_peer_configure(const struct tls_context *c, const struct tls_config *config)
{
    const bool asks = !config->server || config->ask_client || config->require_client;
    const bool requires = CHECKED(trust_required, config->require_client, false);
    const int needs = requires ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(c->ssl, asks ? SSL_VERIFY_PEER | needs : SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_cert_verify_callback(c->ssl, check_peer, (void *)c);
    if (config->roots == NULL)
        return 0;
    /* What somebody trusts by name needs nobody above it. */
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(c->ssl);
    SSL_CTX_set_verify_depth(c->ssl, CHECKED(trust_depth, TLS_DEPTH_MAX, INT_MAX));
    SSL_CTX_set1_verify_cert_store(c->ssl, config->roots->store);
    return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
                   (!config->server || name_roots(c->ssl, config->roots))
               ? 0
               : -ENOMEM;
}

static bool is_address(const char *name)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    ASN1_OCTET_STRING_free(address);
    return address != NULL;
}

/* A name is told to the server, an address is not [RFC 6066 3]. Common names count for
 * nothing, and a wildcard is a whole label [RFC 9525 6.3]. */
static bool expect_name(const struct tls_context *c, SSL *ssl, X509_VERIFY_PARAM *param)
{
    if (is_address(c->server_name))
        return !c->verified ||
               CHECK(trust_address, X509_VERIFY_PARAM_set1_ip_asc(param, c->server_name) == 1);
    X509_VERIFY_PARAM_set_hostflags(
        param, CHECKED(trust_wildcard, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, 0u) |
                   CHECKED(trust_subject, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, 0u));
    return SSL_set_tlsext_host_name(ssl, c->server_name) == 1 &&
           (!c->verified ||
            CHECK(trust_name, X509_VERIFY_PARAM_set1_host(param, c->server_name, 0) == 1));
}

int tls_peer_expect(const struct tls_context *c, SSL *ssl, int64_t now, char *why)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_time(param, now);
    const bool ok = SSL_set_app_data(ssl, why) == 1 &&
                    (c->server || c->server_name == NULL || expect_name(c, ssl, param));
    ERR_clear_error();
    return ok ? 0 : -ENOMEM;
}
