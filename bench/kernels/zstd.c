/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd: compress prose, or decompress it ("decompress").
 */
#include "bench.h"

#include <string.h>
#include <zstd.h>

enum { SIZE = 8 << 20, LEVEL = 5 };

static void compress(struct bench *b, const char *text, char *packed, size_t bound)
{
    size_t size = 0;

    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++)
        size = ZSTD_compress(packed, bound, text, SIZE, LEVEL);
    bench_stop(b);
    bench_need(!ZSTD_isError(size), "ZSTD_compress");
    bench_sum(b, packed, size);
}

static void decompress(struct bench *b, char *text, char *packed, size_t bound)
{
    size_t packed_size = ZSTD_compress(packed, bound, text, SIZE, LEVEL);
    size_t size = 0;

    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++)
        size = ZSTD_decompress(text, SIZE, packed, packed_size);
    bench_stop(b);
    bench_need(size == SIZE, "ZSTD_decompress");
    bench_sum(b, text, size);
}

void kernel(struct bench *b)
{
    size_t bound = ZSTD_compressBound(SIZE);
    char *text = bench_alloc(SIZE);
    char *packed = bench_alloc(bound);

    bench_text(text, SIZE);
    if (strcmp(b->mode, "decompress") == 0)
        decompress(b, text, packed, bound);
    else
        compress(b, text, packed, bound);
}
