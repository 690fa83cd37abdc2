/* SPDX-License-Identifier: Apache-2.0 */
/* The trustworthiness vector of a result [AR4SI 2.3.4]: what is true of the hardware and
 * what runs on it, also where the policy puts up with it. Trusts the checks recorded. */
#include "attest/appraise.h"
#include "attest/intel.h"

enum {
    NO_CLAIM = 0,
    AFFIRMING = 2,
    EXECUTABLES_AT_START = 3, /* approved when loaded, and nothing said of what came later */
    HARDWARE_VULNERABLE = 32, /* genuine, with weaknesses that are known */
    EXECUTABLES_UNKNOWN = 33, /* not recognised */
    CONTRAINDICATED = 96,     /* recognised, and not to be trusted */
    UNRECOGNIZED = 97,        /* instance and hardware: nobody vouches for it */
    VALIDATION_FAILED = 99,   /* a signature or binding is wrong */
};

static bool is_debuggable(const struct claims *c)
{
    switch (c->kind) {
    case KIND_SNP:
        return (c->snp.policy & SNP_POLICY_DEBUG) != 0;
    case KIND_SGX:
        return (c->sgx.attributes & SGX_FLAG_DEBUG) != 0;
    case KIND_TDX:
        return (c->tdx.td_attributes & TD_UNDER_DEBUG) != 0;
    default:
        return true;
    }
}

/* Milan's keys can be extracted by software [docs/policy.md]. */
static bool is_vulnerable(const struct attest_result *r)
{
    const struct snp_claims *snp = &r->claims.snp;
    if (r->claims.kind != KIND_SNP)
        return r->tcb_status != TCB_UP_TO_DATE;
    return r->tcb_status != TCB_MET || snp->product == PRODUCT_MILAN ||
           (snp->platform_info & SNP_PLATFORM_ALIAS_CHECK_COMPLETE) == 0;
}

/* Without its issuers' latest lists nobody knows whether a key has been revoked. */
static int8_t instance_of(const struct attest_result *r)
{
    return r->collateral == COLLATERAL_FRESH ? AFFIRMING : NO_CLAIM;
}

static int8_t executables_of(const struct attest_result *r, const struct policy *policy)
{
    if (r->identity == IDENTITY_ANY)
        return NO_CLAIM;
    return policy->workload.size > 0 ? AFFIRMING : EXECUTABLES_AT_START;
}

static void find_failures(const struct attest_result *r, bool fails[static TRUST_COUNT])
{
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++)
        fails[check_info(r->checks[i].id)->trust] |= r->checks[i].outcome != OUTCOME_PASSED;
}

struct ar4si ar4si_proofless(void)
{
    return (struct ar4si){
        .instance_identity = UNRECOGNIZED,
        .hardware = UNRECOGNIZED,
        .runtime_opaque = CONTRAINDICATED,
    };
}

/* Whoever holds the root's key has every claim as they like, and nothing shields memory. What
 * such evidence says against itself stands. */
static struct ar4si without_hardware(struct ar4si v)
{
    v.instance_identity = CONTRAINDICATED;
    v.hardware = UNRECOGNIZED;
    v.runtime_opaque = CONTRAINDICATED;
    v.configuration = v.configuration == AFFIRMING ? NO_CLAIM : v.configuration;
    v.executables = v.executables == EXECUTABLES_UNKNOWN ? v.executables : NO_CLAIM;
    return v;
}

struct ar4si ar4si_of(const struct attest_result *r, const struct policy *policy)
{
    bool fails[TRUST_COUNT] = {false};
    find_failures(r, fails);
    if (r->claims.kind == KIND_KVM)
        return ar4si_proofless();
    if (r->signature != SIGNATURE_VALID)
        return (struct ar4si){.instance_identity = r->signature == SIGNATURE_INVALID
                                                       ? VALIDATION_FAILED
                                                       : UNRECOGNIZED};
    struct ar4si v = {
        .instance_identity = fails[TRUST_INSTANCE] ? CONTRAINDICATED : instance_of(r),
        .configuration = fails[TRUST_CONFIGURATION] ? CONTRAINDICATED : AFFIRMING,
        .executables = fails[TRUST_EXECUTABLES] ? EXECUTABLES_UNKNOWN : executables_of(r, policy),
        .hardware = fails[TRUST_HARDWARE] || is_vulnerable(r) ? HARDWARE_VULNERABLE : AFFIRMING,
        .runtime_opaque =
            fails[TRUST_RUNTIME] || is_debuggable(&r->claims) ? CONTRAINDICATED : AFFIRMING,
    };
    return r->simulated ? without_hardware(v) : v;
}
