/* SPDX-License-Identifier: Apache-2.0 */
/* Levels and statuses of one platform; see tcb_evaluate.h. Trusts its callers.
 *
 *     TEE_TCB_SVN   byte 0: ISVSVN of the TDX module, 1: its major version,
 *                   2: late microcode, 3 ..: as tdxtcbcomponents say */
#include "attest/tcb_evaluate.h"

#include "attest/tcb_status.h"

enum { MODULE_ISV_SVN = 0, MODULE_VERSION = 1, LATE_MICROCODE = 2 };

static void evaluate_module(const struct tcb_info *info, const uint8_t *svn,
                            struct tcb_evaluation *e)
{
    e->module = tcb_info_module(info, svn[MODULE_VERSION]);
    if (!e->module || svn[MODULE_VERSION] == 0)
        return;
    e->module_rating = svn_levels_match(&e->module->levels, svn[MODULE_ISV_SVN]);
    e->module_status = e->module_rating ? e->module_rating->status : TCB_NO_MATCHING_LEVEL;
}

/* True when what runs by now, after updates that keep TDs alive, is as new as the
 * newest level wants: TEE_TCB_SVN is what ran when the TD was launched. */
static bool runs_newest(const struct tcb_info *info, const uint8_t *svn)
{
    const struct tdx_module *module = tcb_info_module(info, svn[MODULE_VERSION]);
    const uint8_t *newest = info->levels[0].tdx;

    if (!module || svn[LATE_MICROCODE] < newest[LATE_MICROCODE])
        return false;
    return svn[MODULE_ISV_SVN] >=
           (svn[MODULE_VERSION] == 0 ? newest[MODULE_ISV_SVN] : module->levels.items[0].isv_svn);
}

/* The TD alone is out of date and the platform below it is not: a new launch helps. */
static enum tcb_status relaunch(const struct tcb_info *info, const struct tcb_platform *p,
                                const struct tcb_evaluation *e)
{
    const struct tcb_level *sgx = tcb_info_match(info, p->components, p->pce_svn, NULL);
    enum tcb_status below = sgx ? sgx->rating.status : TCB_NONE;

    if (!p->tee_tcb_svn_2 || below == TCB_NONE || below == TCB_REVOKED ||
        tcb_status_is_out_of_date(below))
        return e->converged;
    if (e->module_status != TCB_OUT_OF_DATE || !tcb_status_is_out_of_date(e->converged) ||
        p->qe_status != TCB_UP_TO_DATE || !runs_newest(info, p->tee_tcb_svn_2))
        return e->converged;
    return tcb_status_is_configuration(below) || tcb_status_is_configuration(e->converged)
               ? TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
               : TCB_TD_RELAUNCH_ADVISED;
}

struct tcb_evaluation tcb_evaluate(const struct tcb_info *info, const struct tcb_platform *platform)
{
    const struct tcb_level *level =
        tcb_info_match(info, platform->components, platform->pce_svn, platform->tee_tcb_svn);
    struct tcb_evaluation e = {
        .platform = level ? &level->rating : NULL,
        .platform_status = level ? level->rating.status : TCB_NO_MATCHING_LEVEL,
    };

    e.converged = e.platform_status;
    if (platform->tee_tcb_svn) {
        evaluate_module(info, platform->tee_tcb_svn, &e);
        e.converged =
            e.module ? tcb_status_lower(e.converged, e.module_status) : TCB_NO_MATCHING_LEVEL;
        e.converged = relaunch(info, platform, &e);
    }
    e.converged = tcb_status_lower(e.converged, platform->qe_status);
    return e;
}
