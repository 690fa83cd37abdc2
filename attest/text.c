/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a result's values, as they stand in the JSON object. Trusts nothing. */
#include "attest/attest.h"

#define NAME_OF(texts, value) texts[(unsigned)(value) < ARRAY_COUNT(texts) ? (value) : 0]

const char *verdict_text(enum verdict verdict)
{
    static const char *const texts[] = {"unverified", "accepted", "refused"};
    return NAME_OF(texts, verdict);
}

const char *signature_text(enum signature signature)
{
    static const char *const texts[] = {"unchecked", "valid", "invalid"};
    return NAME_OF(texts, signature);
}

const char *collateral_text(enum collateral collateral)
{
    static const char *const texts[] = {"missing", "fresh", "expired", "revoked"};
    return NAME_OF(texts, collateral);
}

const char *identity_text(enum identity identity)
{
    static const char *const texts[] = {"any", "named"};
    return NAME_OF(texts, identity);
}

const char *outcome_text(enum outcome outcome)
{
    static const char *const texts[] = {"undecided", "passed", "failed", "undecided"};
    return NAME_OF(texts, outcome);
}
