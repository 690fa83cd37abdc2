/* SPDX-License-Identifier: Apache-2.0 */
/* [[names]] of policy.toml. */
#ifndef CONF_POLICY_NAMES_H
#define CONF_POLICY_NAMES_H

#include "conf/policy_toml.h"

/* Reads `value`, null when there is none, into file->names. 0, -EBADMSG with `error`
 * filled, or -ENOMEM. */
must_use int policy_names_read(const struct toml_value *value, struct policy_file *file,
                               struct toml_error *error);

#endif
