/* SPDX-License-Identifier: Apache-2.0 */
/* Self-signed certificates; see certificate.h. Trusts its caller. */
#include "tls/certificate.h"

#include "crypto/issue.h"
#include "crypto/key.h"

#define OID_EVIDENCE  "2.23.133.5.4.9" /* [CCC-RA-TLS] */
#define NO_EXPIRATION 253402300799ll   /* 9999-12-31 23:59:59 [RFC 5280 4.1.2.5] */

static int put(EVP_PKEY *key, const char *name, const struct certificate_extension *extensions,
               size_t count, struct put *out)
{
    uint8_t public_key[KEY_PUBLIC_SIZE];
    const struct certificate cert = {
        .organisation = "Enarx",
        .name = name,
        .public_key = {public_key, sizeof(public_key)},
        .not_before = 0,
        .not_after = NO_EXPIRATION,
        .extensions = extensions,
        .extension_count = count,
    };
    const struct issuer itself = {.key = key};
    const int error = key_public(key, public_key);
    return error < 0 ? error : certificate_issue(&cert, &itself, out);
}

int tls_certificate_put(EVP_PKEY *key, const char *name, struct put *out)
{
    return put(key, name, NULL, 0, out);
}

/* Not critical: others would refuse what they do not know [CCC-RA-TLS]. */
int tls_certificate_put_attested(EVP_PKEY *key, const char *name, struct bytes evidence,
                                 struct put *out)
{
    const struct certificate_extension extension = {OID_EVIDENCE, false, evidence};
    return put(key, name, &extension, 1, out);
}
