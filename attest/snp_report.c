/* SPDX-License-Identifier: Apache-2.0 */
/* Reads attestation reports; see snp_report.h. Trusts nothing. */
#include "attest/snp_report.h"

#include <errno.h>
#include <string.h>

#define KEY_INFO_AUTHOR_EN (1u << 0)
#define KEY_INFO_MASKED    (1u << 1)
#define KEY_INFO_SIGNER(k) ((k) >> 2 & 7u)
#define KEY_INFO_RESERVED  (~0u << 5)
#define SIGNATURE_RESERVED (SNP_REPORT_SIZE - SNP_SIGNED_SIZE - 2 * SNP_SIGNATURE_FIELD)
#define SIGNATURE_HALF     (SNP_SIGNATURE_SIZE / 2)

static void take_into(struct cur *c, uint8_t *out, size_t size)
{
    const struct bytes from = cur_take(c, size);
    if (from.size == size)
        memcpy(out, from.data, size);
}
#define TAKE(c, array) take_into((c), (array), sizeof(array))

/* A reserved field, whose content is for the checks to judge. */
static void take_reserved(struct cur *c, size_t size, bool *zero)
{
    struct cur field = cur_init(cur_take(c, size));
    cur_zero(&field, size);
    *zero = *zero && cur_done(&field);
}

static struct snp_version take_version(struct cur *c, bool *zero)
{
    struct snp_version v;
    v.build = cur_u8(c);
    v.minor = cur_u8(c);
    v.major = cur_u8(c);
    take_reserved(c, 1, zero);
    return v;
}

static void take_cpuid(struct cur *c, struct snp_claims *r)
{
    if (r->version < 3) {
        take_reserved(c, 24, &r->reserved_zero);
        return;
    }
    r->cpuid_family = cur_u8(c);
    r->cpuid_model = cur_u8(c);
    r->cpuid_stepping = cur_u8(c);
    take_reserved(c, 21, &r->reserved_zero);
}

static void take_mitigations(struct cur *c, struct snp_claims *r)
{
    if (r->version < 5) {
        take_reserved(c, 168, &r->reserved_zero);
        return;
    }
    r->launch_mitigations = cur_le64(c);
    r->current_mitigations = cur_le64(c);
    take_reserved(c, 152, &r->reserved_zero);
}

static void take_key_info(struct cur *c, struct snp_claims *r)
{
    r->key_info = cur_le32(c);
    r->author_key_en = (r->key_info & KEY_INFO_AUTHOR_EN) != 0;
    r->mask_chip_key = (r->key_info & KEY_INFO_MASKED) != 0;
    r->signing_key = KEY_INFO_SIGNER(r->key_info);
    r->reserved_zero = r->reserved_zero && (r->key_info & KEY_INFO_RESERVED) == 0;
    take_reserved(c, 4, &r->reserved_zero);
}

static void take_claims(struct cur *c, struct snp_claims *r)
{
    r->reserved_zero = true;
    r->version = cur_le32(c);
    r->guest_svn = cur_le32(c);
    r->policy = cur_le64(c);
    TAKE(c, r->family_id);
    TAKE(c, r->image_id);
    r->vmpl = cur_le32(c);
    r->signature_algo = cur_le32(c);
    TAKE(c, r->current_tcb);
    r->platform_info = cur_le64(c);
    take_key_info(c, r);
    TAKE(c, r->report_data);
    TAKE(c, r->measurement);
    TAKE(c, r->host_data);
    TAKE(c, r->id_key_digest);
    TAKE(c, r->author_key_digest);
    TAKE(c, r->report_id);
    TAKE(c, r->report_id_ma);
    TAKE(c, r->reported_tcb);
    take_cpuid(c, r);
    TAKE(c, r->chip_id);
    TAKE(c, r->committed_tcb);
    r->current_version = take_version(c, &r->reserved_zero);
    r->committed_version = take_version(c, &r->reserved_zero);
    TAKE(c, r->launch_tcb);
    take_mitigations(c, r);
}

/* A little-endian number of 48 bytes in a field of 72, to big-endian [SNP-ABI 10.2]. */
static void take_number(struct cur *c, uint8_t *out, bool *clean)
{
    const struct bytes number = cur_take(c, SIGNATURE_HALF);
    for (size_t i = 0; i < number.size; i++)
        out[i] = number.data[number.size - 1 - i];
    take_reserved(c, SNP_SIGNATURE_FIELD - SIGNATURE_HALF, clean);
}

int snp_report_parse(struct bytes evidence, struct snp_report *report)
{
    struct snp_report r = {.signature_clean = true};
    struct cur c = cur_init(evidence);
    struct cur start = c;
    take_claims(&c, &r.claims);
    r.signed_part = cur_take(&start, SNP_SIGNED_SIZE);
    take_number(&c, r.signature, &r.signature_clean);
    take_number(&c, r.signature + SIGNATURE_HALF, &r.signature_clean);
    take_reserved(&c, SIGNATURE_RESERVED, &r.signature_clean);
    if (!cur_done(&c))
        return -EBADMSG;
    r.claims.product = snp_cpuid_product(&r.claims);
    *report = r;
    return 0;
}

/* ---- TCB and product ---- */

/*          byte 0  1    2    3    4  5  6    7
 *   Turin       fmc bl   tee  snp  -  -  -    ucode
 *   before      bl  tee  -    -    -  -  snp  ucode   [SNP-ABI 2.2, tables 3 and 4] */
struct snp_tcb snp_tcb_decode(const uint8_t raw[static 8], enum product product)
{
    if (product == PRODUCT_TURIN)
        return (struct snp_tcb){
            .fmc = raw[0], .bootloader = raw[1], .tee = raw[2], .snp = raw[3], .microcode = raw[7]};
    return (struct snp_tcb){
        .bootloader = raw[0], .tee = raw[1], .snp = raw[6], .microcode = raw[7]};
}

bool snp_tcb_clean(const uint8_t raw[static 8], enum product product)
{
    const bool turin = product == PRODUCT_TURIN;
    const uint8_t other = turin ? raw[6] : (uint8_t)(raw[2] | raw[3]);
    return (raw[4] | raw[5] | other) == 0;
}

bool snp_tcb_at_least(struct snp_tcb tcb, struct snp_tcb minimum)
{
    return tcb.fmc >= minimum.fmc && tcb.bootloader >= minimum.bootloader &&
           tcb.tee >= minimum.tee && tcb.snp >= minimum.snp && tcb.microcode >= minimum.microcode;
}

enum product snp_cpuid_product(const struct snp_claims *claims)
{
    const uint8_t line = claims->cpuid_model >> 4;
    if (claims->version < 3)
        return PRODUCT_UNKNOWN;
    if (claims->cpuid_family == 0x19 && line == 0x0)
        return PRODUCT_MILAN;
    if (claims->cpuid_family == 0x19 && (line == 0x1 || line == 0xa))
        return PRODUCT_GENOA;
    if (claims->cpuid_family == 0x1a && (line == 0x0 || line == 0x1))
        return PRODUCT_TURIN;
    return PRODUCT_UNKNOWN;
}
