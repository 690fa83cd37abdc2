/* SPDX-License-Identifier: Apache-2.0 */
/* What a user may write into policy.toml to accept what was refused. Pure. */
#ifndef HOST_CLI_ATTEST_HINT_H
#define HOST_CLI_ATTEST_HINT_H

#include "attest/attest.h"

struct attest_hint {
    char section[8];    /* "snp", or "" for the top */
    char line[512];     /* the exact line */
    const char *weaker; /* what it gives up: sentences */
};

/* The line that makes `check` of `result` pass, for an appraisal at `time`. False when
 * none does: what is forged, broken or bound to something else stays refused. */
bool attest_hint(const struct attest_result *result, int64_t time, const struct check *check,
                 struct attest_hint *hint);

#endif
