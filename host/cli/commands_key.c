/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps measure, and who answers for them, as commands; see commands_key.h. */
#include "host/cli/commands_key.h"

#include "host/cli/command_rows.h"

/* ---- measure ---- */

static const char *const measured_names[] = {"sgx", "sgx-sim", NULL};

const struct argument measure_arguments[MEASURE_ARGUMENT_COUNT] = {
    {
        .name = "APP.wasm",
        .help = "A program. Also shows the workload digest, which the evidence of a keep has once "
                "it runs the program with these options and arguments.",
        .offer = OFFER_FILES,
        .optional = true,
    },
    REST_ARGUMENT,
};

const struct option measure_options[MEASURE_OPTION_COUNT] = {
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
    WORKLOAD_OPTIONS,
    SECRET_OPTION,
    JSON_OPTION("Prints one JSON object."),
    HELP_OPTION,
};

/* ---- key ---- */

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

static const struct option key_options[] = {HELP_OPTION};

const struct command key_commands[KEY_COMMAND_COUNT] = {
    {
        .name = "sgx",
        .summary = "Makes and shows keys that sign SGX enclaves",
        OPTIONS(key_options),
        COMMANDS(key_sgx_commands),
    },
};

/* ---- sign ---- */

const struct option sign_options[SIGN_OPTION_COUNT] = {
    {
        .id = OPTION_SGX_KEY,
        .name = "--sgx-key",
        .value = "KEY",
        .offer = OFFER_FILES,
        .help = "The private key to sign the SGX enclave with, as 'enarx key sgx "
                "create' makes it. Required.",
    },
    OUT_OPTION("Where to put the signatures. Default: standard output."),
    HELP_OPTION,
};
