/* SPDX-License-Identifier: Apache-2.0 */
/* AES-CMAC with a key of 128 bits [RFC 4493] over OpenSSL. Trusts OpenSSL. */
#ifndef CRYPTO_CMAC_H
#define CRYPTO_CMAC_H

#include "base/cur.h"

#define CMAC_SIZE 16u

void aes_cmac(const uint8_t key[static CMAC_SIZE], struct bytes message,
              uint8_t mac[static CMAC_SIZE]);

#endif
