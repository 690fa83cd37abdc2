/* SPDX-License-Identifier: Apache-2.0 */
/* The compression function of SHA-256: the processor's instructions where it has
 * them, plain C otherwise. [FIPS 180-4 6.2.2] */
#include "shim/core/sha256.h"

#include "base/attr.h"
#include "shim/x86/sha_ni.h"

/* [FIPS 180-4 4.2.2] */
const uint32_t sha256_constants[64] aligned_to(16) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t ror(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void schedule(uint32_t w[static 64], const uint8_t *block)
{
    for (unsigned t = 0; t < 16; t++)
        w[t] = get_be32(block + 4 * (size_t)t);
    for (unsigned t = 16; t < 64; t++) {
        uint32_t a = w[t - 15];
        uint32_t b = w[t - 2];
        w[t] = (ror(b, 17) ^ ror(b, 19) ^ b >> 10) + w[t - 7] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) +
               w[t - 16];
    }
}

static void block_in_c(uint32_t state[static 8], const uint8_t *block)
{
    uint32_t w[64];
    uint32_t s[8];
    schedule(w, block);
    for (unsigned i = 0; i < 8; i++)
        s[i] = state[i];
    for (unsigned t = 0; t < 64; t++) {
        uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) +
                      ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha256_constants[t] + w[t];
        uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) +
                      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (unsigned i = 7; i > 0; i--)
            s[i] = s[i - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_blocks(uint32_t state[static 8], const uint8_t *data, size_t count)
{
    if (count > 0 && sha_ni_there()) {
        sha_ni_blocks(state, data, count);
        return;
    }
    for (; count > 0; count--, data += SHA256_BLOCK)
        block_in_c(state, data);
}
