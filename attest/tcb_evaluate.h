/* SPDX-License-Identifier: Apache-2.0 */
/* A platform held against TCB info: which levels it reaches, and what follows
 * [PCS v4 TCB Info; TDX-QUOTE verification]. Pure. Trusts its callers. */
#ifndef ATTEST_TCB_EVALUATE_H
#define ATTEST_TCB_EVALUATE_H

#include "attest/tcb_info.h"

/* What a platform says of itself. */
struct tcb_platform {
    const uint8_t *components; /* 16, of the PCK certificate */
    uint16_t pce_svn;
    const uint8_t *tee_tcb_svn;   /* 16; null for SGX */
    const uint8_t *tee_tcb_svn_2; /* 16; null but in a TD report 1.5 */
    enum tcb_status qe_status;    /* TCB_NONE when not known */
};

struct tcb_evaluation {
    const struct tcb_rating *platform;      /* null: no level is reached */
    const struct tdx_module *module;        /* null for SGX, and when the module is not listed */
    const struct tcb_rating *module_rating; /* null: none is reached, or version 0 */
    enum tcb_status platform_status;
    enum tcb_status module_status; /* TCB_NONE for version 0, and when not listed */
    enum tcb_status converged;
};

struct tcb_evaluation tcb_evaluate(const struct tcb_info *info,
                                   const struct tcb_platform *platform);

#endif
