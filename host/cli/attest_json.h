/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and verdicts as JSON. The caller owns what is returned; null when memory is
 * short. */
#ifndef HOST_CLI_ATTEST_JSON_H
#define HOST_CLI_ATTEST_JSON_H

#include "attest/attest.h"

#include <jansson.h>

/* One field of claims_fields(), by its type. */
json_t *claim_json(const struct field *field, const void *base);

/* Every field; empty when nothing was decoded. */
json_t *claims_json(const struct claims *claims);

/* The vector. */
json_t *ear_json(const struct ar4si *vector);

/* What made it accepted: "evidence", or "simulated_roots" of the policy, under which it proves
 * nothing. Null when it was not accepted. */
const char *accepted_by(const struct attest_result *result);

/* The whole verdict of an appraisal at `time`; with every check when `explain`. */
json_t *verdict_json(const struct attest_result *result, int64_t time, bool explain);

#endif
