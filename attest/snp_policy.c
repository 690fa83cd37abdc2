/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy makes of an AMD attestation report: VN2, VN5 to VN12. Trusts the
 * policy; that the report is genuine is for snp.c to say. */
#include "attest/snp.h"

#include <string.h>

#define POLICY_RESERVED   (~0ull << 26)
#define PLATFORM_RESERVED (~0ull << 8) /* bit 6, IOMMU_WRITE_SAFE, is known and free */

static void check_signer(const struct snp_policy *p, struct attest_result *r)
{
    const struct snp_claims *c = &r->claims.snp;
    const unsigned key = c->signing_key == SNP_SIGNER_VCEK   ? SNP_KEY_VCEK
                         : c->signing_key == SNP_SIGNER_VLEK ? SNP_KEY_VLEK
                                                             : 0;
    const struct bytes csp = bytes_of_text(c->cert_csp_id);
    const bool vlek = c->signing_key == SNP_SIGNER_VLEK;
    check(r, snp_signing_key_allowed, (p->signing_keys & key) != 0, show_flags(p->signing_keys),
          show_flags(key));
    check(r, snp_csp, !vlek || p->csp_ids.count == 0 || bytes_list_has(p->csp_ids, csp),
          p->csp_ids.count == 0 ? show_text("any") : show_bytes_text(p->csp_ids.items[0]),
          show_bytes_text(csp));
}

/* A chip id of eight bytes stands for one with zeros behind it [KDS 3.1, Turin]. */
static bool chip_listed(struct bytes_list chips, const uint8_t id[static 64])
{
    for (size_t i = 0; i < chips.count; i++) {
        uint8_t whole[64] = {0};
        const struct bytes chip = chips.items[i];
        if (chip.size == 0 || chip.size > sizeof(whole))
            continue;
        memcpy(whole, chip.data, chip.size);
        if (memcmp(whole, id, sizeof(whole)) == 0)
            return true;
    }
    return chips.count == 0;
}

static void check_chip(const struct snp_policy *p, struct attest_result *r)
{
    const struct snp_claims *c = &r->claims.snp;
    check(r, snp_product_line,
          c->product != PRODUCT_UNKNOWN && (p->product_lines & 1u << c->product) != 0,
          show_text("of the policy's product_lines"), show_text(product_text(c->product)));
    check(r, snp_chip, chip_listed(p->chips, c->chip_id), show_hex_list(p->chips),
          show_hex(BYTES(c->chip_id)));
}

static void check_guest_policy(const struct snp_policy *p, struct attest_result *r)
{
    const uint64_t found = r->claims.snp.policy;
    const uint64_t fixed = found & (POLICY_RESERVED | SNP_POLICY_RESERVED_ONE);
    check(r, snp_debug, p->debug || (found & SNP_POLICY_DEBUG) == 0, show_uint(p->debug),
          show_uint((found & SNP_POLICY_DEBUG) != 0));
    check(r, snp_migration, p->migration || (found & SNP_POLICY_MIGRATE_MA) == 0,
          show_uint(p->migration), show_uint((found & SNP_POLICY_MIGRATE_MA) != 0));
    check(r, snp_policy_reserved, fixed == SNP_POLICY_RESERVED_ONE,
          show_flags(SNP_POLICY_RESERVED_ONE), show_flags(fixed));
    check_minimum(r, snp_policy_abi, p->minimum_abi, found & 0xffff);
    check(r, snp_policy_required, (found & p->policy_require) == p->policy_require,
          show_flags(p->policy_require), show_flags(found));
    check(r, snp_policy_forbidden, (found & p->policy_forbid) == 0, show_flags(p->policy_forbid),
          show_flags(found & p->policy_forbid));
}

static void check_platform(const struct snp_policy *p, struct attest_result *r)
{
    const uint64_t found = r->claims.snp.platform_info;
    const uint64_t alias = p->platform_require & SNP_PLATFORM_ALIAS_CHECK_COMPLETE;
    const uint64_t others = p->platform_require & ~SNP_PLATFORM_ALIAS_CHECK_COMPLETE;
    check(r, snp_platform_reserved, (found & PLATFORM_RESERVED) == 0, show_flags(0),
          show_flags(found & PLATFORM_RESERVED));
    check(r, snp_alias_check, (found & alias) == alias, show_flags(alias), show_flags(found));
    check(r, snp_platform_required, (found & others) == others, show_flags(others),
          show_flags(found));
    check(r, snp_platform_forbidden, (found & p->platform_forbid) == 0,
          show_flags(p->platform_forbid), show_flags(found & p->platform_forbid));
    check(r, snp_vmpl, r->claims.snp.vmpl == p->vmpl, show_uint(p->vmpl),
          show_uint(r->claims.snp.vmpl));
}

/* ---- TCB: VN6, VN11 ---- */

static void check_tcb(const struct snp_policy *p, struct attest_result *r)
{
    const struct snp_claims *c = &r->claims.snp;
    const struct snp_tcb least = p->minimum_tcb[c->product];
    const struct snp_tcb reported = snp_tcb_decode(c->reported_tcb, c->product);
    const struct snp_tcb committed = snp_tcb_decode(c->committed_tcb, c->product);
    const struct snp_tcb launch = snp_tcb_decode(c->launch_tcb, c->product);
    const struct snp_tcb current = snp_tcb_decode(c->current_tcb, c->product);
    const bool met = snp_tcb_at_least(reported, least) && snp_tcb_at_least(committed, least) &&
                     snp_tcb_at_least(launch, least);
    check(r, snp_reported_tcb, snp_tcb_at_least(reported, least), snp_show_tcb(least),
          snp_show_tcb(reported));
    check(r, snp_committed_tcb, snp_tcb_at_least(committed, least), snp_show_tcb(least),
          snp_show_tcb(committed));
    check(r, snp_launch_tcb, snp_tcb_at_least(launch, least), snp_show_tcb(least),
          snp_show_tcb(launch));
    check(r, snp_tcb_order, snp_tcb_at_least(current, reported), snp_show_tcb(reported),
          snp_show_tcb(current));
    r->tcb_status = met ? TCB_MET : TCB_BELOW_POLICY;
}

static uint32_t version_number(struct snp_version v)
{
    return (uint32_t)v.major << 16 | (uint32_t)v.minor << 8 | v.build;
}

static void check_firmware(const struct snp_policy *p, struct attest_result *r)
{
    const struct snp_claims *c = &r->claims.snp;
    const uint32_t current = version_number(c->current_version);
    const uint32_t committed = version_number(c->committed_version);
    const bool settled = current == committed &&
                         memcmp(c->current_tcb, c->committed_tcb, sizeof(c->current_tcb)) == 0;
    check_minimum(r, snp_firmware, p->minimum_firmware, committed < current ? committed : current);
    check(r, snp_provisional, p->provisional || settled,
          p->provisional ? show_text("any") : show_hex(BYTES(c->current_tcb)),
          show_hex(BYTES(c->committed_tcb)));
    const uint64_t launch = c->launch_mitigations & p->launch_mitigations;
    const uint64_t now = c->current_mitigations & p->current_mitigations;
    check(r, snp_launch_mitigations, launch == p->launch_mitigations,
          show_flags(p->launch_mitigations), show_flags(c->launch_mitigations));
    check(r, snp_current_mitigations, now == p->current_mitigations,
          show_flags(p->current_mitigations), show_flags(c->current_mitigations));
}

/* ---- who runs: VN10, VN12 ---- */

static void check_guest(const struct snp_policy *p, struct attest_result *r)
{
    const struct snp_claims *c = &r->claims.snp;
    const struct bytes author = BYTES(c->author_key_digest);
    const bool listed =
        p->author_keys.count == 0 || (c->author_key_en && bytes_list_has(p->author_keys, author));
    check_list(r, snp_measurement, p->measurements, BYTES(c->measurement));
    check_list(r, snp_id_key, p->id_keys, BYTES(c->id_key_digest));
    check(r, snp_author_key, listed, show_hex_list(p->author_keys), show_hex(author));
    check(r, snp_author_revoked, !bytes_list_has(p->revoked_authors, author),
          show_text("not revoked"), show_hex(author));
    check_minimum(r, snp_guest_svn, p->minimum_guest_svn, c->guest_svn);
    check_bytes(r, snp_family_id, p->family_id, BYTES(c->family_id));
    check_bytes(r, snp_image_id, p->image_id, BYTES(c->image_id));
    check_bytes(r, snp_host_data, p->host_data, BYTES(c->host_data));
}

void snp_check_policy(const struct policy *policy, struct attest_result *result)
{
    const struct snp_policy *p = &policy->snp;
    check_signer(p, result);
    check_chip(p, result);
    check_guest_policy(p, result);
    check_platform(p, result);
    check_tcb(p, result);
    check_firmware(p, result);
    check_guest(p, result);
}
