/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LZ4: compress prose and decompress it.
 */
#include "bench.h"

#include <lz4.h>

enum { SIZE = 8 << 20 };

void kernel(struct bench *b)
{
    int bound = LZ4_compressBound(SIZE), size = 0, ok = 1;
    char *text = bench_alloc(SIZE);
    char *packed = bench_alloc((size_t)bound);

    bench_text(text, SIZE);
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        size = LZ4_compress_default(text, packed, SIZE, bound);
        ok &= LZ4_decompress_safe(packed, text, size, SIZE) == SIZE;
    }
    bench_stop(b);
    bench_need(ok, "lz4");
    bench_sum(b, packed, (size_t)size);
}
