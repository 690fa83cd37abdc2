/* SPDX-License-Identifier: Apache-2.0 */
/* policy.toml: what a relying party wants of evidence. Pure: text to struct, never prints. */
#ifndef CONF_POLICY_TOML_H
#define CONF_POLICY_TOML_H

#include "attest/policy.h"
#include "conf/toml.h"

#define POLICY_NAMES_MAX  1024u /* entries */
#define POLICY_HOSTS_MAX  32u   /* names in an entry */
#define POLICY_HOSTS_SIZE 2048u /* bytes of them all */

/* An entry of [[names]]: what a steward certifies of whom. */
struct policy_names {
    struct bytes measurement; /* 32 or 48 bytes: MRENCLAVE, MRTD, that of SNP */
    struct bytes workload;    /* 32 bytes */
    struct bytes_list hosts;  /* names of hosts, lower case; none: a certificate without */
};

struct policy_file {
    struct policy policy;             /* its slices live as long as this does */
    const struct policy_names *names; /* no two of the same measurement and workload */
    size_t names_count;
    struct toml *toml;           /* owns the text */
    struct policy_block *blocks; /* own the rest */
};

/* Parses policy.toml; what it does not say is as in policy_default(). 0, -EBADMSG with
 * `error` filled, or -ENOMEM; on failure the policy accepts nothing and holds nothing. */
must_use int policy_toml_parse(struct bytes text, struct policy_file *file,
                               struct toml_error *error);
void policy_toml_fini(struct policy_file *file);

#endif
