/* SPDX-License-Identifier: Apache-2.0 */
/* CAs from files; see trust_ca.h. Trusts OpenSSL to read PEM as others do: with text
 * between the blocks. */
#include "host/cli/trust_ca.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

static X509 *read_der(struct bytes text)
{
    const uint8_t *pos = text.data;
    X509 *cert = d2i_X509(NULL, &pos, (long)text.size);
    if (cert != NULL && pos == text.data + text.size)
        return cert;
    X509_free(cert);
    return NULL;
}

static bool push(STACK_OF(X509) * certs, X509 *cert)
{
    if (sk_X509_push(certs, cert) > 0)
        return true;
    X509_free(cert);
    return false;
}

static int read_pem(struct bytes text, STACK_OF(X509) * certs)
{
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.size);
    if (bio == NULL)
        return -ENOMEM;
    int error = 0;
    X509 *cert = NULL;
    ERR_clear_error();
    while (error == 0 && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        error = push(certs, cert) ? 0 : -ENOMEM;
    const int reason = ERR_GET_REASON(ERR_peek_last_error());
    BIO_free(bio);
    ERR_clear_error();
    return error < 0 ? error : reason == PEM_R_NO_START_LINE ? 0 : -EBADMSG;
}

static int put_all(const STACK_OF(X509) * certs, struct bytes *out)
{
    size_t size = 0;
    for (int i = 0; i < sk_X509_num(certs); i++)
        size += (size_t)i2d_X509(sk_X509_value(certs, i), NULL);
    uint8_t *der = malloc(size + 1), *pos = der;
    if (der == NULL)
        return -ENOMEM;
    for (int i = 0; i < sk_X509_num(certs); i++)
        (void)i2d_X509(sk_X509_value(certs, i), &pos);
    *out = (struct bytes){.data = der, .size = size};
    return 0;
}

int trust_ca_parse(struct bytes text, struct bytes *out)
{
    STACK_OF(X509) *certs = text.size > INT_MAX ? NULL : sk_X509_new_null();
    if (certs == NULL)
        return -ENOMEM;
    X509 *one = read_der(text);
    int error = one == NULL ? read_pem(text, certs) : push(certs, one) ? 0 : -ENOMEM;
    if (error == 0)
        error = sk_X509_num(certs) == 0 ? -ENOENT : put_all(certs, out);
    sk_X509_pop_free(certs, X509_free);
    ERR_clear_error();
    return error;
}

/* SSL_CERT_FILE as OpenSSL and much else has it; Debian, Fedora, SUSE, Alpine. */
const char *trust_ca_system(void)
{
    const char *const paths[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    const char *named = getenv("SSL_CERT_FILE");
    if (named != NULL && named[0] != '\0')
        return named;
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        if (access(paths[i], R_OK) == 0)
            return paths[i];
    }
    return NULL;
}
