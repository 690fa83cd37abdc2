/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind check.h. Trusts nothing. */
#include "attest/check.h"

static const struct check_info table[CHECK_COUNT] = {
    [CHECK_NONE] = {"", "", "", EFFECT_NONE, TRUST_NONE},
#define X(name, item, effect, trust, reason) \
    [CHECK_##name] = {#name, item, reason, EFFECT_##effect, TRUST_##trust},
    CHECKS(X)
#undef X
};

const struct check_info *check_info(enum check_id id)
{
    return &table[(unsigned)id < CHECK_COUNT ? id : CHECK_NONE];
}
