/* SPDX-License-Identifier: Apache-2.0 */
/* Claims buffers of any bytes: slices lie within, and no key is vouched for that
 * was not hashed. */
/* links: attest/claims_buffer.c crypto/digest.c */
/* links: base/cbor.c base/utf8.c base/cur.c base/put.c base/wipe.c */
/* libs: -lcrypto */
#include "attest/claims_buffer.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct claims_buffer claims;
    if (claims_buffer_parse((struct bytes){.data = data, .size = size}, &claims) < 0)
        return 0;
    if (claims.key_hash.size == 0 || claims.key_hash.data < data ||
        claims.key_hash.data + claims.key_hash.size > data + size)
        abort();
    /* the SHA-256, SHA-384 and SHA-512 of "key" are in the corpus */
    int result = claims_buffer_check_key(&claims, bytes_of_text("key"));
    (void)result;
    if (claims_buffer_check_key(&claims, (struct bytes){.data = data, .size = size}) == 0)
        abort();
    return 0;
}
