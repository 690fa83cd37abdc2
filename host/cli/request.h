/* SPDX-License-Identifier: Apache-2.0 */
/* What a user asks of `enarx run` or `enarx deploy`: the command line, understood. Trusts nothing
 * in it. */
#ifndef HOST_CLI_REQUEST_H
#define HOST_CLI_REQUEST_H

#include "conf/manifest.h"
#include "host/cli/command.h"
#include "host/tree.h"

/* `--secret`: a variable or a file of the program whose value the manifest does not have. */
struct request_secret {
    struct bytes name;  /* of the variable, or the file's path in the keep, normalised */
    struct bytes value; /* our own copy, wiped by request_fini */
};

struct request {
    const char *backend; /* a known name; null: choose */
    const char *config;  /* Enarx.toml, or null */
    const char *module;
    char **args; /* of the program, argv[0] not among them */
    size_t arg_count;
    struct manifest_env *env; /* in the order given, a name more than once perhaps */
    size_t env_count;
    struct request_secret *secrets; /* variables, then files, each in the order given; a name
                                       more than once perhaps */
    size_t secret_count;
    size_t secret_env_count; /* how many of them are variables */
    struct tree_dir *dirs;
    size_t dir_count;
    enum compiler compiler;
    uint64_t memory_size;
    uint64_t timeout_ms;    /* 0: none */
    const char *timeout;    /* as given */
    const char *signatures; /* a file, or null */
    bool own_signature;
    bool quiet;
    bool json;
    bool stats;
    char **texts; /* what dirs and names of secret files point into */
    size_t text_count;
};

/* Borrows from `line`. 0, or a status after saying what is wrong; call
 * request_fini in any case. */
must_use int request_read(const struct line *line, struct request *r);
void request_fini(struct request *r);

#endif
