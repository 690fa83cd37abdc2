/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info: the levels of a kind of platform, versions 2 and 3 [PCS v4, Get TCB
 * Info]. Trusts nothing; the signature is verified before anything is parsed. */
#ifndef ATTEST_TCB_INFO_H
#define ATTEST_TCB_INFO_H

#include "attest/tcb_level.h"

#define TCB_COMPONENTS  16u
#define TCB_LEVELS_MAX  64u
#define TDX_MODULES_MAX 8u

struct tcb_level {
    uint8_t sgx[TCB_COMPONENTS];
    uint8_t tdx[TCB_COMPONENTS]; /* TDX only, else 0 */
    uint16_t pce_svn;
    struct tcb_rating rating;
};

/* A major version of the TDX module. Version 0 is `tdxModule`, without levels. */
struct tdx_module {
    uint8_t version;
    uint8_t mrsigner[48];
    uint8_t attributes[8];
    uint8_t attributes_mask[8];
    struct svn_levels levels;
};

struct tcb_info {
    enum kind kind; /* KIND_SGX or KIND_TDX; KIND_UNKNOWN for any other id */
    uint32_t version;
    int64_t issued; /* seconds since 1970 */
    int64_t next_update;
    uint8_t fmspc[6];
    uint8_t pce_id[2];
    uint32_t evaluation_number;
    bool statuses_known;                     /* of all levels */
    struct tcb_level levels[TCB_LEVELS_MAX]; /* newest first, as in the document */
    size_t level_count;
    struct tdx_module modules[1 + TDX_MODULES_MAX]; /* the first is version 0 */
    size_t module_count;
    struct advisory_names names;
};

/* 0; -EBADMSG when the object is not the JSON of TCB info or has a version that
 * is not known; -ENOMEM. Free with free(). */
must_use int tcb_info_parse(const struct signed_json *cut, struct tcb_info **info);

/* The first level that a platform reaches: all 16 components and the PCESVN of its
 * PCK certificate, and for TDX the 16 of TEE_TCB_SVN; `tee_tcb_svn` is null for
 * SGX. Components 0 and 1 of TEE_TCB_SVN count only when 1 is 0: else they are
 * the module's own, see below. Null when no level is reached. */
const struct tcb_level *tcb_info_match(const struct tcb_info *info, const uint8_t sgx[static 16],
                                       uint16_t pce_svn, const uint8_t *tee_tcb_svn);

/* The module of that major version, TEE_TCB_SVN[1]; null when it is not listed. */
const struct tdx_module *tcb_info_module(const struct tcb_info *info, uint8_t version);

#endif
