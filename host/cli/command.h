/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one table of commands, options and arguments, and its
 * parser. Help, manual page and shell completion are made from the same table.
 * Pure: never prints. Trusts nothing that a user types. */
#ifndef HOST_CLI_COMMAND_H
#define HOST_CLI_COMMAND_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- the table ---- */

enum command_id {
    COMMAND_GROUP, /* only holds other commands */
    COMMAND_RUN,
    COMMAND_PLATFORM_INFO,
    COMMAND_CONFIG_INIT,
    COMMAND_CONFIG_CHECK,
    COMMAND_CACHE,
    COMMAND_ATTEST_SHOW,
    COMMAND_ATTEST_VERIFY,
    COMMAND_ATTEST_FETCH,
    COMMAND_ATTEST_EVIDENCE,
    COMMAND_MEASURE,
    COMMAND_KEY_SGX_CREATE,
    COMMAND_KEY_SGX_DIGEST,
    COMMAND_SIGN,
    COMMAND_HOST,
    COMMAND_DEPLOY,
    COMMAND_KEEP_LIST,
    COMMAND_KEEP_INSPECT,
    COMMAND_KEEP_ATTACH,
    COMMAND_KEEP_LOGS,
    COMMAND_KEEP_STOP,
    COMMAND_STEWARD,
    COMMAND_ATTEST_CONNECT,
};

enum option_id {
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_BACKEND,
    OPTION_CONFIG,
    OPTION_ENV,
    OPTION_SECRET,
    OPTION_DIR,
    OPTION_DIR_OUT,
    OPTION_COMPILER,
    OPTION_MAX_MEMORY,
    OPTION_MAX_ENCLAVE_MEMORY,
    OPTION_TIMEOUT,
    OPTION_QUIET,
    OPTION_JSON,
    OPTION_STATS,
    OPTION_CLEAR,
    OPTION_POLICY,
    OPTION_COLLATERAL,
    OPTION_AT,
    OPTION_NONCE,
    OPTION_REPORT_DATA,
    OPTION_EXPLAIN,
    OPTION_OUTPUT,
    OPTION_KDS,
    OPTION_PCS,
    OPTION_CA_BUNDLE,
    OPTION_REFRESH,
    OPTION_OFFLINE,
    OPTION_SIGNATURES,
    OPTION_UNSIGNED,
    OPTION_KEY,
    OPTION_SGX_KEY,
    OPTION_OUT,
    OPTION_LISTEN,
    OPTION_DEV,
    OPTION_CERT,
    OPTION_TOKENS,
    OPTION_CLIENT_CA,
    OPTION_STATE_DIR,
    OPTION_BACKENDS,
    OPTION_MAX_KEEPS,
    OPTION_MAX_KEEPS_PER_OWNER,
    OPTION_MAX_UPLOAD,
    OPTION_MAX_CPU,
    OPTION_MAX_LIFETIME,
    OPTION_UNCLAIMED,
    OPTION_IDLE,
    OPTION_DRAIN,
    OPTION_UID_RANGE,
    OPTION_METRICS_OPEN,
    OPTION_ALLOW_LISTEN,
    OPTION_ALLOW_CONNECT,
    OPTION_HOST,
    OPTION_DETACH,
    OPTION_ALLOW_SIMULATED,
    OPTION_ALLOW_INSECURE,
    OPTION_TOKEN_FILE,
    OPTION_CLIENT_CERT,
    OPTION_CLIENT_KEY,
    OPTION_AGENT_CA,
    OPTION_VERBOSE,
    OPTION_FOLLOW,
    OPTION_NONCE_KEY,
    OPTION_LIFETIME,
    OPTION_RATE,
    OPTION_LEGACY,
    OPTION_TLS_CERT,
    OPTION_TLS_KEY,
    OPTION_ALPN,
    OPTION_SERVER_NAME,
};

/* What a shell offers in this place. */
enum offer { OFFER_NOTHING, OFFER_FILES, OFFER_FOLDERS };

struct option {
    enum option_id id;
    const char *name;           /* "--backend" */
    const char *alias;          /* another spelling, or null */
    const char *value;          /* what help calls its value; null: it takes none */
    const char *const *choices; /* the only values, ended by null; null: any */
    enum offer offer;
    const char *variable; /* environment variable that stands in for it, or null */
    const char *help;     /* sentences */
};

struct argument {
    const char *name;
    const char *help; /* sentences */
    enum offer offer;
    bool optional; /* may be missing, as a rest may */
    bool rest;     /* any number of them; options end at the first argument of all */
};

struct command {
    enum command_id id;
    const char *name;
    const char *summary; /* a sentence without its full stop */
    const char *details; /* sentences, or null */
    const struct option *options;
    size_t option_count;
    const struct argument *arguments;
    size_t argument_count;
    const struct command *commands;
    size_t command_count;
};

extern const struct command command_root;

/* What else is in the manual: names and sentences. */
struct entry {
    const char *name;
    const char *text;
};

extern const struct entry command_statuses[]; /* ended by a null name */
extern const struct entry command_variables[];
extern const struct entry command_files[];
extern const struct entry command_examples[];

/* ---- one command line ---- */

/* A value and where it came from: "--backend" or "ENARX_BACKEND". */
struct setting {
    const struct option *option;
    const char *from;
    const char *value; /* null when the option takes none */
};

enum asked { ASKED_RUN, ASKED_HELP, ASKED_VERSION };

struct line {
    enum asked asked;
    const struct command *command; /* the deepest one named, even on failure */
    char path[64];                 /* its name in full: "enarx platform info" */
    struct setting *settings;      /* the environment's first, then in the order typed */
    size_t setting_count;
    char **args; /* the command's arguments, borrowed from argv */
    size_t arg_count;
    char error[256]; /* what is wrong and what to do, as one line */
};

/* Parses argv[1] on; "help COMMAND" asks for what "COMMAND --help" does. 0,
 * -EINVAL with `error` filled, or -ENOMEM. Call line_fini in any case. */
must_use int line_parse(int argc, char **argv, struct line *line);
void line_fini(struct line *line);

/* "nil, kvm", from a list ended by null; cut where it does not fit. */
void choices_join(const char *const *choices, char *text, size_t size);

/* The last setting of an option, or null; and its value alone. */
const struct setting *line_setting(const struct line *line, enum option_id id);
const char *line_value(const struct line *line, enum option_id id);
bool line_has(const struct line *line, enum option_id id);

#endif
