/* SPDX-License-Identifier: Apache-2.0 */
/* Takes certificates and CRLs apart [RFC 5280 4.1, 5.1]: OpenSSL's decoder builds its
 * machinery anew for every key, which takes longer than to verify a signature. Trusts
 * nothing. */
#ifndef CRYPTO_X509_PARSE_H
#define CRYPTO_X509_PARSE_H

#include "crypto/x509.h"

/* All of `cert` that is a slice of `der`, its times and its key. `cert` is zeroed before,
 * and x509_cert_fini is called also when it fails. 0, -EBADMSG when it is malformed or its key is
 * no point of its curve, or -ENOMEM. `like`: see ecdsa_key(). */
must_use int x509_parse_cert(struct bytes der, const EC_KEY *like, struct x509_cert *cert);

/* Frees its key. */
void x509_cert_fini(struct x509_cert *cert);

/* The same of a CRL, which has no key. 0 or -EBADMSG. */
must_use int x509_parse_crl(struct bytes der, struct x509_crl *crl);

/* The next entry's serial number; entries have been parsed once before. */
struct bytes x509_take_revoked(struct cur *entries);

#endif
