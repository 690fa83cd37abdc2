/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash (Aumasson, Bernstein 2012) with one round for a word and three at the
 * end; see hash.h. Trusts the kernel, in a keep the shim, for AT_RANDOM. */
#include "exec/vfs/hash.h"

#include <string.h>
#include <sys/auxv.h>

struct state {
    uint64_t v[4];
};

static uint64_t rotate(uint64_t x, unsigned by) { return x << by | x >> (64 - by); }

static void mix(struct state *s)
{
    uint64_t *v = s->v;
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void absorb(struct state *s, uint64_t word)
{
    s->v[3] ^= word;
    mix(s);
    s->v[0] ^= word;
}

struct hash_key hash_key_new(void)
{
    struct hash_key key = {{0}};
    const void *random = (const void *)getauxval(AT_RANDOM);
    if (random != NULL)
        memcpy(key.half, random, sizeof(key.half));
    return key;
}

uint64_t hash_bytes(const struct hash_key *key, struct bytes from)
{
    struct state s = {{
        key->half[0] ^ 0x736f6d6570736575u,
        key->half[1] ^ 0x646f72616e646f6du,
        key->half[0] ^ 0x6c7967656e657261u,
        key->half[1] ^ 0x7465646279746573u,
    }};
    struct cur c = cur_init(from);
    while (cur_left(&c) >= 8)
        absorb(&s, cur_le64(&c));
    uint64_t last = (uint64_t)from.size << 56;
    for (unsigned shift = 0; cur_left(&c) > 0; shift += 8)
        last |= (uint64_t)cur_u8(&c) << shift;
    absorb(&s, last);
    s.v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        mix(&s);
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
