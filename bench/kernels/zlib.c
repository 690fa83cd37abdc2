/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zlib: deflate prose and inflate it.
 */
#include "bench.h"

#include <zlib.h>

enum { SIZE = 4 << 20 };

void kernel(struct bench *b)
{
    uLong bound = compressBound(SIZE), size = 0;
    Bytef *text = bench_alloc(SIZE);
    Bytef *packed = bench_alloc(bound);
    int bad = 0;

    bench_text((char *)text, SIZE);
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        uLong text_size = SIZE;
        size = bound;
        bad |= compress2(packed, &size, text, SIZE, 6);
        bad |= uncompress(text, &text_size, packed, size);
    }
    bench_stop(b);
    bench_need(!bad, "zlib");
    bench_sum(b, packed, size);
}
