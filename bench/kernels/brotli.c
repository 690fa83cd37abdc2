/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brotli: compress prose and decompress it.
 */
#include "bench.h"

#include <brotli/decode.h>
#include <brotli/encode.h>

enum { SIZE = 2 << 20, QUALITY = 6 };

void kernel(struct bench *b)
{
    size_t bound = BrotliEncoderMaxCompressedSize(SIZE), size = 0;
    uint8_t *text = bench_alloc(SIZE);
    uint8_t *packed = bench_alloc(bound);
    int ok = 1;

    bench_text((char *)text, SIZE);
    bench_start(b);
    for (unsigned i = 0; i < b->reps && ok; i++) {
        size_t text_size = SIZE;
        size = bound;
        ok = BrotliEncoderCompress(QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, SIZE, text,
                                   &size, packed) &&
             BrotliDecoderDecompress(size, packed, &text_size, text) ==
                 BROTLI_DECODER_RESULT_SUCCESS;
    }
    bench_stop(b);
    bench_need(ok, "brotli");
    bench_sum(b, packed, size);
}
