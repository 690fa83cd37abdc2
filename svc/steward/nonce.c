/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces; see nonce.h. */
#include "svc/steward/nonce.h"

#include "base/put.h"
#include "crypto/digest.h"

#include <openssl/crypto.h>

#define STAMP_SIZE 24u /* time and random */

static int authenticate(const uint8_t key[static NONCE_KEY_SIZE], struct bytes stamp,
                        uint8_t mac[static SHA256_SIZE])
{
    const struct bytes parts[] = {bytes_of_text("enarx steward nonce 1"), stamp};
    return hmac_sha256((struct bytes){key, NONCE_KEY_SIZE}, parts, ARRAY_COUNT(parts), mac);
}

int nonce_make(const uint8_t key[static NONCE_KEY_SIZE], int64_t now,
               const uint8_t random[static NONCE_RANDOM_SIZE], uint8_t nonce[static NONCE_SIZE])
{
    struct put p = put_init(nonce, STAMP_SIZE);
    put_be64(&p, (uint64_t)now);
    put_bytes(&p, (struct bytes){random, NONCE_RANDOM_SIZE});
    return authenticate(key, put_done(&p), nonce + STAMP_SIZE);
}

enum steward_check nonce_check(const uint8_t key[static NONCE_KEY_SIZE], struct bytes nonce,
                               int64_t now, int64_t *issued)
{
    uint8_t mac[SHA256_SIZE];
    struct cur c = cur_init(nonce);
    const struct bytes stamp = cur_take(&c, STAMP_SIZE);
    const struct bytes found = cur_take(&c, SHA256_SIZE);
    const bool whole = cur_done(&c) && authenticate(key, stamp, mac) == 0;
    if (!steward_passes(nonce_genuine, whole && CRYPTO_memcmp(mac, found.data, sizeof(mac)) == 0))
        return STEWARD_nonce_genuine;
    struct cur time = cur_init(stamp);
    *issued = (int64_t)cur_be64(&time);
    if (!steward_passes(nonce_age, *issued >= now - NONCE_LIFETIME && *issued <= now + NONCE_SKEW))
        return STEWARD_nonce_age;
    return STEWARD_PASSED;
}
