/* SPDX-License-Identifier: Apache-2.0 */
/* The TCB of an Intel platform: TCB info for this kind of platform, the level it
 * reaches, the advisories that apply, and what the policy makes of them. Trusts the
 * certificates of the set as far as endorsement_check() finds nothing wrong. */
#include <errno.h>
#include <string.h>

#include "attest/intel.h"
#include "attest/tcb_evaluate.h"
#include "attest/tcb_status.h"

/* Whatever the policy lists: Intel has ended the platform's servicing life, and
 * calls no result for it positive. */
static const char END_OF_LIFE[] = "INTEL-DOC-10001";

static struct shown show_kind(enum kind kind)
{
    return show_text(kind == KIND_TDX ? "TDX" : kind == KIND_SGX ? "SGX" : "another");
}

/* Whether this TCB info is about this platform. */
static bool check_subject(struct intel *x)
{
    const struct tcb_info *info = x->tcb_info;
    const struct bytes fmspc = BYTES(info->fmspc), pce_id = BYTES(info->pce_id);
    bool right =
        check(x->r, tcb_info_id, info->kind == x->kind, show_kind(x->kind), show_kind(info->kind));

    if (!x->pck_decoded) {
        check_undecided(x->r, tcb_info_fmspc, show_hex(fmspc), show_text("unknown"));
        check_undecided(x->r, tcb_info_pce_id, show_hex(pce_id), show_text("unknown"));
        return false;
    }
    const struct bytes own_fmspc = BYTES(x->claims->fmspc), own_pce_id = BYTES(x->claims->pce_id);

    right &= check(x->r, tcb_info_fmspc, bytes_equal(fmspc, own_fmspc), show_hex(own_fmspc),
                   show_hex(fmspc));
    right &= check(x->r, tcb_info_pce_id, bytes_equal(pce_id, own_pce_id), show_hex(own_pce_id),
                   show_hex(pce_id));
    return right;
}

/* The older of TCB info and QE identity counts against the policy's floor. */
static void check_age(struct intel *x)
{
    const struct tcb_info *info = x->tcb_info;
    const int64_t now = x->in->time;
    uint32_t number = info->evaluation_number;

    if (x->identity && x->identity->evaluation_number < number)
        number = x->identity->evaluation_number;
    check(x->r, tcb_info_validity, info->issued <= now && now <= info->next_update, show_time(now),
          show_time(now < info->issued ? info->issued : info->next_update));
    check_minimum(x->r, tcb_evaluation_number, x->policy->minimum_tcb_evaluation_data_number,
                  number);
    check(x->r, tcb_status_known,
          info->statuses_known && (!x->identity || x->identity->statuses_known), show_text("known"),
          show_text(info->statuses_known ? "known" : "unknown"));
}

/* ---- the TDX module ---- */

static void check_module(struct intel *x, const struct tcb_evaluation *e)
{
    const struct tdx_module *module = e->module;
    const struct bytes version = {&x->tdx->tee_tcb_svn[1], 1};

    if (!check(x->r, tdx_module_identity, module != NULL, show_hex(version),
               module ? show_hex(version) : show_text("none")))
        return;
    if (version.data[0] != 0)
        check(x->r, tdx_module_level, e->module_rating != NULL, show_text("any"),
              show_uint(x->tdx->tee_tcb_svn[0]));
    if (!module)
        return;
    struct cur value = cur_init(BYTES(module->attributes));
    struct cur mask = cur_init(BYTES(module->attributes_mask));
    const struct masked attributes = {.value = cur_le64(&value), .mask = cur_le64(&mask)};

    check_bytes(x->r, tdx_seam_signer, BYTES(module->mrsigner), BYTES(x->tdx->mrsignerseam));
    check_masked(x->r, tdx_seam_attributes, attributes, x->tdx->seam_attributes);
}

/* ---- advisories ---- */

/* Adds what is new of a rating's. False when there is no room. */
static bool add_advisories(struct intel_claims *claims, const struct tcb_rating *rating,
                           const struct advisory_names *names)
{
    for (size_t i = 0; rating && i < rating->advisory_count; i++) {
        const char *name = names->names[rating->advisories[i]];
        size_t at = 0;

        while (at < claims->advisory_count && strcmp(claims->advisories[at], name) != 0)
            at++;
        if (at == ADVISORY_MAX)
            return false;
        memcpy(claims->advisories[at], name, ADVISORY_SIZE);
        if (at == claims->advisory_count)
            claims->advisory_count++;
    }
    return true;
}

static bool collect_advisories(struct intel *x, const struct tcb_evaluation *e)
{
    const struct tcb_rating *qe =
        x->identity ? svn_levels_match(&x->identity->levels, x->qe.isv_svn) : NULL;

    return add_advisories(x->claims, e->platform, &x->tcb_info->names) &&
           add_advisories(x->claims, e->module_rating, &x->tcb_info->names) &&
           (!qe || add_advisories(x->claims, qe, &x->identity->names));
}

static bool is_mitigated(const struct intel_policy *policy, struct bytes name)
{
    for (size_t i = 0; i < policy->advisory_count; i++)
        if (bytes_equal(policy->advisories[i].id, name))
            return true;
    return false;
}

/* Its status rests on software that hardens itself, against what nobody says. */
static bool hardening_unnamed(const struct intel_claims *claims)
{
    return claims->advisory_count == 0 &&
           (claims->platform_status == TCB_SW_HARDENING_NEEDED ||
            claims->platform_status == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED);
}

static void check_advisories(struct intel *x, bool complete)
{
    const char *open = complete ? NULL : "too many", *denied = NULL;

    if (hardening_unnamed(x->claims))
        open = "none is named";
    for (size_t i = 0; i < x->claims->advisory_count; i++) {
        const char *name = x->claims->advisories[i];
        struct bytes text = bytes_of_text(name);

        if (!open && !is_mitigated(x->policy, text))
            open = name;
        if (!denied &&
            (bytes_list_has(x->policy->denied_advisories, text) || strcmp(name, END_OF_LIFE) == 0))
            denied = name;
    }
    check(x->r, tcb_advisories, open == NULL, show_text("mitigated, each one"),
          show_text(open ? open : "mitigated, each one"));
    check(x->r, tcb_advisories_denied, denied == NULL, show_text("none"),
          show_text(denied ? denied : "none"));
}

/* ---- levels and status ---- */

static void check_status(struct intel *x, enum tcb_status status)
{
    const char *text = tcb_status_text(status);

    x->r->tcb_status = status;
    check(x->r, tcb_status, tcb_status_accepted(x->policy, status, x->in->time),
          show_text("accepted by the policy"), show_text(text ? text : "unknown"));
}

static void check_date(struct intel *x, const struct tcb_rating *platform)
{
    const int64_t minimum = x->policy->minimum_tcb_date;

    if (!platform) {
        check_undecided(x->r, tcb_date, minimum == 0 ? show_text("any") : show_time(minimum),
                        show_text("no level"));
        return;
    }
    x->claims->platform_tcb_date = platform->date;
    check(x->r, tcb_date, platform->date >= minimum,
          minimum == 0 ? show_text("any") : show_time(minimum), show_time(platform->date));
}

static void check_levels(struct intel *x)
{
    const bool td_15 = x->tdx && x->tdx->body_type == BODY_TD_15;
    const struct tcb_platform platform = {
        .components = x->claims->tcb_comp,
        .pce_svn = x->claims->cert_pce_svn,
        .tee_tcb_svn = x->tdx ? x->tdx->tee_tcb_svn : NULL,
        .tee_tcb_svn_2 = td_15 ? x->tdx->tee_tcb_svn_2 : NULL,
        .qe_status = x->claims->qe_status,
    };
    const struct tcb_evaluation e = tcb_evaluate(x->tcb_info, &platform);

    x->claims->platform_status = e.platform_status;
    x->claims->module_status = e.module_status;
    check(x->r, tcb_level, e.platform != NULL, show_text("any"),
          show_text(tcb_status_text(e.platform_status) ? tcb_status_text(e.platform_status)
                                                       : "unknown"));
    if (x->tdx)
        check_module(x, &e);
    check_status(x, x->claims->qe_status != TCB_NONE ? e.converged : TCB_NONE);
    check_advisories(x, collect_advisories(x, &e));
    check_date(x, e.platform);
}

static int parse(const struct signed_json *cut, void **parsed)
{
    struct tcb_info *info;
    int rc = tcb_info_parse(cut, &info);

    *parsed = info;
    return rc;
}

int tcb_appraise(struct intel *x)
{
    const struct document document = {
        .sort = CACHED_TCB_INFO,
        .name = "tcbInfo",
        .text = x->in->tcb_info,
        .present = CHECK_tcb_info_present,
        .format = CHECK_tcb_info_format,
        .signature = CHECK_tcb_info_signature,
        .parse = parse,
    };
    const void *parsed;

    if (document_load(x, &document, &parsed) < 0)
        return -ENOMEM;
    x->tcb_info = parsed;
    if (!x->tcb_info) {
        check_undecided(x->r, tcb_status, show_text("accepted by the policy"),
                        show_text("unknown"));
        return 0;
    }
    x->claims->tcb_evaluation_data_number = x->tcb_info->evaluation_number;
    x->claims->tcb_info_issued = x->tcb_info->issued;
    x->claims->tcb_info_next_update = x->tcb_info->next_update;
    check_age(x);
    if (check_subject(x))
        check_levels(x);
    else
        check_undecided(x->r, tcb_status, show_text("accepted by the policy"),
                        show_text("unknown"));
    return 0;
}
