/* SPDX-License-Identifier: Apache-2.0 */
/* One value of policy.toml, by its key's type. */
#ifndef CONF_POLICY_VALUE_H
#define CONF_POLICY_VALUE_H

#include "conf/policy_key.h"
#include "conf/policy_toml.h"

/* Reads `value` into its place in file->policy. 0, -EBADMSG with `error` filled, or
 * -ENOMEM. */
must_use int policy_value_read(const struct policy_key *key, const struct toml_value *value,
                               struct policy_file *file, struct toml_error *error);

/* Hexadecimal digits of 1 to 64 bytes, which live as long as `file`. The same. */
must_use int policy_value_hex(const struct toml_value *value, const char *name,
                              struct policy_file *file, struct toml_error *error,
                              struct bytes *out);

#endif
