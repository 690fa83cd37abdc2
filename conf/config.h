/* SPDX-License-Identifier: Apache-2.0 */
/* Enarx.toml: what a program gets. Pure: text to struct, never prints. */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include "conf/manifest.h"
#include "conf/toml.h"

#define CONFIG_STREAM_MAX 1024u

/* A file that Enarx.toml names: its path is relative to where that lies. */
struct config_path {
    struct bytes path; /* empty: none */
    struct toml_place place;
};

/* What Enarx.toml says of a stream beside what a manifest does. */
struct config_stream {
    struct toml_place place;
    struct config_path ca;     /* of VERIFY_CA; a listener has one, others the system's without */
    struct config_path policy; /* of VERIFY_ATTESTED */
    bool insecure;             /* PROTOCOL_TCP, and meant */
    uint8_t *alpn;             /* owned: what the manifest's borrows */
};

struct config {
    struct toml *toml;                 /* owns every slice below that is not constant */
    struct bytes steward;              /* as in a manifest */
    struct config_path certificate_ca; /* what its certificates have to lead to */
    struct bytes *args;
    size_t arg_count;
    struct manifest_env *env;
    size_t env_count;
    struct manifest_stream *streams;
    struct config_stream *notes; /* one for each stream */
    size_t stream_count;
    struct bytes *cert_names;
    size_t cert_name_count;

    /* What the streams trust, as in a manifest. Who can read files puts it there, and sets
     * each stream's tls.trust and steward_ca; arrays and contents are freed here. */
    struct bytes *cas;
    size_t ca_count;
    size_t steward_ca;
    struct bytes *policies;
    size_t policy_count;
};

/* Parses Enarx.toml. 0, -EBADMSG with `error` filled, or -ENOMEM; on failure `config` is
 * empty. */
must_use int config_parse(struct bytes text, struct config *config, struct toml_error *error);

/* What a program gets without an Enarx.toml, or from an empty one: no
 * arguments, no environment, the three standard streams. 0 or -ENOMEM. */
must_use int config_default(struct config *config);

void config_fini(struct config *config);

/* The text that `enarx config init` writes; parses to config_default's result. */
extern const char config_template[];

#endif
