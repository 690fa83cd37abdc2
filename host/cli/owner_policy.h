/* SPDX-License-Identifier: Apache-2.0 */
/* What an owner wants of a keep, as a policy.toml, whether the user wrote one or not:
 * without one, a real TEE that runs the keep of this very build. Functions that return a
 * status have said what is wrong. */
#ifndef HOST_CLI_OWNER_POLICY_H
#define HOST_CLI_OWNER_POLICY_H

#include "conf/policy_toml.h"
#include "host/backend.h"
#include "host/cli/command.h"
#include "host/deploy/keep_record.h"

struct owner_policy {
    struct policy policy;    /* its slices live as long as this does */
    bool insecure;           /* a keep that proves nothing will do */
    struct bytes text;       /* policy.toml; owned, and ends in NUL */
    struct bytes root;       /* PEM, of --allow-simulated; owned, ends in NUL, or empty */
    struct policy_file file; /* the text, understood */
    struct bytes *roots;     /* those of the file, and that one */
};

/* From the options of a line, or from what was remembered. 0 or a status; call
 * owner_policy_fini in any case. */
must_use int owner_policy_read(const struct line *line, struct owner_policy *p);
must_use int owner_policy_recall(const struct keep_record *record, struct owner_policy *p);
void owner_policy_fini(struct owner_policy *p);

/* Null when a keep of that backend may be tried; else why it would be refused, and what
 * the user may do about it. */
const char *owner_policy_against(const struct owner_policy *p, const struct backend *b);

#endif
