/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as people want to see them, and what a steward states in them
 * (svc/steward/certificate.h). Nothing of it verified. */
#ifndef HOST_CLI_STATEMENT_H
#define HOST_CLI_STATEMENT_H

#include "base/cur.h"

#include <jansson.h>

/* {"subject", "issuer", "not_before", "not_after", "names", "key_sha256", "sha256", and, where
 * a steward has issued it, "statement": {"tee", "measurement", "workload", "evidence_sha256"}}.
 * Control characters are shown as \xNN, and where a text is no UTF-8 bytes above ASCII as '?'. The
 * caller owns it; null when memory is short or it is no certificate. */
json_t *certificate_json(struct bytes der);

#endif
