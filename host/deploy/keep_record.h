/* SPDX-License-Identifier: Apache-2.0 */
/* What an owner remembers of a keep left running, to prove it the same again later:
 * $XDG_STATE_HOME/enarx/keeps/ID.json. Trusts those files, which nobody else can read; the
 * id is a host's word and names nothing else. */
#ifndef HOST_DEPLOY_KEEP_RECORD_H
#define HOST_DEPLOY_KEEP_RECORD_H

#include "conf/evidence_claims.h"
#include "host/fault.h"

#include <jansson.h>

struct keep_record {
    const char *id;
    const char *host; /* "host.example:7443" */
    const char *backend;
    const char *program; /* its file's name */
    uint8_t workload[EVIDENCE_DIGEST_SIZE];
    uint8_t key[EVIDENCE_DIGEST_SIZE]; /* SHA-256 of the keep's key: no other keep is it */
    const char *policy;                /* policy.toml */
    const char *simulated_root;        /* PEM that --allow-simulated named, or null */
    bool insecure;                     /* --allow-insecure */
    const json_t *collateral;          /* names of files, contents in base64: of a simulation, which
                                          publishes none. May be null */

    json_t *owned; /* where the texts of a record that was read lie */
};

/* 0, or with `fault` filled: -EEXIST when there is a keep of that id already, wherever. */
must_use int keep_record_put(const struct keep_record *r, struct fault *fault);

/* 0, or with `fault` filled: -ENOENT when nothing is known of it. */
must_use int keep_record_get(const char *id, struct keep_record *r, struct fault *fault);
void keep_record_fini(struct keep_record *r);

/* The keep is gone. */
void keep_record_drop(const char *id);

#endif
