/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and CRLs of any bytes: refused, or taken apart into slices of them, which
 * say what OpenSSL reads there, too, if it does. The first byte tells which. */
/* links: crypto/x509_parse.c crypto/digest.c crypto/ecdsa.c crypto/rsa_pss.c */
/* links: base/cur.c base/der.c base/rfc3339.c base/wipe.c */
/* libs: -lcrypto */
#include "crypto/x509_parse.h"

#include "crypto/ecdsa.h"
#include "crypto/rsa_pss.h"
#include "tests/fuzz/target.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void need(bool fact)
{
    if (!fact)
        abort();
}

static void need_within(struct bytes slice, struct bytes whole)
{
    need(slice.size == 0 ||
         (slice.data >= whole.data && slice.data + slice.size <= whole.data + whole.size));
}

static void need_time(int64_t seconds, const ASN1_TIME *time)
{
    struct tm tm = {0};
    if (ASN1_TIME_to_tm(time, &tm) == 1)
        need(seconds == (int64_t)timegm(&tm));
}

static void need_name(struct bytes name, const X509_NAME *wanted)
{
    const uint8_t *der;
    size_t size;
    need(X509_NAME_get0_der(wanted, &der, &size) == 1);
    need(size == name.size && memcmp(name.data, der, size) == 0);
}

static void compare_cert(const struct x509_cert *cert, const X509 *x)
{
    need_time(cert->not_before, X509_get0_notBefore(x));
    need_time(cert->not_after, X509_get0_notAfter(x));
    need_name(cert->subject, X509_get_subject_name(x));
    need_name(cert->issuer_name, X509_get_issuer_name(x));
    need(cert->v3 == (X509_get_version(x) == X509_VERSION_3));
    need(X509_get_ext_count(x) == (int)cert->extension_count);
    for (size_t i = 0; i < cert->extension_count; i++) {
        X509_EXTENSION *e = X509_get_ext(x, (int)i);
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
        need(X509_EXTENSION_get_critical(e) == cert->extensions[i].critical);
        need((size_t)ASN1_STRING_length(value) == cert->extensions[i].value.size);
    }
}

static void try_cert(struct bytes der)
{
    struct x509_cert cert = {0};
    if (x509_parse_cert(der, NULL, &cert) == 0) {
        const uint8_t *pos = der.data;
        X509 *x = d2i_X509(NULL, &pos, (long)der.size);
        need_within(cert.sealed.tbs, der);
        need_within(cert.sealed.signature, der);
        need_within(cert.spki, der);
        if (x != NULL)
            compare_cert(&cert, x);
        X509_free(x);
        ERR_clear_error();
    }
    ecdsa_key_free(cert.ec);
    rsa_pss_key_free(cert.rsa);
}

static size_t count_entries(const struct x509_crl *crl)
{
    struct cur c = cur_init(crl->entries);
    size_t count = 0;
    for (; cur_ok(&c) && cur_left(&c) > 0; count++)
        need_within(x509_take_revoked(&c), crl->der);
    need(cur_done(&c));
    return count;
}

static void try_crl(struct bytes der)
{
    struct x509_crl crl = {.der = der};
    if (x509_parse_crl(der, &crl) < 0)
        return;
    const uint8_t *pos = der.data;
    X509_CRL *x = d2i_X509_CRL(NULL, &pos, (long)der.size);
    const size_t count = count_entries(&crl);
    if (x != NULL) {
        const int entries = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(x));
        need(count == (size_t)(entries < 0 ? 0 : entries));
        need_name(crl.issuer_name, X509_CRL_get_issuer(x));
        need_time(crl.this_update, X509_CRL_get0_lastUpdate(x));
        if (X509_CRL_get0_nextUpdate(x) != NULL)
            need_time(crl.next_update, X509_CRL_get0_nextUpdate(x));
    }
    X509_CRL_free(x);
    ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes der = {data + 1, size > 0 ? size - 1 : 0};
    if (size > 0 && data[0] == 'c')
        try_cert(der);
    else if (size > 0)
        try_crl(der);
    return 0;
}
