/* SPDX-License-Identifier: Apache-2.0 */
/* Trust domains: what a TD report says, held against the policy [TDX-QUOTE A.3].
 * Trusts nothing; whether a quoting enclave vouches for it is asked elsewhere. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "attest/intel.h"
#include "attest/intel_fields.h"

/* TD attributes [TDX-MODULE 1.5, ATTRIBUTES]: bits 31:8 concern its security, 63:32 do
 * not. */
#define TD_MIGRATABLE (1ull << 29)
#define TD_ATTRIBUTES_DEFINED                                                           \
    (0x71ull /* DEBUG, HGS_PLUS_PROF, PERF_PROF, PMT_PROF */ | 1ull << 16 /* ICSSD */ | \
     1ull << 27 /* LASS */ | 1ull << 28 /* SEPT_VE_DISABLE */ | TD_MIGRATABLE |         \
     1ull << 30 /* PKS */ | 1ull << 31 /* KL */ | 1ull << 62 /* TPA */ | 1ull << 63 /* PERFMON */)

static void take(struct cur *c, uint8_t *out, size_t size)
{
    struct bytes from = cur_take(c, size);

    if (from.size > 0)
        memcpy(out, from.data, from.size);
}
#define TAKE(c, array) take((c), (array), sizeof(array))

int tdx_decode(const struct quote *quote, struct tdx_claims *claims)
{
    struct cur c = cur_init(quote->body);

    if (quote->body_type != BODY_TD_10 && quote->body_type != BODY_TD_15)
        return -EBADMSG;
    claims->body_type = quote->body_type;
    TAKE(&c, claims->tee_tcb_svn);
    TAKE(&c, claims->mrseam);
    TAKE(&c, claims->mrsignerseam);
    claims->seam_attributes = cur_le64(&c);
    claims->td_attributes = cur_le64(&c);
    claims->xfam = cur_le64(&c);
    TAKE(&c, claims->mrtd);
    TAKE(&c, claims->mr_config_id);
    TAKE(&c, claims->mr_owner);
    TAKE(&c, claims->mr_owner_config);
    for (size_t i = 0; i < ARRAY_COUNT(claims->rtmr); i++)
        TAKE(&c, claims->rtmr[i]);
    TAKE(&c, claims->report_data);
    if (quote->body_type == BODY_TD_15) {
        TAKE(&c, claims->tee_tcb_svn_2);
        TAKE(&c, claims->mr_service_td);
    }
    return cur_done(&c) ? 0 : -EBADMSG;
}

/* The first register whose value is not on its list; 0 when all are. */
static size_t wrong_rtmr(const struct tdx_claims *c, const struct tdx_policy *p)
{
    for (size_t i = 0; i < ARRAY_COUNT(p->rtmrs); i++)
        if (p->rtmrs[i].count > 0 && !bytes_list_has(p->rtmrs[i], BYTES(c->rtmr[i])))
            return i;
    return ARRAY_COUNT(p->rtmrs);
}

static void check_rtmrs(const struct tdx_claims *c, const struct tdx_policy *p,
                        struct attest_result *r)
{
    const size_t wrong = wrong_rtmr(c, p);
    const bool right = wrong == ARRAY_COUNT(p->rtmrs);
    const size_t shown = right ? 0 : wrong;

    check(r, tdx_rtmr, right, show_hex_list(p->rtmrs[shown]), show_hex(BYTES(c->rtmr[shown])));
}

void tdx_check(const struct tdx_claims *c, const struct tdx_policy *p, struct attest_result *r)
{
    const uint64_t unknown = c->td_attributes & ~(TD_ATTRIBUTES_DEFINED | TD_UNDER_DEBUG);

    check(r, tdx_reserved, unknown == 0, show_flags(0), show_flags(unknown));
    check(r, tdx_debug, p->debug || (c->td_attributes & TD_UNDER_DEBUG) == 0,
          show_text(p->debug ? "any" : "no debugging"), show_flags(c->td_attributes));
    check(r, tdx_migration, p->migration || (c->td_attributes & TD_MIGRATABLE) == 0,
          show_uint(p->migration), show_uint((c->td_attributes & TD_MIGRATABLE) != 0));
    check_list(r, tdx_mrseam, p->mrseams, BYTES(c->mrseam));
    check_list(r, tdx_mrtd, p->mrtds, BYTES(c->mrtd));
    check_rtmrs(c, p, r);
    check_bytes(r, tdx_mr_config_id, p->mr_config_id, BYTES(c->mr_config_id));
    check_bytes(r, tdx_mr_owner, p->mr_owner, BYTES(c->mr_owner));
    check_bytes(r, tdx_mr_owner_config, p->mr_owner_config, BYTES(c->mr_owner_config));
    check_bytes(r, tdx_mr_service_td, p->mr_service_td, BYTES(c->mr_service_td));
    check_masked(r, tdx_attributes, p->attributes, c->td_attributes);
    check_masked(r, tdx_xfam, p->xfam, c->xfam);
}

static const struct field fields[] = {
    INTEL_FIELDS(tdx_claims),
    FIELD(tdx_claims, "body_type", FIELD_UINT, body_type),
    FIELD(tdx_claims, "tee_tcb_svn", FIELD_BYTES, tee_tcb_svn),
    FIELD(tdx_claims, "mrseam", FIELD_BYTES, mrseam),
    FIELD(tdx_claims, "mrsignerseam", FIELD_BYTES, mrsignerseam),
    FIELD(tdx_claims, "seam_attributes", FIELD_FLAGS, seam_attributes),
    FIELD(tdx_claims, "td_attributes", FIELD_FLAGS, td_attributes),
    FIELD(tdx_claims, "xfam", FIELD_FLAGS, xfam),
    FIELD(tdx_claims, "mrtd", FIELD_BYTES, mrtd),
    FIELD(tdx_claims, "mr_config_id", FIELD_BYTES, mr_config_id),
    FIELD(tdx_claims, "mr_owner", FIELD_BYTES, mr_owner),
    FIELD(tdx_claims, "mr_owner_config", FIELD_BYTES, mr_owner_config),
    FIELD(tdx_claims, "rtmr", FIELD_REGISTERS, rtmr),
    FIELD(tdx_claims, "report_data", FIELD_BYTES, report_data),
    FIELD(tdx_claims, "tee_tcb_svn_2", FIELD_BYTES, tee_tcb_svn_2),
    FIELD(tdx_claims, "mr_service_td", FIELD_BYTES, mr_service_td),
};

const struct field_table tdx_field_table = {fields, ARRAY_COUNT(fields)};
