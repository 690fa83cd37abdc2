/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `enarx host`; see commands_host.h. */
#include "host/cli/commands_host.h"

#include "host/sgx/signatures.h"

const struct option host_options[HOST_OPTION_COUNT] = {
    {
        .id = OPTION_LISTEN,
        .name = "--listen",
        .value = "ADDR:PORT",
        .help = "Where to listen, in numbers, as in 127.0.0.1:7443 or [::]:7443; port 0 is any. "
                "Default: [::]:7443, with --dev 127.0.0.1:7443.",
    },
    {
        .id = OPTION_DEV,
        .name = "--dev",
        .help = "For trying things out: a certificate of its own, made once, and keeps for "
                "everybody on this machine. Listens on a loopback address only.",
    },
    {
        .id = OPTION_CERT,
        .name = "--cert",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "The certificate to show, in PEM, with those above it behind. Read again on "
                "SIGHUP, as the next three are.",
    },
    {
        .id = OPTION_KEY,
        .name = "--key",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "Its private key, in PEM, closed to others.",
    },
    {
        .id = OPTION_TOKENS,
        .name = "--tokens",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "Who may ask: lines of a name and the SHA-256 of a token. Closed to others.",
    },
    {
        .id = OPTION_CLIENT_CA,
        .name = "--client-ca",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "Who may ask: holders of certificates by these authorities, in PEM.",
    },
    {
        .id = OPTION_STATE_DIR,
        .name = "--state-dir",
        .value = "DIR",
        .offer = OFFER_FOLDERS,
        .help = "A folder for this agent alone, made where it is missing. Default: "
                "$XDG_STATE_HOME/enarx/host.",
    },
    {
        .id = OPTION_BACKENDS,
        .name = "--backends",
        .value = "NAME[,NAME]...",
        .help = "The kinds of keep to offer. Default: all of 'enarx platform info'.",
    },
    {
        .id = OPTION_SIGNATURES,
        .name = "--signatures",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "The signatures of this build, where keeps are SGX enclaves. Default: "
                "as for 'enarx run'.",
    },
    {
        .id = OPTION_ALLOW_LISTEN,
        .name = "--allow-listen",
        .value = "[ADDR:]PORT[-PORT]",
        .help = "Where keeps may listen; again, or with commas, for more. Default: nowhere, with "
                "--dev on ports from 1024.",
    },
    {
        .id = OPTION_ALLOW_CONNECT,
        .name = "--allow-connect",
        .value = "HOST[:PORT[-PORT]]",
        .help = "What keeps may connect to, stewards included; again, or with commas, for more. A "
                "name, an address, '*.example.org' or '*', and the last two reach public "
                "addresses only. Default: nothing, with --dev everything.",
    },
    {
        .id = OPTION_MAX_KEEPS,
        .name = "--max-keeps",
        .value = "N",
        .help = "The most keeps at a time. Default: 128.",
    },
    {
        .id = OPTION_MAX_KEEPS_PER_OWNER,
        .name = "--max-keeps-per-owner",
        .value = "N",
        .help = "The most of one owner. Default: as --max-keeps.",
    },
    {
        .id = OPTION_MAX_MEMORY,
        .name = "--max-memory",
        .value = "SIZE",
        .help = "The most memory of one keep, with everything that it holds: a number of bytes, "
                "or of K, M or G. Default: 4G.",
    },
    {
        .id = OPTION_MAX_ENCLAVE_MEMORY,
        .name = "--max-enclave-memory",
        .value = "SIZE",
        .help = "The most that all SGX keeps together may be promised of enclave memory: each "
                "counts with three times --max-memory and 1G, and one alone always may. Default: "
                "what the processor has.",
    },
    {
        .id = OPTION_MAX_UPLOAD,
        .name = "--max-upload",
        .value = "SIZE",
        .help = "The most that may be sent to one keep, its program, its files and its standard "
                "input. Default: no limit.",
    },
    {
        .id = OPTION_MAX_CPU,
        .name = "--max-cpu",
        .value = "TIME",
        .help = "The most time of a processor that one keep may use, in whole seconds. Default: no "
                "limit.",
    },
    {
        .id = OPTION_MAX_LIFETIME,
        .name = "--max-lifetime",
        .value = "TIME",
        .help = "How long a keep may exist. Default: no limit.",
    },
    {
        .id = OPTION_UNCLAIMED,
        .name = "--unclaimed",
        .value = "TIME",
        .help = "Ends a keep to which nobody has opened a channel for so long. Default: 30s.",
    },
    {
        .id = OPTION_IDLE,
        .name = "--idle",
        .value = "TIME",
        .help = "Ends a keep that nobody has been attached to for so long. Default: never.",
    },
    {
        .id = OPTION_DRAIN,
        .name = "--drain",
        .value = "TIME",
        .help = "How long keeps may still run after SIGTERM; a second one ends them at once. "
                "Default: 30s.",
    },
    {
        .id = OPTION_UID_RANGE,
        .name = "--uid-range",
        .value = "FIRST-LAST",
        .help = "Users that nobody else is, for keeps to run as, each as another one, where the "
                "agent is root. Default: 1900000000-1900065535.",
    },
    {
        .id = OPTION_METRICS_OPEN,
        .name = "--metrics-open",
        .help = "Lets anybody read /metrics.",
    },
    {.id = OPTION_HELP, .name = "--help", .alias = "-h", .help = "Shows this help."},
};
