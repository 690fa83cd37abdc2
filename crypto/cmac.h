/* SPDX-License-Identifier: Apache-2.0 */
/* AES-128-CMAC [NIST SP 800-38B] over OpenSSL: the MAC of SGX. */
#ifndef CRYPTO_CMAC_H
#define CRYPTO_CMAC_H

#include "base/attr.h"
#include "base/cur.h"

#define CMAC_SIZE 16u /* bytes of a key and of a MAC */

/* 0, or -ENOMEM when OpenSSL fails. */
must_use int aes_cmac(const uint8_t key[static CMAC_SIZE], struct bytes data,
                      uint8_t mac[static CMAC_SIZE]);

#endif
