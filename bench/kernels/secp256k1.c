/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsecp256k1: sign and verify. The source carries a prefix of its packager.
 */
#include "bench.h"

#include <secp256k1.h>
#include <secp256k1_preallocated.h>
#include <string.h>

#define SECP(name) rustsecp256k1_v0_14_##name

/* The library is built to leave both to its user. */
void SECP(default_illegal_callback_fn)(const char *text, void *data)
{
    (void)data;
    bench_need(0, text);
}

void SECP(default_error_callback_fn)(const char *text, void *data)
{
    (void)data;
    bench_need(0, text);
}

void kernel(struct bench *b)
{
    size_t size = SECP(context_preallocated_size)(SECP256K1_CONTEXT_NONE);
    SECP(context) *ctx =
        SECP(context_preallocated_create)(bench_alloc(size), SECP256K1_CONTEXT_NONE);
    unsigned char key[32] = {1, 2, 3}, hash[32] = {0};
    SECP(ecdsa_signature) sig;
    SECP(pubkey) pub;
    int ok = SECP(ec_pubkey_create)(ctx, &pub, key);

    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        memcpy(hash, &i, sizeof(i));
        ok &= SECP(ecdsa_sign)(ctx, &sig, hash, key, NULL, NULL);
        ok &= SECP(ecdsa_verify)(ctx, &sig, hash, &pub);
    }
    bench_stop(b);
    bench_need(ok, "secp256k1");
    bench_sum(b, &sig, sizeof(sig));
}
