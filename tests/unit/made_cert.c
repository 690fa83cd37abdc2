/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of any shape; see made_cert.h. */
#include "tests/unit/made_cert.h"

#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static X509 *read_back(const struct made_cert *m)
{
    const uint8_t *pos = m->der;
    X509 *x = d2i_X509(NULL, &pos, (long)m->size);
    assert_non_null(x);
    return x;
}

static void add_extension(X509 *x, X509V3_CTX *context, const char *name, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_nconf(NULL, context, name, value);
    if (e == NULL)
        fail_msg("extension %s=%s", name, value);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static void add_extensions(X509 *x, X509 *issuer, const char *lines)
{
    X509V3_CTX context;
    char text[2048], *rest = NULL;
    X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
    add_extension(x, &context, "subjectKeyIdentifier", "hash");
    if (issuer != x)
        add_extension(x, &context, "authorityKeyIdentifier", "keyid");
    assert_true(strlen(lines) < sizeof(text));
    strcpy(text, lines);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(line, '=');
        assert_non_null(value);
        *value = '\0';
        add_extension(x, &context, line, value + 1);
    }
}

static void set_name(X509_NAME *name, const char *text)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)text, -1, -1, 0),
                     1);
}

void made_cert_init(struct made_cert *m, struct made_like like)
{
    static long serial;
    X509 *x = X509_new(), *issuer = like.by == NULL ? x : read_back(like.by);
    *m = (struct made_cert){.key = like.key, .borrowed = like.key != NULL};
    if (m->key == NULL)
        m->key = EVP_EC_gen("P-256");
    assert_non_null(m->key);
    X509_set_version(x, like.old ? X509_VERSION_1 : X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    ASN1_TIME_set(X509_getm_notBefore(x), like.before);
    ASN1_TIME_set(X509_getm_notAfter(x), like.after);
    set_name(X509_get_subject_name(x), like.name);
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    assert_int_equal(X509_set_pubkey(x, m->key), 1);
    if (!like.old)
        add_extensions(x, issuer, like.extensions);
    assert_true(X509_sign(x, like.by == NULL ? m->key : like.by->key, EVP_sha256()) > 0);
    uint8_t *to = m->der;
    const int size = i2d_X509(x, NULL);
    assert_true(size > 0 && (size_t)size <= sizeof(m->der));
    m->size = (size_t)i2d_X509(x, &to);
    if (issuer != x)
        X509_free(issuer);
    X509_free(x);
}

void made_cert_fini(struct made_cert *m)
{
    if (!m->borrowed)
        EVP_PKEY_free(m->key);
    *m = (struct made_cert){0};
}

struct bytes made_cert_der(const struct made_cert *m) { return (struct bytes){m->der, m->size}; }
