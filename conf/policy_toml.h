/* SPDX-License-Identifier: Apache-2.0 */
/* policy.toml: what a relying party wants of evidence. Pure: text to struct, never prints. */
#ifndef CONF_POLICY_TOML_H
#define CONF_POLICY_TOML_H

#include "attest/policy.h"
#include "conf/toml.h"

struct policy_file {
    struct policy policy;        /* its slices live as long as this does */
    struct toml *toml;           /* owns the text */
    struct policy_block *blocks; /* own the rest */
};

/* Parses policy.toml; what it does not say is as in policy_default(). 0, -EBADMSG with
 * `error` filled, or -ENOMEM; on failure the policy accepts nothing and holds nothing. */
must_use int policy_toml_parse(struct bytes text, struct policy_file *file,
                               struct toml_error *error);
void policy_toml_fini(struct policy_file *file);

#endif
