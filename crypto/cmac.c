/* SPDX-License-Identifier: Apache-2.0 */
/* AES-128-CMAC; see cmac.h. Trusts OpenSSL. */
#include "crypto/cmac.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

int aes_cmac(const uint8_t key[static CMAC_SIZE], struct bytes data, uint8_t mac[static CMAC_SIZE])
{
    char cipher[] = "AES-128-CBC";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
        OSSL_PARAM_construct_end(),
    };
    size_t size = 0;
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *ctx = algorithm == NULL ? NULL : EVP_MAC_CTX_new(algorithm);
    const bool ok = ctx != NULL && EVP_MAC_init(ctx, key, CMAC_SIZE, params) == 1 &&
                    EVP_MAC_update(ctx, data.data, data.size) == 1 &&
                    EVP_MAC_final(ctx, mac, &size, CMAC_SIZE) == 1 && size == CMAC_SIZE;
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(algorithm);
    ERR_clear_error();
    return ok ? 0 : -ENOMEM;
}
