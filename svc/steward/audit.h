/* SPDX-License-Identifier: Apache-2.0 */
/* A line of JSON for each decision. It is written before anything is answered: what cannot
 * be recorded is not done. Nobody waits for who reads it. No line holds a secret; a steward
 * knows none but its keys. */
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

struct audit {
    int fd;
    char *line;        /* that is not all there yet; null: none */
    size_t size, done; /* of it */
};

/* Whether something may be written now, be it only to find out what is wrong there. */
bool audit_takes(int fd);

/* Goes on with the line that is not all there. 0 when there is none and another one may be
 * written; -EAGAIN where nobody reads, or -errno. */
must_use int audit_flush(struct audit *audit);

/* To be called when audit_flush said 0. 0 when all of it is written; -EAGAIN: the rest of it
 * comes before the next one; or -errno. */
must_use int audit_put(struct audit *audit, const struct audit_entry *entry);

/* Writes of the last line what is taken at once, and forgets it. */
void audit_close(struct audit *audit);

#endif
