/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets' part of a plan: their names and places go into the manifest, their values
 * beside it. Trusts its parts to have been checked. */
#ifndef HOST_CLI_PLAN_SECRETS_H
#define HOST_CLI_PLAN_SECRETS_H

#include "conf/manifest.h"
#include "host/cli/request.h"

/* The arrays that a manifest with secrets has in place of those of others. */
struct plan_secrets {
    struct bytes *names;         /* variables, then files */
    struct manifest_dir *dirs;   /* null: as they were */
    struct manifest_file *files; /* null: as they were */
};

/* Adds the secrets of `r` to `m`, whose files are a tree's. Their order is kept, what is new
 * comes last: directories above secret files, and one of them preopened, read-only, where
 * the program would find no way to a file. Paths borrow from `r`. 0, or a status after
 * saying what is wrong; call plan_secrets_fini in any case, after the last use of `m`. */
must_use int plan_secrets_add(const struct request *r, struct manifest *m,
                              struct plan_secrets *own);
void plan_secrets_fini(struct plan_secrets *own);

/* True for the name of a secret variable. */
bool plan_secrets_has_env(const struct request *r, struct bytes name);

/* The values for the manifest `m` of `r`, as conf/secrets.h has them. 0, or a status after
 * saying what is wrong; wiped and freed by plan_secrets_forget in any case. */
must_use int plan_secrets_values(const struct request *r, const struct manifest *m,
                                 struct bytes *out);
void plan_secrets_forget(struct bytes *values);

#endif
