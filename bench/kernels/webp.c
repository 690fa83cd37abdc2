/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libwebp: encode a synthetic picture, lossy, and decode it.
 */
#include "bench.h"

#include <webp/decode.h>
#include <webp/encode.h>

enum { WIDTH = 640, HEIGHT = 480 };

static void paint(uint8_t *rgb)
{
    uint64_t state = 3;

    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            uint8_t *p = rgb + (y * WIDTH + x) * 3;
            int noise = (int)(bench_random(&state) >> 60);
            p[0] = (uint8_t)(x * 255 / WIDTH + noise);
            p[1] = (uint8_t)((x - 320) * (x - 320) / 600 + (y - 240) * (y - 240) / 400);
            p[2] = (uint8_t)((x / 32 + y / 32) % 2 * 160 + noise);
        }
    }
}

void kernel(struct bench *b)
{
    uint8_t *rgb = bench_alloc((size_t)WIDTH * HEIGHT * 3);
    uint8_t *back = bench_alloc((size_t)WIDTH * HEIGHT * 3);
    int ok = 1;

    paint(rgb);
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        uint8_t *webp;
        size_t size = WebPEncodeRGB(rgb, WIDTH, HEIGHT, WIDTH * 3, 75, &webp);
        ok &= size && WebPDecodeRGBInto(webp, size, back, (size_t)WIDTH * HEIGHT * 3, WIDTH * 3);
        WebPFree(webp);
    }
    bench_stop(b);
    bench_need(ok, "libwebp");
    bench_sum(b, back, (size_t)WIDTH * HEIGHT * 3);
}
