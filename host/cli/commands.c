/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands; see command.h. What stands here is the parser's rules,
 * the help, the manual page and the shell completion at once. */
#include "host/cli/command.h"

#include "host/backend_list.h"
#include "host/cli/command_rows.h"
#include "host/cli/commands_attest.h"
#include "host/cli/commands_deploy.h"
#include "host/cli/commands_host.h"
#include "host/cli/commands_key.h"
#include "host/cli/commands_steward.h"
#include "host/sgx/signatures.h"

#define NAME(ident, name) name,
const char *const backend_names[] = {BACKEND_LIST(NAME) NULL};
#undef NAME
const char *const compiler_names[] = {"cranelift", "winch", NULL};

static const struct option only_help[] = {HELP_OPTION};

/* ---- run ---- */

static const struct option run_options[] = {
    {
        .id = OPTION_BACKEND,
        .name = "--backend",
        .value = "NAME",
        .choices = backend_names,
        .variable = "ENARX_BACKEND",
        .help = "The kind of keep to run in. Default: the first that works on this machine, in the "
                "order of 'enarx platform info'; simulations are never chosen.",
    },
    WORKLOAD_OPTIONS,
    SIGNATURES_OPTION("For SGX enclaves: signatures of this build by whoever answers for "
                      "it. Default: " SIGNATURES_FILE
                      " if it exists, else your own key signs, made on "
                      "first use."),
    {
        .id = OPTION_UNSIGNED,
        .name = "--unsigned",
        .help = "Ignores " SIGNATURES_FILE ": your own key signs.",
    },
    QUIET_OPTION("Leaves out remarks, such as that a keep is not confidential. "
                 "Warnings and errors remain."),
    JSON_OPTION("Reports the outcome as one JSON object on the last line of "
                "standard error: ending is exit, trap, failed, signal or timeout; "
                "status is the exit status."),
    {
        .id = OPTION_STATS,
        .name = "--stats",
        .help = "Reports at the end how often the keep was entered and left and how "
                "its memory was used, as far as its backend counts that.",
    },
    HELP_OPTION,
};

static const struct argument run_arguments[] = {
    {
        .name = "APP.wasm",
        .help = "The program: a WebAssembly module that uses WASI preview 1.",
        .offer = OFFER_FILES,
    },
    REST_ARGUMENT,
};

/* ---- platform, config, cache ---- */

static const struct option info_options[] = {
    JSON_OPTION("Prints one JSON object."),
    HELP_OPTION,
};

static const struct command platform_commands[] = {
    {
        .id = COMMAND_PLATFORM_INFO,
        .name = "info",
        .summary = "Shows which keeps this machine can run, and why",
        OPTIONS(info_options),
    },
};

static const struct argument check_arguments[] = {
    {.name = "FILE", .help = "The Enarx.toml to check.", .offer = OFFER_FILES},
};

static const struct command config_commands[] = {
    {
        .id = COMMAND_CONFIG_INIT,
        .name = "init",
        .summary = "Writes an Enarx.toml to start from",
        .details = "The file is written to the current folder. An existing one is left "
                   "alone.",
        OPTIONS(only_help),
    },
    {
        .id = COMMAND_CONFIG_CHECK,
        .name = "check",
        .summary = "Says whether an Enarx.toml is correct",
        OPTIONS(only_help),
        ARGUMENTS(check_arguments),
    },
};

static const struct option cache_options[] = {
    {.id = OPTION_CLEAR, .name = "--clear", .help = "Empties it."},
    HELP_OPTION,
};

/* ---- enarx ---- */

static const struct option root_options[] = {
    {.id = OPTION_VERSION, .name = "--version", .alias = "-V", .help = "Shows the version."},
    HELP_OPTION,
};

static const struct command root_commands[] = {
    {
        .id = COMMAND_RUN,
        .name = "run",
        .summary = "Runs a WebAssembly program in a keep",
        .details = "Options end at APP.wasm: what follows goes to the program.",
        OPTIONS(run_options),
        ARGUMENTS(run_arguments),
    },
    {
        .id = COMMAND_DEPLOY,
        .name = "deploy",
        .summary = "Runs a WebAssembly program in a keep on a host that need not be trusted",
        .details = "The keep proves what it is before anything is sent to it. Only "
                   "that keep and you can read what is sent and what the program "
                   "writes. Options end at APP.wasm: what follows goes to the program.",
        OPTIONS(deploy_options),
        ARGUMENTS(run_arguments),
    },
    {
        .name = "keep",
        .summary = "Manages programs left running with 'enarx deploy --detach'",
        OPTIONS(only_help),
        COMMANDS(keep_commands),
    },
    {
        .id = COMMAND_HOST,
        .name = "host",
        .summary = "Offers keeps on this machine to those who deploy",
        .details = "Serves until SIGTERM, and logs to standard error where it listens "
                   "and who asked for what. It cannot see what runs in a genuine keep.",
        OPTIONS(host_options),
    },
    {
        .id = COMMAND_STEWARD,
        .name = "steward",
        .summary = "Issues certificates to keeps that prove what they are",
        .details = "Serves until SIGTERM: POST / takes a certificate request with "
                   "evidence in it, GET /nonce returns the nonce that the evidence "
                   "must contain. Writes each decision to standard output as a line of "
                   "JSON.",
        OPTIONS(steward_options),
    },
    {
        .name = "platform",
        .summary = "Shows what this machine can do",
        OPTIONS(only_help),
        COMMANDS(platform_commands),
    },
    {
        .name = "attest",
        .summary = "Makes and verifies evidence of what a machine runs",
        OPTIONS(only_help),
        COMMANDS(attest_commands),
    },
    {
        .id = COMMAND_MEASURE,
        .name = "measure",
        .summary = "Shows the measurement of this build's keeps, and workload digests",
        .details = "Starts nothing and needs no special hardware. A policy names the "
                   "measurement or the signer, and may name the workload. Options end "
                   "at APP.wasm.",
        OPTIONS(measure_options),
        ARGUMENTS(measure_arguments),
    },
    {
        .name = "key",
        .summary = "Makes and shows keys that sign builds",
        OPTIONS(only_help),
        COMMANDS(key_commands),
    },
    {
        .id = COMMAND_SIGN,
        .name = "sign",
        .summary = "Signs the keeps of this build",
        .details = "The result is for 'enarx run --signatures' of the same build only.",
        OPTIONS(sign_options),
    },
    {
        .name = "config",
        .summary = "Writes and checks Enarx.toml",
        OPTIONS(only_help),
        COMMANDS(config_commands),
    },
    {
        .id = COMMAND_CACHE,
        .name = "cache",
        .summary = "Shows the cache of compiled code",
        .details = "Later runs of a program take its machine code from there.",
        OPTIONS(cache_options),
    },
};

const struct command command_root = {
    .name = "enarx",
    .summary = "Runs WebAssembly programs in keeps, on hosts that need not be trusted",
    OPTIONS(root_options),
    COMMANDS(root_commands),
};

/* ---- the rest of the manual ---- */

const struct entry command_statuses[] = {
    {"0 to 255", "What the program itself returned."},
    {"1", "The program could not be started, its keep stopped, or a "
          "deployment's session was cut short; a message says why."},
    {"2", "The command line is wrong."},
    {"3", "The evidence was refused. For a deployment, nothing was sent."},
    {"124", "The program ran longer than --timeout allows."},
    {"134", "The program trapped: its WebAssembly backtrace is on standard error."},
    {"128+N", "The program was ended by signal N."},
    {NULL, NULL},
};

const struct entry command_variables[] = {
    {"ENARX_LOG", "What to say on standard error: off, error, warn, info or debug. Default: info."},
    {"SSL_CERT_FILE",
     "The authorities that a TLS connection of a program trusts where Enarx.toml names none. "
     "Default: the system's."},
    {"https_proxy, no_proxy", "The proxy to reach hosts and manufacturers by, as for curl."},
    {"XDG_CACHE_HOME",
     "Where the caches of compiled code and of collateral are. Default: ~/.cache."},
    {"XDG_STATE_HOME", "Where the keys are, see FILES. Default: ~/.local/state."},
    {NULL, NULL},
};

const struct entry command_files[] = {
    {"Enarx.toml", "What a program gets; 'enarx config init' writes one that explains itself."},
    {SIGNATURES_FILE, "The signatures of this build, as 'enarx sign' makes them."},
    {"policy.toml", "What evidence to accept; every key stands in docs/policy.md."},
    {"$XDG_STATE_HOME/enarx/cache.key",
     "Authenticates the cache of compiled code, where the processor has no key for it. Made on "
     "first use, as the next ones are."},
    {"$XDG_STATE_HOME/enarx/sgx.key",
     "Signs enclaves; beside it what it has signed, sgx-MRENCLAVE.sig."},
    {"$XDG_STATE_HOME/enarx/host", "The certificate that 'enarx host --dev' shows, and its key."},
    {"$XDG_STATE_HOME/enarx/owner.key",
     "Gets you back to programs left running. Beside it, in keeps, is "
     "what is remembered of each: its host, what it runs, and the policy "
     "it has to meet."},
    {"$XDG_STATE_HOME/enarx/steward", "The authority of 'enarx steward --dev'."},
    {"$XDG_STATE_HOME/enarx/sim",
     "The secret of the simulated processor, and the root of simulated "
     "evidence with everything below it. Worth nothing to anybody else."},
    {NULL, NULL},
};

const struct entry command_examples[] = {
    {"enarx run hello.wasm", "Runs a program."},
    {"enarx run --dir ./data::/data:ro --timeout 30s app.wasm /data/input",
     "Runs one that reads a folder, for half a minute at most."},
    {"enarx run --config Enarx.toml server.wasm", "Runs one that listens where Enarx.toml says."},
    {"enarx attest fetch -o collateral quote.bin",
     "Fetches what it takes to verify a quote, once for each machine."},
    {"enarx attest verify --collateral collateral quote.bin", "Verifies it."},
    {"enarx platform info", "Shows what the machine can do."},
    {"enarx measure", "Shows the measurement that a policy has to name."},
    {"enarx run --backend sgx-sim hello.wasm",
     "Runs a program in the SGX keep, on a software model of the "
     "processor."},
    {"enarx host --dev", "Offers keeps to programs on this machine."},
    {"enarx deploy --to host.example --secret API_KEY app.wasm",
     "Runs a program on somebody else's machine, in a keep that has "
     "proved itself."},
    {"enarx keep attach ID", "Reconnects to one that was left running with --detach."},
    {"enarx attest connect --policy policy.toml example.org:443",
     "Shows what runs behind a server's certificate."},
    {"enarx steward --dev --policy policy.toml", "Tries out a steward on this machine."},
    {"enarx attest evidence --backend sgx-sim -o ev",
     "Shows what such a keep would prove to others."},
    {NULL, NULL},
};
