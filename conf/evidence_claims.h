/* SPDX-License-Identifier: Apache-2.0 */
/* The claims buffer of our keeps, as they write it; attest/claims_buffer.h reads any
 * [CCC-RA-TLS 3]. Report data is its SHA-256, zero-padded to 64 bytes. */
#ifndef CONF_EVIDENCE_CLAIMS_H
#define CONF_EVIDENCE_CLAIMS_H

#include "base/put.h"

#define EVIDENCE_CLAIMS_MAX   512u
#define EVIDENCE_PROFILE      "tag:enarx,2026:keep/1"
#define EVIDENCE_DIGEST_SIZE  32u
#define EVIDENCE_HASH_SHA_256 1u /* IANA, named information */

/* What evidence is for: a verifier names the purpose that it expects, and refuses
 * every other. This one is for an operator to look at. No protocol expects it. */
#define PURPOSE_INSPECT "inspect"

/* These two are for whoever deploys: of a keep that has no workload yet, and of one that
 * has the workload named and will never have another. */
#define PURPOSE_EMPTY "deploy-empty"
#define PURPOSE_READY "deploy-ready"

/* This one is for whoever connects, directly or by way of a steward: of the key of a
 * certificate. */
#define PURPOSE_CERTIFICATE "certificate"

struct evidence_claims {
    const uint8_t *key_hash; /* SHA-256 of the DER SubjectPublicKeyInfo */
    struct bytes nonce;      /* empty: none */
    const char *purpose;
    const uint8_t *workload;     /* workload digest, null before there is one */
    const uint8_t *tls_exporter; /* 32 bytes, null without a channel */
};

/* How evidence and claims buffer travel in the extension of a certificate or request that
 * has this object identifier [CCC-RA-TLS]; attest/carrier.h reads it. */
#define EVIDENCE_OID "2.23.133.5.4.9"
enum evidence_tag { EVIDENCE_INTEL_QUOTE = 60000, EVIDENCE_SNP_REPORT = 0x1a7504 };
void evidence_extension_put(struct put *out, enum evidence_tag tag, struct bytes evidence,
                            struct bytes claims_buffer);

/* Deterministic CBOR [RFC 8949 4.2.1]. */
void evidence_claims_put(struct put *out, const struct evidence_claims *claims);

#endif
