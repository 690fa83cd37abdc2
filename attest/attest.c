/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to a verdict; see attest.h. Trusts the checks of each kind to be
 * complete, and counts only what has been recorded. */
#include "attest/appraise.h"
#include "attest/endorsement.h"

#include <errno.h>

#define VERSION_MAX 255u /* beyond it a file is of another kind, not of a later version */

enum kind attest_kind(struct bytes evidence)
{
    if (kvm_statement_is(evidence))
        return KIND_KVM;
    struct cur c = cur_init(evidence);
    const uint16_t version = cur_le16(&c);
    const uint16_t key_type = cur_le16(&c); /* upper half of an SNP report's version */
    const uint32_t tee_type = cur_le32(&c);
    if (!cur_ok(&c) || version == 0 || version > VERSION_MAX)
        return KIND_UNKNOWN;
    if (key_type == 0)
        return KIND_SNP;
    if (version == 3 || (version >= 4 && tee_type == 0))
        return KIND_SGX;
    return version >= 4 && tee_type == 0x81 ? KIND_TDX : KIND_UNKNOWN;
}

int attest_decode(struct bytes evidence, struct claims *claims)
{
    *claims = (struct claims){.kind = attest_kind(evidence)};
    switch (claims->kind) {
    case KIND_SNP:
        return snp_decode(evidence, claims);
    case KIND_SGX:
    case KIND_TDX:
        return quote_decode(evidence, claims);
    case KIND_KVM:
        return kvm_statement_decode(evidence, claims);
    case KIND_UNKNOWN:
        break;
    }
    return -EBADMSG;
}

/* ---- the result's fields, from the checks ---- */

/* Effects of the checks with that outcome. */
static unsigned effects(const struct attest_result *r, enum outcome outcome)
{
    unsigned all = 0;
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        if (r->checks[i].outcome == outcome)
            all |= check_info(r->checks[i].id)->effect;
    }
    return all;
}

static bool passed(const struct attest_result *r, enum check_id id)
{
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        if (r->checks[i].id == id)
            return r->checks[i].outcome == OUTCOME_PASSED;
    }
    return false;
}

static enum signature signature_of(const struct attest_result *r)
{
    const enum check_id own =
        r->claims.kind == KIND_SNP ? CHECK_snp_signature : CHECK_quote_signature;
    if ((effects(r, OUTCOME_FAILED) & EFFECT_SIGNATURE) != 0)
        return SIGNATURE_INVALID;
    if ((effects(r, OUTCOME_UNDECIDED) & EFFECT_SIGNATURE) != 0 || !passed(r, own))
        return SIGNATURE_UNCHECKED;
    return SIGNATURE_VALID;
}

static void worsen_collateral(struct attest_result *r)
{
    const unsigned all = effects(r, OUTCOME_FAILED) | effects(r, OUTCOME_UNDECIDED);
    if (!r->claims.decoded || (all & EFFECT_MISSING) != 0)
        endorsement_worsen(r, COLLATERAL_MISSING);
    if ((all & EFFECT_EXPIRED) != 0)
        endorsement_worsen(r, COLLATERAL_EXPIRED);
    if ((all & EFFECT_REVOKED) != 0)
        endorsement_worsen(r, COLLATERAL_REVOKED);
}

/* The last word. Nothing before it makes a verdict. */
static void finish(const struct attest_input *in, struct attest_result *r)
{
    bool all = r->check_count > 0 && r->check_count <= CHECKS_MAX;
    for (size_t i = 0; all && i < r->check_count; i++)
        all = r->checks[i].outcome == OUTCOME_PASSED;
    r->signature = signature_of(r);
    worsen_collateral(r);
    r->identity = policy_names_identity(in->policy, r->claims.kind) ? IDENTITY_NAMED : IDENTITY_ANY;
    if (r->identity == IDENTITY_ANY && r->claims.kind != KIND_KVM)
        result_note(r, "the policy names no measurement: any program in such a TEE is accepted");
    r->ar4si = ar4si_of(r, in->policy);
    r->verdict = all && r->claims.decoded && r->signature == SIGNATURE_VALID ? ACCEPTED : REFUSED;
}

/* ---- the whole ---- */

static int appraise_kind(const struct attest_input *in, struct attest_cache *cache,
                         struct attest_result *r)
{
    switch (r->claims.kind) {
    case KIND_SNP:
        return snp_appraise(in, cache, r);
    case KIND_KVM:
        kvm_statement_appraise(in, r);
        return 0;
    default:
        return quote_appraise(in, cache, r);
    }
}

static int appraise(const struct attest_input *in, struct attest_cache *cache,
                    struct attest_result *r)
{
    const enum kind kind = attest_kind(in->evidence);
    r->claims.kind = kind;
    if (!check(r, kind, kind != KIND_UNKNOWN, show_text("snp, sgx or tdx"),
               show_text(kind_text(kind))))
        return 0;
    if (kind != KIND_KVM) /* which has a better reason */
        check(r, kind_allowed, (in->policy->kinds & 1u << kind) != 0, show_text("in the policy"),
              show_text(kind_text(kind)));
    const int result = appraise_kind(in, cache, r);
    return result < 0 ? result : binding_appraise(in, r);
}

int attest_verify(const struct attest_input *in, struct attest_result *result)
{
    *result = (struct attest_result){.collateral = COLLATERAL_FRESH};
    if (in->policy == NULL || in->policy->same_image)
        return -EINVAL;
    struct attest_cache *own = in->cache == NULL ? attest_cache_new(0) : NULL;
    struct attest_cache *cache = in->cache == NULL ? own : in->cache;
    const int error = cache == NULL ? -ENOMEM : appraise(in, cache, result);
    if (error == 0)
        finish(in, result);
    attest_cache_free(own);
    return error;
}
