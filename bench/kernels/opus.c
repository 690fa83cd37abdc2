/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opus: encode and decode synthetic music, in floating point.
 */
#include "bench.h"

#include <math.h>
#include <opus.h>

enum { RATE = 48000, FRAME = 960, PACKET_MAX = 1500 };

void kernel(struct bench *b)
{
    static float pcm[FRAME * 2], back[FRAME * 2];
    static unsigned char packet[PACKET_MAX];
    int bad, len = 0, ok = 1;
    OpusEncoder *enc = opus_encoder_create(RATE, 2, OPUS_APPLICATION_AUDIO, &bad);
    OpusDecoder *dec = opus_decoder_create(RATE, 2, &bad);

    bench_need(enc && dec, "opus");
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        for (int j = 0; j < FRAME; j++) {
            float t = (float)(i * FRAME + (unsigned)j) / RATE;
            pcm[j * 2] = 0.5F * sinf(2000 * t) + 0.2F * sinf(9000 * t);
            pcm[j * 2 + 1] = 0.4F * sinf(2100 * t * (1 + 0.1F * sinf(5 * t)));
        }
        len = opus_encode_float(enc, pcm, FRAME, packet, PACKET_MAX);
        ok &= len > 0 && opus_decode_float(dec, packet, len, back, FRAME, 0) == FRAME;
    }
    bench_stop(b);
    bench_need(ok, "opus");
    bench_sum(b, packet, (size_t)len);
}
