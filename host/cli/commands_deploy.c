/* SPDX-License-Identifier: Apache-2.0 */
/* The options of deployments; see commands_deploy.h. */
#include "host/cli/commands_deploy.h"

#include "host/cli/command_rows.h"

/* How to get at a host. */
#define LOGIN_OPTIONS                                                                       \
    {                                                                                       \
        .id = OPTION_TOKEN_FILE,                                                            \
        .name = "--token-file",                                                             \
        .value = "FILE",                                                                    \
        .offer = OFFER_FILES,                                                               \
        .variable = "ENARX_TOKEN_FILE",                                                     \
        .help = "A file, closed to others, with the token that the host knows you "         \
                "by. The host's certificate must then be valid.",                           \
    },                                                                                      \
        {                                                                                   \
            .id = OPTION_CLIENT_CERT,                                                       \
            .name = "--client-cert",                                                        \
            .value = "FILE",                                                                \
            .offer = OFFER_FILES,                                                           \
            .help = "The certificate, in PEM, that the host knows you by. The host's "      \
                    "own must then be valid.",                                              \
        },                                                                                  \
        {                                                                                   \
            .id = OPTION_CLIENT_KEY,                                                        \
            .name = "--client-key",                                                         \
            .value = "FILE",                                                                \
            .offer = OFFER_FILES,                                                           \
            .help = "Its private key, in PEM.",                                             \
        },                                                                                  \
    {                                                                                       \
        .id = OPTION_AGENT_CA, .name = "--agent-ca", .value = "FILE", .offer = OFFER_FILES, \
        .help = "CAs, in PEM, for the host's certificate, in place of the system's. "       \
                "Without this option, a token or a certificate of yours, any "              \
                "certificate is accepted: what counts is what the keep proves.",            \
    }
#define VERBOSE_OPTION                                                              \
    {                                                                               \
        .id = OPTION_VERBOSE, .name = "--verbose", .alias = "-v",                   \
        .help = "Says what is done, and shows the steps even where standard error " \
                "is no terminal.",                                                  \
    }
#define COLLATERAL_DIR_OPTION                                                                    \
    {                                                                                            \
        .id = OPTION_COLLATERAL, .name = "--collateral", .value = "DIR", .offer = OFFER_FOLDERS, \
        .help = "A folder with what the manufacturer publishes about the machine, as 'enarx "    \
                "attest fetch' writes it. Default: what the host has of it, and the "            \
                "manufacturer's service.",                                                       \
    }

const struct option deploy_options[DEPLOY_OPTION_COUNT] = {
    {
        .id = OPTION_HOST,
        .name = "--to",
        .value = "HOST[:PORT]",
        .variable = "ENARX_HOST",
        .help = "The machine that runs 'enarx host', at port 7443 unless another is "
                "named. Required.",
    },
    {
        .id = OPTION_BACKEND,
        .name = "--backend",
        .value = "NAME",
        .choices = backend_names,
        .help = "The kind of keep. Default: the first that the host offers and the "
                "policy can accept.",
    },
    {
        .id = OPTION_POLICY,
        .name = "--policy",
        .value = "FILE",
        .offer = OFFER_FILES,
        .variable = "ENARX_POLICY",
        .help = "The policy.toml that the keep has to meet; it must name a "
                "measurement or a signer. Default: genuine hardware, up to date, "
                "not debuggable, and a keep of this very build, as 'enarx measure' "
                "shows it.",
    },
    WORKLOAD_OPTIONS,
    SECRET_OPTION,
    {
        .id = OPTION_DETACH,
        .name = "--detach",
        .alias = "-d",
        .help = "Leaves the program running and prints the keep's id, for 'enarx keep'.",
    },
    {
        .id = OPTION_ALLOW_SIMULATED,
        .name = "--allow-simulated",
        .value = "ROOT.pem",
        .offer = OFFER_FILES,
        .help = "Also accepts evidence that leads to this root. Whoever has its key "
                "can make any evidence: only for trying things out.",
    },
    {
        .id = OPTION_ALLOW_INSECURE,
        .name = "--allow-insecure",
        .help = "Also accepts keeps that prove nothing, whose host can read and "
                "change everything: only for trying things out.",
    },
    LOGIN_OPTIONS,
    COLLATERAL_DIR_OPTION,
    PCS_OPTION,
    CA_BUNDLE_OPTION,
    JSON_OPTION("Reports each step as one JSON object on a line of standard error: "
                "event is attested, packaged, provisioned, exit, refused or failed."),
    VERBOSE_OPTION,
    QUIET_OPTION("Leaves out remarks and steps; warnings and errors remain."),
    HELP_OPTION,
};

/* ---- keep ---- */

#define KEEP_HOST_OPTION                                                                       \
    {                                                                                          \
        .id = OPTION_HOST, .name = "--host", .value = "HOST[:PORT]", .variable = "ENARX_HOST", \
        .help = "The machine that the keep is on. Default: where it was left running.",        \
    }

static const struct option list_options[] = {
    {
        .id = OPTION_HOST,
        .name = "--host",
        .value = "HOST[:PORT]",
        .variable = "ENARX_HOST",
        .help = "The machine to ask. Required.",
    },
    LOGIN_OPTIONS,
    JSON_OPTION("Prints one JSON object."),
    VERBOSE_OPTION,
    HELP_OPTION,
};

static const struct option one_options[] = {
    KEEP_HOST_OPTION, LOGIN_OPTIONS, JSON_OPTION("Prints one JSON object."),
    VERBOSE_OPTION,   HELP_OPTION,
};

static const struct option attach_options[] = {
    KEEP_HOST_OPTION,
    LOGIN_OPTIONS,
    COLLATERAL_DIR_OPTION,
    PCS_OPTION,
    CA_BUNDLE_OPTION,
    JSON_OPTION("Reports what happens as JSON objects, as 'enarx deploy --json' "
                "does."),
    VERBOSE_OPTION,
    QUIET_OPTION("Leaves out remarks; warnings and errors remain."),
    HELP_OPTION,
};

static const struct option logs_options[] = {
    {
        .id = OPTION_FOLLOW,
        .name = "--follow",
        .alias = "-f",
        .help = "Also shows what the program writes from now on, until it ends.",
    },
    KEEP_HOST_OPTION,
    LOGIN_OPTIONS,
    COLLATERAL_DIR_OPTION,
    PCS_OPTION,
    CA_BUNDLE_OPTION,
    JSON_OPTION("Reports what happens as JSON objects, as 'enarx deploy --json' "
                "does."),
    VERBOSE_OPTION,
    QUIET_OPTION("Leaves out remarks; warnings and errors remain."),
    HELP_OPTION,
};

static const struct argument keep_arguments[] = {
    {.name = "ID", .help = "The keep's id, as 'enarx deploy --detach' prints it."},
};

const struct command keep_commands[KEEP_COMMAND_COUNT] = {
    {
        .id = COMMAND_KEEP_LIST,
        .name = "list",
        .summary = "Lists your keeps on a host",
        .details = "Shows what the host says; nothing of it is proved.",
        OPTIONS(list_options),
    },
    {
        .id = COMMAND_KEEP_INSPECT,
        .name = "inspect",
        .summary = "Shows what a host says about a keep",
        OPTIONS(one_options),
        ARGUMENTS(keep_arguments),
    },
    {
        .id = COMMAND_KEEP_ATTACH,
        .name = "attach",
        .summary = "Reconnects to a program left running",
        .details = "The keep proves itself again, by the policy it was deployed with. "
                   "The last MiB that the program wrote while nobody was attached "
                   "comes first. SIGINT, SIGTERM and SIGQUIT go to the program; "
                   "SIGHUP, and closing standard output, leave it running. A second "
                   "attach takes over from the first.",
        OPTIONS(attach_options),
        ARGUMENTS(keep_arguments),
    },
    {
        .id = COMMAND_KEEP_LOGS,
        .name = "logs",
        .summary = "Shows what a program left running wrote while nobody was attached",
        .details = "Each line is shown once. The keep proves itself again, as for 'enarx keep "
                   "attach'; signals only end this command.",
        OPTIONS(logs_options),
        ARGUMENTS(keep_arguments),
    },
    {
        .id = COMMAND_KEEP_STOP,
        .name = "stop",
        .summary = "Ends a keep, and the program in it",
        .details = "The program gets no notice; 'enarx keep attach' can send it a signal.",
        OPTIONS(one_options),
        ARGUMENTS(keep_arguments),
    },
};
