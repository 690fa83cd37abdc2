/* SPDX-License-Identifier: Apache-2.0 */
/* AES-CMAC; see cmac.h. Trusts OpenSSL, whose interface of 1.1 needs no memory and
 * no provider: it may be called in a signal handler. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "crypto/cmac.h"

#include "base/wipe.h"

#include <openssl/aes.h>
#include <string.h>

/* Doubling in GF(2^128) [RFC 4493 2.3]. */
static void twice(uint8_t block[static CMAC_SIZE])
{
    uint8_t carry = block[0] >> 7;
    for (size_t i = 0; i + 1 < CMAC_SIZE; i++)
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    block[CMAC_SIZE - 1] = (uint8_t)(block[CMAC_SIZE - 1] << 1 ^ carry * 0x87);
}

static void mix(uint8_t into[static CMAC_SIZE], const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        into[i] ^= from[i];
}

void aes_cmac(const uint8_t key[static CMAC_SIZE], struct bytes message,
              uint8_t mac[static CMAC_SIZE])
{
    AES_KEY aes;
    uint8_t subkey[CMAC_SIZE] = {0};
    AES_set_encrypt_key(key, 128, &aes);
    AES_encrypt(subkey, subkey, &aes);
    twice(subkey);

    memset(mac, 0, CMAC_SIZE);
    while (message.size > CMAC_SIZE) {
        mix(mac, message.data, CMAC_SIZE);
        AES_encrypt(mac, mac, &aes);
        message.data += CMAC_SIZE;
        message.size -= CMAC_SIZE;
    }
    mix(mac, message.data, message.size);
    if (message.size < CMAC_SIZE) {
        mac[message.size] ^= 0x80;
        twice(subkey);
    }
    mix(mac, subkey, CMAC_SIZE);
    AES_encrypt(mac, mac, &aes);
    wipe(&aes, sizeof(aes));
    wipe(subkey, sizeof(subkey));
}
