/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsodium: SHA-256 of a buffer.
 */
#include "bench.h"

#include <sodium/crypto_hash_sha256.h>

enum { SIZE = 8 << 20 };

/* libsodium clears secrets with this; its own version needs the whole library. */
void sodium_memzero(void *secret, size_t size)
{
    for (volatile unsigned char *p = secret; size; size--)
        *p++ = 0;
}

void kernel(struct bench *b)
{
    unsigned char *text = bench_alloc(SIZE);
    unsigned char hash[crypto_hash_sha256_BYTES];

    bench_text((char *)text, SIZE);
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++)
        crypto_hash_sha256(hash, text, SIZE);
    bench_stop(b);
    bench_sum(b, hash, sizeof(hash));
}
