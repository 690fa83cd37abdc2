/* SPDX-License-Identifier: Apache-2.0 */
/* What Enarx.toml says of TLS, in an entry of `files` and of the keep's certificate; for
 * config.c. */
#ifndef CONF_CONFIG_TLS_H
#define CONF_CONFIG_TLS_H

#include "conf/config.h"

/* Reads those keys of a listen or connect stream, whose protocol is known, and that its
 * kind has no others. 0, -EBADMSG with `error` filled, or -ENOMEM. */
must_use int config_tls_parse(const struct toml_value *table, struct manifest_stream *s,
                              struct config_stream *note, struct toml_error *error);

/* Reads `steward` and `certificate`, which belong together, once the streams are known. 0,
 * -EBADMSG with `error` filled, or -ENOMEM. */
must_use int config_certificate_parse(const struct toml_value *root, struct config *c,
                                      struct toml_error *error);

#endif
