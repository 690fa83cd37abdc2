/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and verdicts for people. Write errors stay with `out`. */
#ifndef HOST_CLI_ATTEST_TEXT_H
#define HOST_CLI_ATTEST_TEXT_H

#include "attest/attest.h"

#include <stdio.h>

/* Of a statement about a virtual machine. */
#define CLAIMS_UNSIGNED \
    "nothing: nobody has signed it, and the host can read such a machine's memory"

/* A line for each field. 0, or a status after saying why not. */
must_use int claims_print(FILE *out, const struct claims *claims);

/* The verdict of an appraisal at `time`, what is wrong and what to do about it; with every
 * check when `explain`. */
void verdict_print(FILE *out, const struct attest_result *result, int64_t time, bool explain);

#endif
