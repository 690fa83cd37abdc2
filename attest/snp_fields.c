/* SPDX-License-Identifier: Apache-2.0 */
/* How an SNP report's claims are called and shown. Trusts nothing. */
#include "attest/claims.h"

#include "base/attr.h"

#define F(type, name) FIELD(snp_claims, #name, FIELD_##type, name)

static const struct field fields[] = {
    F(UINT, version),
    F(UINT, guest_svn),
    F(FLAGS, policy),
    F(BYTES, family_id),
    F(BYTES, image_id),
    F(UINT, vmpl),
    F(UINT, signature_algo),
    F(BYTES, current_tcb),
    F(FLAGS, platform_info),
    F(FLAGS, key_info),
    F(BOOL, author_key_en),
    F(BOOL, mask_chip_key),
    F(SIGNER, signing_key),
    F(BYTES, report_data),
    F(BYTES, measurement),
    F(BYTES, host_data),
    F(BYTES, id_key_digest),
    F(BYTES, author_key_digest),
    F(BYTES, report_id),
    F(BYTES, report_id_ma),
    F(BYTES, reported_tcb),
    F(UINT, cpuid_family),
    F(UINT, cpuid_model),
    F(UINT, cpuid_stepping),
    F(BYTES, chip_id),
    F(BYTES, committed_tcb),
    F(VERSION, current_version),
    F(VERSION, committed_version),
    F(BYTES, launch_tcb),
    F(FLAGS, launch_mitigations),
    F(FLAGS, current_mitigations),
    F(PRODUCT, product),
    FIELD(snp_claims, "certificate_subject", FIELD_TEXT, cert.subject),
    FIELD(snp_claims, "certificate_issuer", FIELD_TEXT, cert.issuer),
    FIELD(snp_claims, "certificate_serial", FIELD_BYTES, cert.serial),
    FIELD(snp_claims, "certificate_not_before", FIELD_TIME, cert.not_before),
    FIELD(snp_claims, "certificate_not_after", FIELD_TIME, cert.not_after),
    FIELD(snp_claims, "certificate_product", FIELD_TEXT, cert_product),
    FIELD(snp_claims, "certificate_tcb", FIELD_SNP_TCB, cert_tcb),
    FIELD(snp_claims, "certificate_hwid", FIELD_BYTES, cert_hwid),
    FIELD(snp_claims, "certificate_csp_id", FIELD_TEXT, cert_csp_id),
};

const struct field_table snp_field_table = {.fields = fields, .count = ARRAY_COUNT(fields)};
