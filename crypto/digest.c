/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 over OpenSSL and HMAC above it; see digest.h. Trusts OpenSSL.
 *
 * The interface of OpenSSL 1.1 goes straight to the assembly. That of 3.0 sets
 * up providers first, which costs a start half a millisecond and reads a
 * configuration file. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "crypto/digest.h"

#include "base/wipe.h"

#include <errno.h>
#include <openssl/sha.h>

#define BLOCK_SIZE 64u /* [FIPS 180-4 1] */

static bool add(SHA256_CTX *ctx, struct bytes data)
{
    return data.size == 0 || SHA256_Update(ctx, data.data, data.size) == 1;
}

static int digest_parts(struct bytes first, const struct bytes *parts, size_t count, uint8_t *out)
{
    SHA256_CTX ctx;
    bool ok = SHA256_Init(&ctx) == 1 && add(&ctx, first);
    for (size_t i = 0; ok && i < count; i++)
        ok = add(&ctx, parts[i]);
    ok = ok && SHA256_Final(out, &ctx) == 1;
    wipe(&ctx, sizeof(ctx));
    return ok ? 0 : -ENOMEM;
}

int sha256_parts(const struct bytes *parts, size_t count, uint8_t out[static SHA256_SIZE])
{
    return digest_parts((struct bytes){0}, parts, count, out);
}

int sha256(struct bytes data, uint8_t out[static SHA256_SIZE])
{
    return digest_parts(data, NULL, 0, out);
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct sha256_stream *)0)->state), "state");

void sha256_begin(struct sha256_stream *s) { s->failed = SHA256_Init((void *)s->state) != 1; }

void sha256_add(struct sha256_stream *s, struct bytes data)
{
    s->failed = s->failed || !add((void *)s->state, data);
}

int sha256_end(struct sha256_stream *s, uint8_t out[static SHA256_SIZE])
{
    const bool ok = !s->failed && SHA256_Final(out, (void *)s->state) == 1;
    wipe(s, sizeof(*s));
    return ok ? 0 : -ENOMEM;
}

int sha384(struct bytes data, uint8_t out[static SHA384_SIZE])
{
    return SHA384(data.data, data.size, out) == NULL ? -ENOMEM : 0;
}

int sha512(struct bytes data, uint8_t out[static SHA512_SIZE])
{
    return SHA512(data.data, data.size, out) == NULL ? -ENOMEM : 0;
}

/* [RFC 2104 2] for keys of at most one block. */
int hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
                uint8_t out[static SHA256_SIZE])
{
    uint8_t inner[BLOCK_SIZE];
    uint8_t outer[BLOCK_SIZE];
    if (key.size > BLOCK_SIZE)
        return -EINVAL;
    for (size_t i = 0; i < BLOCK_SIZE; i++) {
        uint8_t byte = i < key.size ? key.data[i] : 0;
        inner[i] = byte ^ 0x36;
        outer[i] = byte ^ 0x5c;
    }
    uint8_t digest[SHA256_SIZE];
    struct bytes start = {.data = inner, .size = BLOCK_SIZE};
    int error = digest_parts(start, parts, count, digest);
    const struct bytes rest = {.data = digest, .size = sizeof(digest)};
    start.data = outer;
    if (error == 0)
        error = digest_parts(start, &rest, 1, out);
    wipe(inner, sizeof(inner));
    wipe(outer, sizeof(outer));
    return error;
}
