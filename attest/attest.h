/* SPDX-License-Identifier: Apache-2.0 */
/* From evidence to a verdict: AMD SEV-SNP reports, Intel SGX and TDX quotes. Statements about
 * virtual machines without memory encryption are taken apart, and always refused.
 * Trusts its caller for policy and time, the roots compiled in, and OpenSSL.
 *
 * Pure: no I/O, no clock, no state but what the caller passes. All byte strings
 * are borrowed for the call alone. Specifications are named in docs/specs.md. */
#ifndef ATTEST_ATTEST_H
#define ATTEST_ATTEST_H

#include "attest/check.h"
#include "attest/claims.h"
#include "attest/policy.h"
#include "base/attr.h"

/* ---- in ---- */

/* What came along with the evidence and must be bound by its report data: with
 * BIND_CLAIMS the SHA-256 of `claims_buffer`, whose pubkey-hash is that of
 * `public_key` [CCC-RA-TLS]; with BIND_SHA256 or BIND_SHA384 the digest of
 * `public_key` (the original Enarx: SGX, SNP). Zero-padded to 64 bytes, all compared. */
enum binding { BIND_NONE, BIND_CLAIMS, BIND_SHA256, BIND_SHA384 };

struct attest_input {
    /* One report or quote as its hardware made it: 1184 bytes [SNP-ABI 7.3], or a
     * quote [DCAP-QUOTE A] without a byte behind it. Or a statement [include/kvm_keep.h]. */
    struct bytes evidence;

    /* Whatever is at hand, in any order: certificates DER or PEM, one or several
     * in each; CRLs DER or PEM. Intel chains within a quote are found there. They
     * are hints: each must lead to a pinned root, or the evidence is refused. */
    struct bytes_list certificates;
    struct bytes_list crls;
    struct bytes tcb_info;    /* JSON as served: {"tcbInfo":{...},"signature":"..."}, or empty */
    struct bytes qe_identity; /* JSON: {"enclaveIdentity":{...},"signature":"..."}, or empty */

    enum binding binding;
    struct bytes claims_buffer; /* CBOR; of BIND_CLAIMS */
    struct bytes public_key;    /* DER SubjectPublicKeyInfo, or empty */
    bool key_unproven;          /* what brought public_key was to be signed by it, and is not */

    /* policy->nonce is compared with the claims buffer's. Without one it is the
     * report data, zero-padded to 64 bytes. */
    const struct policy *policy;
    int64_t time; /* of the appraisal: seconds since 1970, UTC */

    /* Null, or chains verified before; see attest_cache_new. */
    struct attest_cache *cache;
};

/* ---- out ---- */

enum verdict { UNVERIFIED = 0, ACCEPTED, REFUSED };
enum signature { SIGNATURE_UNCHECKED = 0, SIGNATURE_VALID, SIGNATURE_INVALID };
enum collateral {
    COLLATERAL_MISSING = 0,
    COLLATERAL_FRESH,
    COLLATERAL_EXPIRED,
    COLLATERAL_REVOKED,
};
enum identity { IDENTITY_ANY = 0, IDENTITY_NAMED };

/* Trustworthiness vector [AR4SI 2.3.4]: 0 no claim, 2 to 31 affirming, 32 to 95 warning,
 * 96 and above contraindicated. It says what is true, whatever the policy accepts: of a
 * simulation instance-identity 96, hardware 97 and runtime-opaque 96; of a keep that proves
 * nothing 97, 97 and 96; of what can be debugged runtime-opaque 96; hardware 32 unless its
 * TCB is up to date. executables is 2 only where the policy names the workload, else 3. */
struct ar4si {
    int8_t instance_identity;
    int8_t configuration;
    int8_t executables;
    int8_t file_system;
    int8_t hardware;
    int8_t runtime_opaque;
    int8_t storage_opaque;
    int8_t sourced_data;
};

#define CHECKS_MAX 160u /* checks recorded; one more refuses */
#define NOTES_MAX  8u

struct attest_result {
    enum verdict verdict; /* ACCEPTED only when every check made has passed */
    enum check_id reason; /* the first that did not; CHECK_NONE when accepted */

    /* Whether every signature present verifies up to a pinned root and every
     * binding holds. Time and revocation do not enter it. */
    enum signature signature;
    enum collateral collateral; /* the worst of revoked, expired, missing, fresh */
    enum tcb_status tcb_status; /* Intel: converged. SNP: MET or BELOW_POLICY */
    enum identity identity;
    bool simulated; /* a root that the policy alone names vouches for it: ACCEPTED by the
                       policy's simulated_roots, not by the hardware's maker */
    struct claims claims;
    struct ar4si ar4si;

    struct check checks[CHECKS_MAX]; /* in the order they were made */
    size_t check_count;
    struct shown notes[NOTES_MAX];
    size_t note_count;
};

/* Appraises `in->evidence`. Decides and decodes all that can be, whatever else
 * fails. 0 whatever the verdict; -EINVAL without a policy or
 * with one that still has same_image, and -ENOMEM, both with
 * a verdict of UNVERIFIED. `result` holds nothing to free. */
must_use int attest_verify(const struct attest_input *in, struct attest_result *result);

/* Only compares what `in->claims_buffer` says with policy and key, behind the checks that
 * `result` holds, and whether the statement binds it, where in->evidence is one; nothing else
 * may be there. All that can be asked of a keep that proves nothing. 0 or -ENOMEM; makes no
 * verdict, and nothing vouches for what was compared, as the vector says. */
must_use int attest_claims(const struct attest_input *in, struct attest_result *result);

/* Only takes the evidence apart: claims, and no checks. 0, or -EBADMSG when its
 * kind is unknown or it is malformed. */
must_use int attest_decode(struct bytes evidence, struct claims *claims);

/* The kind that the first bytes promise. */
enum kind attest_kind(struct bytes evidence);

/* Texts of the JSON object: "accepted", "valid", "fresh", "named". */
const char *verdict_text(enum verdict verdict);
const char *signature_text(enum signature signature);
const char *collateral_text(enum collateral collateral);
const char *identity_text(enum identity identity);
const char *outcome_text(enum outcome outcome);

/* ---- chains remembered ---- */

/* Remembers what was parsed and verified of endorsements, by their exact bytes;
 * time, CRL ages and policy are judged anew for each evidence. One verification
 * at a time may use it. `count` entries at most, the least recently used go
 * first; an SNP set takes one, an Intel set four. Null when memory is short. */
struct attest_cache *attest_cache_new(size_t count);
void attest_cache_free(struct attest_cache *cache);

#endif
