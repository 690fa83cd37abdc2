/* SPDX-License-Identifier: Apache-2.0 */
/* RSA of 3072 bits with exponent 3, PKCS #1 v1.5 and SHA-256: what an SGX enclave is
 * signed with [SDM 3D 35.14; RFC 8017 8.2]. Numbers are 384 bytes, little-endian.
 * Trusts OpenSSL. */
#ifndef CRYPTO_RSA_H
#define CRYPTO_RSA_H

#include "base/attr.h"
#include "base/cur.h"
#include "base/put.h"

#include <openssl/evp.h>

#define RSA_SIZE    384u
#define RSA_PEM_MAX 8192u

/* A new private key. Free with EVP_PKEY_free. 0, or -ENOMEM when OpenSSL fails. */
must_use int rsa_new(EVP_PKEY **key);

/* A private key in PEM, unencrypted, PKCS #1 or #8. 0, -EBADMSG when it is none, or
 * -EKEYREJECTED when it has another size or exponent. */
must_use int rsa_parse(struct bytes pem, EVP_PKEY **key);

/* PEM of a private key, PKCS #1. 0 or -ENOMEM. */
must_use int rsa_put(EVP_PKEY *key, struct put *out);

must_use int rsa_modulus(EVP_PKEY *key, uint8_t modulus[static RSA_SIZE]);

/* Over the concatenation of two parts. 0 or -ENOMEM. */
must_use int rsa_sign(EVP_PKEY *key, struct bytes first, struct bytes second,
                      uint8_t signature[static RSA_SIZE]);

/* 0, -EBADMSG when the signature is wrong, or -ENOMEM. */
must_use int rsa_verify(const uint8_t modulus[static RSA_SIZE], struct bytes first,
                        struct bytes second, const uint8_t signature[static RSA_SIZE]);

/* What spares EINIT two divisions by n: q1 = floor(s^2 / n) and
 * q2 = floor(s * (s^2 mod n) / n) [SDM 3D 35.14]. 0, -EBADMSG unless s < n, or -ENOMEM. */
must_use int rsa_quotients(const uint8_t modulus[static RSA_SIZE],
                           const uint8_t signature[static RSA_SIZE], uint8_t q1[static RSA_SIZE],
                           uint8_t q2[static RSA_SIZE]);

#endif
