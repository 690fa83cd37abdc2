/* SPDX-License-Identifier: Apache-2.0 */
/* AMD's attestation report, versions 2, 3 and 5 [SNP-ABI 7.3, table 23]; integers
 * in it are little-endian. Trusts nothing. */
#ifndef ATTEST_SNP_REPORT_H
#define ATTEST_SNP_REPORT_H

#include "attest/claims.h"
#include "base/attr.h"

#define SNP_REPORT_SIZE     1184u
#define SNP_SIGNED_SIZE     672u
#define SNP_SIGNATURE_SIZE  96u
#define SNP_SIGNATURE_FIELD 72u /* bytes of r and of s, little-endian; 48 are used */

struct snp_report {
    struct snp_claims claims;
    struct bytes signed_part;              /* borrowed */
    uint8_t signature[SNP_SIGNATURE_SIZE]; /* r || s, big-endian */
    bool signature_clean;                  /* the rest of their fields is zero */
};

/* 0, or -EBADMSG when it is not 1184 bytes long. An unknown version is read as the
 * newest one known; it and reserved bytes that are not zero are left to be judged. */
must_use int snp_report_parse(struct bytes evidence, struct snp_report *report);

/* The components of a TCB as that product line orders them [SNP-ABI 2.2]. */
struct snp_tcb snp_tcb_decode(const uint8_t raw[static 8], enum product product);

/* Whether all of its reserved bytes are zero. */
bool snp_tcb_clean(const uint8_t raw[static 8], enum product product);

/* True when no component of `tcb` is below that of `minimum`. */
bool snp_tcb_at_least(struct snp_tcb tcb, struct snp_tcb minimum);

/* The product line that the CPUID fields tell [KDS]. */
enum product snp_cpuid_product(const struct snp_claims *claims);

#endif
