/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests, PKCS #10 [RFC 2986]: read and made. Trusts nothing in what is read. */
#ifndef CRYPTO_PKCS10_H
#define CRYPTO_PKCS10_H

#include "crypto/issue.h"
#include "crypto/x509_parse.h"

/* Takes a request apart into what it has of a certificate: the signed parts, subject, key and
 * the extensions it asks for, slices of `der`. Anything else asked for is malformed. `out` is
 * zeroed before, and x509_cert_fini is called also when it fails. 0, -EBADMSG or -ENOMEM.
 * `like`: see ecdsa_key(). */
must_use int pkcs10_parse(struct bytes der, const EC_KEY *like, struct x509_cert *out);

/* Whether the request is signed by the key that it names, of P-256 with SHA-256 or of P-384
 * with SHA-384. */
bool pkcs10_proven(const struct x509_cert *request);

struct pkcs10 {
    const char *organisation;
    const char *name;
    const struct certificate_extension *extensions;
    size_t extension_count;
};

/* A request for the key's certificate, signed by it, behind what `out` holds. 0, -EBADMSG
 * for a key that is not of P-256, or -ENOMEM. */
must_use int pkcs10_put(const struct pkcs10 *request, EVP_PKEY *key, struct put *out);

#endif
