/* SPDX-License-Identifier: Apache-2.0 */
/* Enarx.toml: what a program gets. Pure: text to struct, never prints. */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include "conf/manifest.h"
#include "conf/toml.h"

#define CONFIG_STREAM_MAX 1024u

struct config {
    struct toml *toml;    /* owns every slice below that is not constant */
    struct bytes steward; /* URL, or empty */
    struct toml_place steward_place;
    struct bytes *args;
    size_t arg_count;
    struct manifest_env *env;
    size_t env_count;
    struct manifest_stream *streams;
    struct toml_place *stream_places; /* one for each stream */
    size_t stream_count;
};

/* Parses Enarx.toml. `steward` and `prot = "tls"` are accepted here; whoever cannot
 * serve them refuses them, with their places. 0, -EBADMSG with `error` filled, or -ENOMEM; on
 * failure `config` is empty. */
must_use int config_parse(struct bytes text, struct config *config, struct toml_error *error);

/* What a program gets without an Enarx.toml, or from an empty one: no
 * arguments, no environment, the three standard streams. 0 or -ENOMEM. */
must_use int config_default(struct config *config);

void config_fini(struct config *config);

/* The text that `enarx config init` writes; parses to config_default's result. */
extern const char config_template[];

#endif
