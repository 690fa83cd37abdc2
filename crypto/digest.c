/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC over OpenSSL; see digest.h. Trusts OpenSSL. */
#include "crypto/digest.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

/* Without this the first use reads a configuration file, which could load code. */
static int init(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? 0 : -ENOMEM;
}

int sha256(struct bytes data, uint8_t out[static SHA256_SIZE])
{
    static const uint8_t nothing;
    if (init() < 0)
        return -ENOMEM;
    return SHA256(data.size == 0 ? &nothing : data.data, data.size, out) == NULL ? -ENOMEM : 0;
}

static int hmac_run(EVP_MAC_CTX *ctx, struct bytes key, const struct bytes *parts, size_t count,
                    uint8_t *out)
{
    char name[] = OSSL_DIGEST_NAME_SHA2_256;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(ctx, key.data, key.size, params) != 1)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (EVP_MAC_update(ctx, parts[i].data, parts[i].size) != 1)
            return -ENOMEM;
    }
    size_t size = 0;
    int ok = EVP_MAC_final(ctx, out, &size, SHA256_SIZE);
    return ok == 1 && size == SHA256_SIZE ? 0 : -ENOMEM;
}

int hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
                uint8_t out[static SHA256_SIZE])
{
    if (init() < 0)
        return -ENOMEM;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    int result = ctx == NULL ? -ENOMEM : hmac_run(ctx, key, parts, count, out);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return result;
}
