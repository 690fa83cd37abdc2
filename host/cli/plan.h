/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest that a request, an Enarx.toml and the folders copied in amount
 * to. Where they disagree the command line wins: its arguments replace those of
 * the file, and its variables, secret or not, replace the file's of the same name. */
#ifndef HOST_CLI_PLAN_H
#define HOST_CLI_PLAN_H

#include "conf/config.h"
#include "host/cli/request.h"

#define PLAN_FILES_SIZE_MAX (4ull << 30) /* most bytes of all files in a keep */

struct plan {
    struct bytes manifest; /* CBOR */
    struct bytes secrets;  /* the values it does not have (conf/secrets.h); wiped in the end */
    uint8_t module_digest[DIGEST_SIZE];
    uint8_t workload_digest[DIGEST_SIZE];
};

/* 0, or a status after saying what is wrong; call plan_fini in any case. */
must_use int plan_make(const struct request *r, const struct config *c, const struct tree *t,
                       struct bytes module, struct plan *plan);
void plan_fini(struct plan *plan);

#endif
