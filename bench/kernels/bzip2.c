/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bzip2: compress prose and decompress it.
 */
#include "bench.h"

#include <bzlib.h>
#include <stdlib.h>

enum { SIZE = 2 << 20, BOUND = SIZE + SIZE / 100 + 600 };

/* bzip2 without its standard I/O calls this when it finds itself wrong. */
void bz_internal_error(int code)
{
    (void)code;
    abort();
}

void kernel(struct bench *b)
{
    char *text = bench_alloc(SIZE);
    char *packed = bench_alloc(BOUND);
    unsigned size = 0;
    int bad = 0;

    bench_text(text, SIZE);
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        unsigned text_size = SIZE;
        size = BOUND;
        bad |= BZ2_bzBuffToBuffCompress(packed, &size, text, SIZE, 9, 0, 0);
        bad |= BZ2_bzBuffToBuffDecompress(text, &text_size, packed, size, 0, 0);
    }
    bench_stop(b);
    bench_need(!bad, "bzip2");
    bench_sum(b, packed, size);
}
