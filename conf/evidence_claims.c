/* SPDX-License-Identifier: Apache-2.0 */
/* Writes claims buffers; see evidence_claims.h. */
#include "conf/evidence_claims.h"

#include "base/cbor.h"

static void put_key(struct put *out, const char *name) { cbor_put_text(out, bytes_of_text(name)); }

static void put_digest(struct put *out, const char *name, const uint8_t *digest)
{
    if (digest == NULL)
        return;
    put_key(out, name);
    cbor_put_bytes(out, (struct bytes){.data = digest, .size = EVIDENCE_DIGEST_SIZE});
}

/* A byte string that holds [algorithm, hash]. */
static void put_key_hash(struct put *out, const uint8_t *hash)
{
    uint8_t buffer[EVIDENCE_DIGEST_SIZE + 8];
    struct put inner = put_init(buffer, sizeof(buffer));
    cbor_put_array(&inner, 2);
    cbor_put_uint(&inner, EVIDENCE_HASH_SHA_256);
    cbor_put_bytes(&inner, (struct bytes){.data = hash, .size = EVIDENCE_DIGEST_SIZE});
    put_key(out, "pubkey-hash");
    cbor_put_bytes(out, put_done(&inner));
}

/* Keys in the order of their encodings: shorter ones first. */
void evidence_claims_put(struct put *out, const struct evidence_claims *claims)
{
    cbor_put_map(out, 3u + (claims->nonce.size > 0) + (claims->workload != NULL) +
                          (claims->tls_exporter != NULL));
    if (claims->nonce.size > 0) {
        put_key(out, "nonce");
        cbor_put_bytes(out, claims->nonce);
    }
    put_key(out, "purpose");
    cbor_put_text(out, bytes_of_text(claims->purpose));
    put_digest(out, "workload", claims->workload);
    put_key(out, "eat-profile");
    cbor_put_text(out, bytes_of_text(EVIDENCE_PROFILE));
    put_key_hash(out, claims->key_hash);
    put_digest(out, "tls-exporter", claims->tls_exporter);
}

/* A tag of a definite number of bytes [RFC 8949 3.4], around [evidence, claims buffer]. */
static void put_tag(struct put *out, uint32_t tag)
{
    if (tag <= UINT16_MAX) {
        put_u8(out, 0xd9);
        put_be16(out, (uint16_t)tag);
        return;
    }
    put_u8(out, 0xda);
    put_be32(out, tag);
}

void evidence_extension_put(struct put *out, enum evidence_tag tag, struct bytes evidence,
                            struct bytes claims_buffer)
{
    put_tag(out, (uint32_t)tag);
    cbor_put_array(out, 2);
    cbor_put_bytes(out, evidence);
    cbor_put_bytes(out, claims_buffer);
}
