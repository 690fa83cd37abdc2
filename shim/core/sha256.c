/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256; see sha256.h. */
#include "shim/core/sha256.h"

#include "shim/core/string.h"

void sha256_init(struct sha256 *h)
{
    /* [FIPS 180-4 5.3.3] */
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    h->size = 0;
    memcpy(h->state, start, sizeof(start));
}

void sha256_add(struct sha256 *h, const void *data, size_t size)
{
    const uint8_t *from = data;
    size_t held = h->size % SHA256_BLOCK;
    h->size += size;
    if (held > 0) {
        size_t room = SHA256_BLOCK - held;
        size_t part = size < room ? size : room;
        memcpy(h->rest + held, from, part);
        from += part;
        size -= part;
        if (held + part < SHA256_BLOCK)
            return;
        sha256_blocks(h->state, h->rest, 1);
    }
    sha256_blocks(h->state, from, size / SHA256_BLOCK);
    memcpy(h->rest, from + size / SHA256_BLOCK * SHA256_BLOCK, size % SHA256_BLOCK);
}

static void put_be32(uint8_t *to, uint32_t n)
{
    to[0] = (uint8_t)(n >> 24);
    to[1] = (uint8_t)(n >> 16);
    to[2] = (uint8_t)(n >> 8);
    to[3] = (uint8_t)n;
}

void sha256_end(struct sha256 *h, uint8_t digest[static SHA256_SIZE])
{
    uint8_t tail[2 * SHA256_BLOCK] = {0x80};
    const uint64_t bits = h->size * 8;
    size_t held = h->size % SHA256_BLOCK;
    size_t size = (held < SHA256_BLOCK - 8 ? SHA256_BLOCK : 2 * SHA256_BLOCK) - held;
    put_be32(tail + size - 8, (uint32_t)(bits >> 32));
    put_be32(tail + size - 4, (uint32_t)bits);
    sha256_add(h, tail, size);
    for (size_t i = 0; i < 8; i++)
        put_be32(digest + 4 * i, h->state[i]);
}
