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
        .help = "For trying things out: makes its own certificate, once, and lets "
                "everybody on this machine have keeps. Listens on a loopback "
                "address only.",
    },
    {
        .id = OPTION_CERT,
        .name = "--cert",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "The certificate to show, in PEM, followed by those of its issuers. "
                "Read again on SIGHUP, like the next three.",
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
        .help = "Who may have keeps: lines with a name and the SHA-256 of a token. "
                "Closed to others.",
    },
    {
        .id = OPTION_CLIENT_CA,
        .name = "--client-ca",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "Who may have keeps: holders of certificates by these authorities, "
                "in PEM.",
    },
    {
        .id = OPTION_STATE_DIR,
        .name = "--state-dir",
        .value = "DIR",
        .offer = OFFER_FOLDERS,
        .help = "A folder for this agent only, made if it is missing. Default: "
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
        .help = "For SGX enclaves: signatures of this build. Default: as for 'enarx "
                "run'.",
    },
    {
        .id = OPTION_ALLOW_LISTEN,
        .name = "--allow-listen",
        .value = "[ADDR:]PORT[-PORT]",
        .help = "Where keeps may listen. May be repeated, or a list with commas. "
                "Default: nowhere, with --dev on ports from 1024.",
    },
    {
        .id = OPTION_ALLOW_CONNECT,
        .name = "--allow-connect",
        .value = "HOST[:PORT[-PORT]]",
        .help = "What keeps may connect to, stewards included. HOST is a name, an "
                "address, '*.example.org' or '*'; the last two reach public "
                "addresses only. May be repeated, or a list with commas. Default: "
                "nothing, with --dev everything.",
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
        .help = "The most keeps of one owner at a time. Default: as --max-keeps.",
    },
    {
        .id = OPTION_MAX_MEMORY,
        .name = "--max-memory",
        .value = "SIZE",
        .help = "The most memory of one keep, with everything it holds: a number of "
                "bytes, or of K, M or G. Default: 4G.",
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
        .help = "The most that may be sent to one keep: program, files and standard "
                "input. Default: no limit.",
    },
    {
        .id = OPTION_MAX_CPU,
        .name = "--max-cpu",
        .value = "TIME",
        .help = "The most processor time of one keep, in whole seconds. Default: no "
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
        .help = "Ends a keep to which nobody has opened a channel within this time. "
                "Default: 30s.",
    },
    {
        .id = OPTION_IDLE,
        .name = "--idle",
        .value = "TIME",
        .help = "Ends a keep to which nobody has been attached for this time. "
                "Default: never.",
    },
    {
        .id = OPTION_DRAIN,
        .name = "--drain",
        .value = "TIME",
        .help = "How long keeps may go on after SIGTERM. A second one ends them at "
                "once. Default: 30s.",
    },
    {
        .id = OPTION_UID_RANGE,
        .name = "--uid-range",
        .value = "FIRST-LAST",
        .help = "User ids for keeps, which nothing else on the machine may have. "
                "Used, one for each keep, where the agent is root. Default: "
                "1900000000-1900065535.",
    },
    {
        .id = OPTION_METRICS_OPEN,
        .name = "--metrics-open",
        .help = "Lets anybody read /metrics.",
    },
    {.id = OPTION_HELP, .name = "--help", .alias = "-h", .help = "Shows this help."},
};
