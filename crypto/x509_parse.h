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

/* Whether it says to be signed in one of the ways of FAULT_ALGORITHM, and that is one of
 * the signer's kind of key; and whether it is. */
bool x509_algorithm_fits(const struct x509_signed *s, const struct x509_cert *signer);
bool x509_signed_by(const struct x509_signed *s, const struct x509_cert *signer);

/* ---- parts, for what is built alike ---- */

/* SEQUENCE { what is signed, algorithm, signature }: 0 or -EBADMSG. */
must_use int x509_parse_signed(struct bytes der, struct x509_signed *s);

/* The extensions of a SEQUENCE, into `cert`. Failure shows in the cursor. */
void x509_take_extensions(struct cur *c, struct x509_cert *cert);

/* The key of cert->spki: 0, -EBADMSG or -ENOMEM. Of a kind that is unknown there is none. */
must_use int x509_parse_key(const EC_KEY *like, struct x509_cert *cert);

/* The next entry's serial number; entries have been parsed once before. */
struct bytes x509_take_revoked(struct cur *entries);

#endif
