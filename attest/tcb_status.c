/* SPDX-License-Identifier: Apache-2.0 */
/* Statuses put together; see tcb_status.h. Trusts nothing. */
#include "attest/tcb_status.h"

bool tcb_status_is_configuration(enum tcb_status status)
{
    return status == TCB_CONFIGURATION_NEEDED ||
           status == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED ||
           status == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED ||
           status == TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
}

bool tcb_status_is_out_of_date(enum tcb_status status)
{
    return status == TCB_OUT_OF_DATE || status == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

enum tcb_status tcb_status_lower(enum tcb_status status, enum tcb_status part)
{
    if (status == TCB_NONE || status == TCB_NO_MATCHING_LEVEL || status == TCB_REVOKED)
        return status;
    switch (part) {
    case TCB_NONE:
    case TCB_UP_TO_DATE:
        return status;
    case TCB_OUT_OF_DATE:
        return tcb_status_is_configuration(status) ? TCB_OUT_OF_DATE_CONFIGURATION_NEEDED
                                                   : TCB_OUT_OF_DATE;
    case TCB_REVOKED:
        return TCB_REVOKED;
    default:
        return TCB_NO_MATCHING_LEVEL;
    }
}

bool tcb_status_accepted(const struct intel_policy *policy, enum tcb_status status, int64_t time)
{
    if (tcb_status_is_out_of_date(status))
        return time < policy->out_of_date_until;
    if (status == TCB_NONE || status == TCB_REVOKED || status == TCB_NO_MATCHING_LEVEL)
        return false;
    return (policy->statuses & TCB_BIT(status)) != 0;
}
