/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation reports as their makers write them; see snp_report_put.h. */
#include "tests/attest/snp_report_put.h"

#define HALF     (SNP_SIGNATURE_SIZE / 2)
#define RESERVED (SNP_REPORT_SIZE - SNP_SIGNED_SIZE - 2 * SNP_SIGNATURE_FIELD)

static void put_zero(struct put *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        put_u8(p, 0);
}

static void put_array(struct put *p, const uint8_t *data, size_t size)
{
    put_bytes(p, (struct bytes){.data = data, .size = size});
}
#define PUT(p, array) put_array((p), (array), sizeof(array))

static void put_version(struct put *p, struct snp_version v)
{
    put_u8(p, v.build);
    put_u8(p, v.minor);
    put_u8(p, v.major);
    put_u8(p, 0);
}

void snp_report_put(struct put *p, const struct snp_claims *r)
{
    put_le32(p, r->version);
    put_le32(p, r->guest_svn);
    put_le64(p, r->policy);
    PUT(p, r->family_id);
    PUT(p, r->image_id);
    put_le32(p, r->vmpl);
    put_le32(p, r->signature_algo);
    PUT(p, r->current_tcb);
    put_le64(p, r->platform_info);
    put_le32(p, r->key_info);
    put_le32(p, 0);
    PUT(p, r->report_data);
    PUT(p, r->measurement);
    PUT(p, r->host_data);
    PUT(p, r->id_key_digest);
    PUT(p, r->author_key_digest);
    PUT(p, r->report_id);
    PUT(p, r->report_id_ma);
    PUT(p, r->reported_tcb);
    put_u8(p, r->cpuid_family);
    put_u8(p, r->cpuid_model);
    put_u8(p, r->cpuid_stepping);
    put_zero(p, 21);
    PUT(p, r->chip_id);
    PUT(p, r->committed_tcb);
    put_version(p, r->current_version);
    put_version(p, r->committed_version);
    PUT(p, r->launch_tcb);
    put_le64(p, r->launch_mitigations);
    put_le64(p, r->current_mitigations);
    put_zero(p, 152);
}

void snp_report_put_signature(struct put *p, const uint8_t signature[static SNP_SIGNATURE_SIZE])
{
    for (size_t half = 0; half < 2; half++) {
        for (size_t i = HALF; i > 0; i--)
            put_u8(p, signature[half * HALF + i - 1]);
        put_zero(p, SNP_SIGNATURE_FIELD - HALF);
    }
    put_zero(p, RESERVED);
}
