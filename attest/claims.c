/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of any kind; see claims.h. Trusts nothing. */
#include "attest/claims.h"

struct field_table claims_fields(const struct claims *claims, const void **base)
{
    switch (claims->kind) {
    case KIND_SNP:
        *base = &claims->snp;
        return snp_field_table;
    case KIND_SGX:
        *base = &claims->sgx;
        return sgx_field_table;
    case KIND_TDX:
        *base = &claims->tdx;
        return tdx_field_table;
    case KIND_KVM:
        *base = &claims->kvm;
        return kvm_field_table;
    case KIND_UNKNOWN:
        break;
    }
    *base = NULL;
    return (struct field_table){0};
}

struct bytes claims_report_data(const struct claims *claims)
{
    const uint8_t *data = NULL;
    if (claims->decoded && claims->kind == KIND_SNP)
        data = claims->snp.report_data;
    if (claims->decoded && claims->kind == KIND_SGX)
        data = claims->sgx.report_data;
    if (claims->decoded && claims->kind == KIND_TDX)
        data = claims->tdx.report_data;
    if (claims->decoded && claims->kind == KIND_KVM)
        data = claims->kvm.report_data;
    return (struct bytes){.data = data, .size = data == NULL ? 0 : REPORT_DATA_SIZE};
}
