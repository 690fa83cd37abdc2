/* SPDX-License-Identifier: Apache-2.0 */
/* Names and reasons of a steward's checks; see check.h. */
#include "svc/steward/check.h"

static const struct {
    const char *name, *reason;
} checks[STEWARD_CHECK_COUNT] = {[STEWARD_PASSED] = {"", ""},
#define X(name, item, reason) [STEWARD_##name] = {#name, reason},
                                 STEWARD_CHECKS(X)
#undef X
};

const char *steward_check_name(enum steward_check check) { return checks[check].name; }
const char *steward_check_reason(enum steward_check check) { return checks[check].reason; }
