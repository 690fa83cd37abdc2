/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLAKE3, the portable C: hash of a buffer.
 */
#include "bench.h"

#include <blake3.h>

enum { SIZE = 8 << 20 };

void kernel(struct bench *b)
{
    char *text = bench_alloc(SIZE);
    uint8_t hash[BLAKE3_OUT_LEN];

    bench_text(text, SIZE);
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        blake3_hasher hasher;
        blake3_hasher_init(&hasher);
        blake3_hasher_update(&hasher, text, SIZE);
        blake3_hasher_finalize(&hasher, hash, sizeof(hash));
    }
    bench_stop(b);
    bench_sum(b, hash, sizeof(hash));
}
