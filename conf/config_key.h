/* SPDX-License-Identifier: Apache-2.0 */
/* Checked reads from a TOML tree, with messages that name the key. Each answers
 * 0, or -EBADMSG with `error` filled. Lists end with a null. */
#ifndef CONF_CONFIG_KEY_H
#define CONF_CONFIG_KEY_H

#include "conf/toml.h"

/* Every key of `table` is one of `known`. */
must_use int config_keys(const struct toml_value *table, const char *const *known,
                         struct toml_error *error);

must_use int config_type(const struct toml_value *value, enum toml_type type, const char *what,
                         struct toml_error *error);

/* Text without NUL. */
must_use int config_text(const struct toml_value *value, const char *what, struct toml_error *error,
                         struct bytes *text);

/* Text that is one of `choices`. */
must_use int config_choice(const struct toml_value *value, const char *what,
                           const char *const *choices, struct toml_error *error, size_t *index);

#endif
