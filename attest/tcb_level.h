/* SPDX-License-Identifier: Apache-2.0 */
/* Levels of a TCB: what Intel thinks of a component at a given security version.
 * TCB info and QE identity are lists of them [PCS v4]. Trusts its callers. */
#ifndef ATTEST_TCB_LEVEL_H
#define ATTEST_TCB_LEVEL_H

#include "attest/claims.h"
#include "attest/signed_json.h"

#define ADVISORY_NAMES_MAX 128u /* different ones in one document */
#define SVN_LEVELS_MAX     16u

/* Every advisory that a document names, once. */
struct advisory_names {
    char names[ADVISORY_NAMES_MAX][ADVISORY_SIZE];
    size_t count;
};

struct tcb_rating {
    enum tcb_status status;           /* TCB_NONE: one that is not known */
    int64_t date;                     /* seconds since 1970 */
    uint8_t advisories[ADVISORY_MAX]; /* places in the document's names, in its order */
    size_t advisory_count;
};

/* tcbDate, tcbStatus and, when there, advisoryIDs of one level. */
void tcb_rating_read(struct reader *r, const json_t *level, struct advisory_names *names,
                     struct tcb_rating *rating);

/* Levels that depend on one ISVSVN: of a quoting enclave or a TDX module. */
struct svn_level {
    uint16_t isv_svn;
    struct tcb_rating rating;
};

struct svn_levels {
    struct svn_level items[SVN_LEVELS_MAX]; /* newest first, as in the document */
    size_t count;
};

/* The member tcbLevels of `from`. */
void svn_levels_read(struct reader *r, const json_t *from, struct advisory_names *names,
                     struct svn_levels *levels);

/* The first level that `isv_svn` reaches; null when none. */
const struct tcb_rating *svn_levels_match(const struct svn_levels *levels, uint16_t isv_svn);

/* True when all their statuses are known. */
bool svn_levels_known(const struct svn_levels *levels);

#endif
