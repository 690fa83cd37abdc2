/* SPDX-License-Identifier: Apache-2.0 */
/* The default policy, and names of what policies speak of. Trusts nothing. */
#include "attest/policy.h"

#include "base/attr.h"

struct policy policy_default(void)
{
    const struct intel_policy intel = {
        .statuses = TCB_BIT(TCB_UP_TO_DATE) | TCB_BIT(TCB_SW_HARDENING_NEEDED),
    };
    return (struct policy){
        .kinds = KINDS_SIGNED,
        .crls = true,
        .snp =
            {
                .product_lines = 1u << PRODUCT_GENOA | 1u << PRODUCT_TURIN,
                .signing_keys = SNP_KEY_VCEK | SNP_KEY_VLEK,
                .platform_require = SNP_PLATFORM_ALIAS_CHECK_COMPLETE,
            },
        .sgx = {.tcb = intel},
        .tdx = {.tcb = intel},
    };
}

bool policy_names_identity(const struct policy *policy, enum kind kind)
{
    if (policy->same_image)
        return true;
    switch (kind) {
    case KIND_SNP:
        return policy->snp.measurements.count > 0 || policy->snp.id_keys.count > 0 ||
               policy->snp.author_keys.count > 0;
    case KIND_SGX:
        return policy->sgx.mrenclaves.count > 0 || policy->sgx.mrsigners.count > 0;
    case KIND_TDX:
        return policy->tdx.mrtds.count > 0;
    case KIND_KVM:
    case KIND_UNKNOWN:
        break;
    }
    return false;
}

struct bytes_list policy_simulated_roots(const struct policy *policy, enum kind kind)
{
    switch (kind) {
    case KIND_SNP:
        return policy->snp.simulated_roots;
    case KIND_SGX:
        return policy->sgx.tcb.simulated_roots;
    case KIND_TDX:
        return policy->tdx.tcb.simulated_roots;
    case KIND_KVM:
    case KIND_UNKNOWN:
        break;
    }
    return (struct bytes_list){0};
}

static const char *const statuses[] = {[TCB_NONE] = NULL,
#define X(name, text) [TCB_##name] = text,
                                       TCB_STATUSES(X)
#undef X
};

const char *tcb_status_text(enum tcb_status status)
{
    return (unsigned)status < ARRAY_COUNT(statuses) ? statuses[status] : NULL;
}

enum tcb_status tcb_status_parse(struct bytes text)
{
    for (unsigned i = TCB_NONE + 1; i <= TCB_REVOKED; i++) {
        if (bytes_equal(bytes_of_text(statuses[i]), text))
            return (enum tcb_status)i;
    }
    return TCB_NONE;
}

const char *kind_text(enum kind kind)
{
    static const char *const texts[] = {"unknown", "snp", "sgx", "tdx", "kvm"};
    return texts[(unsigned)kind < ARRAY_COUNT(texts) ? kind : 0];
}

const char *product_text(enum product product)
{
    static const char *const texts[] = {"unknown", "Milan", "Genoa", "Turin"};
    return texts[(unsigned)product < ARRAY_COUNT(texts) ? product : 0];
}
