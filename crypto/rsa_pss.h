/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS [RFC 8017 8.1.2] as AMD uses it: keys of 4096 bits, SHA-384 twice, a salt
 * of 48 bytes. Trusts OpenSSL. */
#ifndef CRYPTO_RSA_PSS_H
#define CRYPTO_RSA_PSS_H

#include "base/attr.h"
#include "base/cur.h"

#include <openssl/types.h>

/* The key of an RSAPublicKey in DER [RFC 8017 A.1.1]. 0; -EBADMSG when it is
 * malformed or not of 4096 bits; or -ENOMEM. */
must_use int rsa_pss_key(struct bytes der, EVP_PKEY **key);
void rsa_pss_key_free(EVP_PKEY *key);

/* 0, -EBADMSG when the signature is wrong or there is no key, or -ENOMEM. */
must_use int rsa_pss_verify(EVP_PKEY *key, struct bytes message, struct bytes signature);

#endif
