/* SPDX-License-Identifier: Apache-2.0 */
/* One status from those of platform, TDX module and quoting enclave [TDX-QUOTE
 * verification, converging], and whether a policy accepts it. Pure. Trusts nothing. */
#ifndef ATTEST_TCB_STATUS_H
#define ATTEST_TCB_STATUS_H

#include "attest/policy.h"

/* `status` lowered by that of a part, module or QE, which is UpToDate, OutOfDate,
 * Revoked or matches no level; TCB_NONE for a part that has none. */
enum tcb_status tcb_status_lower(enum tcb_status status, enum tcb_status part);

/* True for the statuses that ask for another configuration of the platform. */
bool tcb_status_is_configuration(enum tcb_status status);

/* True for OutOfDate and OutOfDateConfigurationNeeded. */
bool tcb_status_is_out_of_date(enum tcb_status status);

/* True when the policy takes evidence of that status at `time`. Revoked, unmatched
 * and unknown never; out of date only before policy->out_of_date_until. */
bool tcb_status_accepted(const struct intel_policy *policy, enum tcb_status status, int64_t time);

#endif
