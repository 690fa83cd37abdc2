/* SPDX-License-Identifier: Apache-2.0 */
/* A line of JSON for each decision. It is written before anything is answered: what cannot
 * be recorded is not done. No line holds a secret; a steward knows none but its keys. */
#ifndef SVC_STEWARD_AUDIT_H
#define SVC_STEWARD_AUDIT_H

#include "svc/steward/decision.h"

struct audit_entry {
    int64_t time;
    const char *from;
    const struct decision *decision;
    const struct policy_file *policy;
    struct bytes cert; /* DER, when one was issued */
};

/* 0, or -errno when it could not be written to `fd`. */
must_use int audit_put(int fd, const struct audit_entry *entry);

#endif
