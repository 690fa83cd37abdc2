/* SPDX-License-Identifier: Apache-2.0 */
/* What the appraisal of a quote hands from step to step; see quote_appraise.c. */
#ifndef ATTEST_INTEL_H
#define ATTEST_INTEL_H

#include "attest/endorsement.h"
#include "attest/qe_identity.h"
#include "attest/quote.h"
#include "attest/tcb_info.h"

/* That the host can read memory: ATTRIBUTES.FLAGS [SDM 35.7.1], and bits 7:0 of a TD's
 * attributes, one for each way [TDX-MODULE 1.5, ATTRIBUTES]. */
#define SGX_FLAG_DEBUG (1ull << 1)
#define TD_UNDER_DEBUG 0xffull

struct intel {
    const struct attest_input *in;
    struct attest_cache *cache;
    struct attest_result *r;
    enum kind kind;
    const struct intel_policy *policy;
    struct intel_claims *claims;
    const struct tdx_claims *tdx; /* null for SGX */
    struct quote quote;
    struct enclave_report qe;
    const struct x509_set *set;

    /* Null when missing, malformed or not rightly signed. */
    const struct x509_cert *pck;
    const struct tcb_info *tcb_info;
    const struct qe_identity *identity;
    bool pck_decoded; /* its extension, into claims */
};

/* The quoting enclave: its report, signed by the PCK, and its identity. 0 or -ENOMEM. */
must_use int qe_appraise(struct intel *x);

/* TCB info, the level that the platform reaches, and the status of it all; after
 * qe_appraise(). 0 or -ENOMEM. */
must_use int tcb_appraise(struct intel *x);

/* Fills in what the quote's body says. 0, or -EBADMSG when it is of another type. */
must_use int sgx_decode(const struct quote *quote, struct sgx_claims *claims);
must_use int tdx_decode(const struct quote *quote, struct tdx_claims *claims);

/* Records the checks of CHECKS_SGX and CHECKS_TDX, all but those on the module. */
void sgx_check(const struct sgx_claims *claims, const struct sgx_policy *policy,
               struct attest_result *r);
void tdx_check(const struct tdx_claims *claims, const struct tdx_policy *policy,
               struct attest_result *r);

/* TCB info or QE identity: finds it in the cache or verifies and parses it. */
struct document {
    enum cached sort;
    const char *name; /* of the signed member */
    struct bytes text;
    enum check_id present, format, signature;
    int (*parse)(const struct signed_json *cut, void **parsed);
};

/* Records the document's three checks; `parsed` is owned by the cache, null when
 * one of them did not pass. 0 or -ENOMEM. */
must_use int document_load(struct intel *x, const struct document *document, const void **parsed);

#endif
