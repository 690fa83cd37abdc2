/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands; see command.h. What stands here is the parser's rules,
 * the help, the manual page and the shell completion at once. */
#include "host/cli/command.h"

#include "host/backend_list.h"
#include "host/cli/command_rows.h"
#include "host/cli/commands_deploy.h"
#include "host/cli/commands_host.h"
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
    SIGNATURES_OPTION(
        "The signatures of this build, by whoever answers for it; where the keep is an "
        "SGX enclave. Default: " SIGNATURES_FILE " if it exists, else a key of your "
        "own signs, made on first use."),
    {
        .id = OPTION_UNSIGNED,
        .name = "--unsigned",
        .help = "Leaves " SIGNATURES_FILE " alone: your own key signs.",
    },
    QUIET_OPTION("Leaves out remarks such as that a keep is not confidential; warnings and errors "
                 "remain."),
    JSON_OPTION(
        "Tells at the end, as one JSON object on the last line of standard error, how it "
        "went: ending is exit, trap, failed, signal or timeout; status is the exit status."),
    {
        .id = OPTION_STATS,
        .name = "--stats",
        .help = "Tells at the end how often the keep was entered and left, and what became of its "
                "memory, as far as its backend counts.",
    },
    HELP_OPTION,
};

static const struct argument run_arguments[] = {
    {
        .name = "APP.wasm",
        .help = "The program: a WebAssembly module that uses WASI preview 1.",
        .offer = OFFER_FILES,
    },
    {
        .name = "ARG",
        .help = "The program's arguments. Where there are any, they replace those of Enarx.toml.",
        .offer = OFFER_FILES,
        .rest = true,
    },
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
        .details = "The file goes into the current folder. One that exists is left alone.",
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
    {.id = OPTION_CLEAR, .name = "--clear", .help = "Removes it."},
    HELP_OPTION,
};

/* ---- attest ---- */

static const struct argument evidence_arguments[] = {
    {
        .name = "FILE",
        .help = "The evidence: an SEV-SNP report, an SGX or TDX quote, or a certificate or request "
                "that carries one, DER or PEM. Which it is shows in its bytes.",
        .offer = OFFER_FILES,
    },
};

static const struct option show_options[] = {
    JSON_OPTION("Prints one JSON object."),
    HELP_OPTION,
};

static const struct option verify_options[] = {
    {
        .id = OPTION_POLICY,
        .name = "--policy",
        .value = "FILE",
        .offer = OFFER_FILES,
        .variable = "ENARX_POLICY",
        .help = "The policy.toml that says what to accept. Default: genuine hardware, up to date, "
                "not debuggable, any program.",
    },
    {
        .id = OPTION_COLLATERAL,
        .name = "--collateral",
        .value = "DIR",
        .offer = OFFER_FOLDERS,
        .help =
            "The folder with what the manufacturer publishes about the machine, as 'enarx "
            "attest fetch' writes it: vcek.der or vlek.der, cert_chain.pem, crl.der; "
            "tcb_info.json, qe_identity.json, tcb_signing_chain.pem, pck_crl.der, "
            "root_ca_crl.der, pck_crl_issuer_chain.pem. And claims.cbor, the claims buffer that "
            "bare evidence binds.",
    },
    {
        .id = OPTION_AT,
        .name = "--at",
        .value = "TIME",
        .help =
            "Judges as of this time: 2026-03-31T22:20:07Z, or seconds since 1970. Default: now.",
    },
    {
        .id = OPTION_NONCE,
        .name = "--nonce",
        .value = "HEX",
        .help = "The nonce that the evidence has to hold: in its claims buffer where it comes with "
                "one, else as its report data, padded with zeros.",
    },
    {
        .id = OPTION_REPORT_DATA,
        .name = "--report-data",
        .value = "HEX",
        .help = "The 64 bytes of report data that the evidence has to hold.",
    },
    {.id = OPTION_EXPLAIN, .name = "--explain", .help = "Lists every check that was made."},
    JSON_OPTION("Prints one JSON object."),
    HELP_OPTION,
};

static const struct option fetch_options[] = {
    {
        .id = OPTION_OUTPUT,
        .name = "--output",
        .alias = "-o",
        .value = "DIR",
        .offer = OFFER_FOLDERS,
        .help = "Where to put the files, for 'verify --collateral'. Default: the current folder.",
    },
    {
        .id = OPTION_KDS,
        .name = "--kds",
        .value = "URL",
        .variable = "ENARX_KDS_URL",
        .help = "AMD's key service, or one that answers alike. Default: https://kdsintf.amd.com.",
    },
    PCS_OPTION,
    CA_BUNDLE_OPTION,
    {.id = OPTION_REFRESH, .name = "--refresh", .help = "Asks anew for what the cache holds."},
    {.id = OPTION_OFFLINE, .name = "--offline", .help = "Takes everything from the cache."},
    HELP_OPTION,
};

static const struct option evidence_options[] = {
    {
        .id = OPTION_OUTPUT,
        .name = "--output",
        .alias = "-o",
        .value = "DIR",
        .offer = OFFER_FOLDERS,
        .help = "The folder to make; one that exists has to be empty. Needed.",
    },
    {
        .id = OPTION_BACKEND,
        .name = "--backend",
        .value = "NAME",
        .choices = backend_names,
        .variable = "ENARX_BACKEND",
        .help = "The kind of keep. Default: as for 'enarx run'.",
    },
    {
        .id = OPTION_NONCE,
        .name = "--nonce",
        .value = "HEX",
        .help = "What the evidence is to hold, to show that it is new: 1 to 64 bytes. Default: 32 "
                "random ones, which policy.toml then names.",
    },
    SIGNATURES_OPTION("The signatures of this build, by whoever answers for it. Default: as for "
                      "'enarx run'."),
    PCS_OPTION,
    CA_BUNDLE_OPTION,
    JSON_OPTION("Prints one JSON object."),
    HELP_OPTION,
};

static const struct command attest_commands[] = {
    {
        .id = COMMAND_ATTEST_SHOW,
        .name = "show",
        .summary = "Shows what evidence says, unverified",
        OPTIONS(show_options),
        ARGUMENTS(evidence_arguments),
    },
    {
        .id = COMMAND_ATTEST_VERIFY,
        .name = "verify",
        .summary = "Says whether evidence is genuine and what a policy makes of it",
        .details = "Reads nothing but the files named and needs no network. What is refused comes "
                   "with the line of policy.toml that would accept it, and what that gives up.",
        OPTIONS(verify_options),
        ARGUMENTS(evidence_arguments),
    },
    {
        .id = COMMAND_ATTEST_FETCH,
        .name = "fetch",
        .summary = "Gets what the manufacturer publishes about the machine behind evidence",
        .details = "Sends the manufacturer the machine's identifier and versions. What comes back "
                   "is kept in a cache; 'verify' checks it, whoever sent it.",
        OPTIONS(fetch_options),
        ARGUMENTS(evidence_arguments),
    },
    {
        .id = COMMAND_ATTEST_EVIDENCE,
        .name = "evidence",
        .summary = "Starts an empty keep and writes the evidence of what it is",
        .details = "Makes a folder with the evidence, all it takes to verify it, and a policy.toml "
                   "that accepts it. The keep runs nothing and is gone afterwards, and so is its "
                   "key: its evidence has the purpose 'inspect', which stands for no keep to "
                   "deploy to.",
        OPTIONS(evidence_options),
    },
    {
        .id = COMMAND_ATTEST_CONNECT,
        .name = "connect",
        .summary = "Says who answers at an address, by the evidence in its certificate",
        .details = "Shakes hands by TLS, so that whoever answers has the key of the certificate, "
                   "and verifies the evidence that binds that key. Nothing else is sent.",
        OPTIONS(connect_options),
        ARGUMENTS(connect_arguments),
    },
};

/* ---- measure, key, sign ---- */

static const char *const measured_names[] = {"sgx", "sgx-sim", NULL};

static const struct option measure_options[] = {
    {
        .id = OPTION_BACKEND,
        .name = "--backend",
        .value = "NAME",
        .choices = measured_names,
        .help =
            "The kind of keep to measure; sgx-sim's is the same enclave as sgx's. Default: sgx.",
    },
    {
        .id = OPTION_KEY,
        .name = "--key",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "Shows the signer (MRSIGNER) that this private key would make.",
    },
    SIGNATURES_OPTION("Shows the signer of these signatures, which must be of this build."),
    {
        .id = OPTION_EXPLAIN,
        .name = "--explain",
        .help = "Lists every operation that the processor measures, in its order, so that others "
                "can calculate the measurement.",
    },
    JSON_OPTION("Prints one JSON object."),
    HELP_OPTION,
};

static const struct option key_create_options[] = {
    OUT_OPTION("Where to put the key, for you alone to read; a file that exists is left alone. "
               "Default: standard output."),
    HELP_OPTION,
};

static const struct option key_digest_options[] = {
    OUT_OPTION("Where to put the digest. Default: standard output."),
    HELP_OPTION,
};

static const struct argument key_arguments[] = {
    {.name = "KEY", .help = "The private key, in PEM.", .offer = OFFER_FILES},
};

static const struct command key_sgx_commands[] = {
    {
        .id = COMMAND_KEY_SGX_CREATE,
        .name = "create",
        .summary = "Makes a key to sign SGX enclaves with",
        .details = "RSA of 3072 bits with exponent 3, in PEM (PKCS #1). Whoever has it can sign "
                   "enclaves that count as yours.",
        OPTIONS(key_create_options),
    },
    {
        .id = COMMAND_KEY_SGX_DIGEST,
        .name = "digest",
        .summary = "Shows the signer (MRSIGNER) that a key makes",
        .details = "64 hexadecimal digits and no line end: SHA-256 of the modulus, little-endian.",
        OPTIONS(key_digest_options),
        ARGUMENTS(key_arguments),
    },
};

static const struct command key_commands[] = {
    {
        .name = "sgx",
        .summary = "Keys that sign SGX enclaves",
        OPTIONS(only_help),
        COMMANDS(key_sgx_commands),
    },
};

static const struct option sign_options[] = {
    {
        .id = OPTION_SGX_KEY,
        .name = "--sgx-key",
        .value = "KEY",
        .offer = OFFER_FILES,
        .help = "The private key to sign the SGX enclave with, as 'enarx key sgx create' makes it.",
    },
    OUT_OPTION("Where to put the signatures. Default: standard output."),
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
        .details = "The keep proves what it is before anything is sent to it; what is sent, and "
                   "what the program says, only the keep and you can read. Options end at "
                   "APP.wasm: what follows goes to the program.",
        OPTIONS(deploy_options),
        ARGUMENTS(run_arguments),
    },
    {
        .name = "keep",
        .summary = "Looks after programs left running with 'enarx deploy --detach'",
        OPTIONS(only_help),
        COMMANDS(keep_commands),
    },
    {
        .id = COMMAND_HOST,
        .name = "host",
        .summary = "Offers keeps on this machine to those who deploy",
        .details =
            "Serves until SIGTERM, and says on standard error where it listens and who asked "
            "for what. It cannot see what its keeps run.",
        OPTIONS(host_options),
    },
    {
        .id = COMMAND_STEWARD,
        .name = "steward",
        .summary = "Gives certificates to keeps that prove what they are",
        .details = "Serves until SIGTERM: POST / takes a certificate request with evidence in it, "
                   "GET /nonce gives the nonce that the evidence has to hold. Writes a line of "
                   "JSON for each decision to standard output.",
        OPTIONS(steward_options),
    },
    {
        .name = "platform",
        .summary = "Looks at this machine",
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
        .summary = "Shows what evidence of a keep from this build says",
        .details = "Starts nothing and needs no such hardware. A policy names the measurement, or "
                   "the signer.",
        OPTIONS(measure_options),
    },
    {
        .name = "key",
        .summary = "Keys of those who answer for a build",
        OPTIONS(only_help),
        COMMANDS(key_commands),
    },
    {
        .id = COMMAND_SIGN,
        .name = "sign",
        .summary = "Signs the keeps of this build",
        .details = "What comes out is for 'enarx run --signatures', of the same build alone.",
        OPTIONS(sign_options),
    },
    {
        .name = "config",
        .summary = "Helps with Enarx.toml",
        OPTIONS(only_help),
        COMMANDS(config_commands),
    },
    {
        .id = COMMAND_CACHE,
        .name = "cache",
        .summary = "Shows the cache of compiled code",
        .details = "The second run of a program takes its machine code from there.",
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
    {"1",
     "The program could not be started, or its keep stopped, or a deployment's session was cut "
     "short; a message says why."},
    {"2", "The command line is wrong."},
    {"3", "The evidence was refused, and so was a keep to deploy to: nothing was sent there."},
    {"124", "The program ran longer than --timeout allows."},
    {"134", "The program trapped: its WebAssembly backtrace is on standard error."},
    {"128+N", "The program was ended by signal N."},
    {NULL, NULL},
};

const struct entry command_variables[] = {
    {"ENARX_LOG", "What to say on standard error: off, error, warn, info or debug. Default: info."},
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
     "Gets you back to programs left running; beside it, in keeps, what is remembered of each: "
     "its host, what it runs, and the policy it has to meet."},
    {"$XDG_STATE_HOME/enarx/sim",
     "The secret of the simulated processor, and the root of simulated evidence with all that "
     "hangs below it. Worth nothing to anybody else."},
    {NULL, NULL},
};

const struct entry command_examples[] = {
    {"enarx run hello.wasm", "Runs a program."},
    {"enarx run --dir ./data::/data:ro --timeout 30s app.wasm /data/input",
     "Runs one that reads a folder, for half a minute at most."},
    {"enarx run --config Enarx.toml server.wasm", "Runs one that listens where Enarx.toml says."},
    {"enarx attest fetch -o collateral quote.bin",
     "Gets what it takes to verify a quote, once for each machine."},
    {"enarx attest verify --collateral collateral quote.bin", "Verifies it."},
    {"enarx platform info", "Shows what the machine can do."},
    {"enarx measure", "Shows the measurement that a policy has to name."},
    {"enarx run --backend sgx-sim hello.wasm",
     "Runs a program in the keep of SGX, on a software model of the processor."},
    {"enarx host --dev", "Offers keeps to programs on this machine."},
    {"enarx deploy --to host.example --secret API_KEY app.wasm",
     "Runs a program on a machine of somebody else's, once it has proved itself."},
    {"enarx keep attach ID", "Gets back to one that was left running with --detach."},
    {"enarx attest connect --policy policy.toml example.org:443",
     "Shows what runs behind a server's certificate."},
    {"enarx steward --dev --policy policy.toml", "Tries out a steward on this machine."},
    {"enarx attest evidence --backend sgx-sim -o ev",
     "Shows what such a keep would prove to others."},
    {NULL, NULL},
};
