/* SPDX-License-Identifier: Apache-2.0 */
/* The options of stewards, and of who meets their keeps; see commands_steward.h. */
#include "host/cli/commands_steward.h"

#include "host/cli/command_rows.h"

const struct option steward_options[STEWARD_OPTION_COUNT] = {
    {
        .id = OPTION_LISTEN,
        .name = "--listen",
        .value = "ADDR:PORT",
        .help = "Where to listen, in numbers, as in 127.0.0.1:7444 or [::]:7444; port 0 is any. "
                "Default: [::]:7444, with --dev 127.0.0.1:7444.",
    },
    {
        .id = OPTION_POLICY,
        .name = "--policy",
        .value = "FILE",
        .offer = OFFER_FILES,
        .variable = "ENARX_POLICY",
        .help = "The policy.toml that says which keeps get a certificate, and which names. Needed.",
    },
    {
        .id = OPTION_KEY,
        .name = "--key",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "The authority's private key, of P-256, in PEM, closed to others.",
    },
    {
        .id = OPTION_CERT,
        .name = "--cert",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "The authority's certificate, in PEM, with those above it behind.",
    },
    {
        .id = OPTION_DEV,
        .name = "--dev",
        .help = "For trying things out: an authority of its own, which ends with it; see /ca. "
                "Listens on a loopback address only.",
    },
    {
        .id = OPTION_COLLATERAL,
        .name = "--collateral",
        .value = "DIR",
        .offer = OFFER_FOLDERS,
        .help = "What manufacturers publish about machines: the cache of 'enarx attest fetch', or "
                "a folder that it wrote. Read again when it changes. Default: only what comes "
                "with requests.",
    },
    {
        .id = OPTION_NONCE_KEY,
        .name = "--nonce-key",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "32 random bytes, closed to others, that all stewards behind a load balancer "
                "share. Default: of its own.",
    },
    {
        .id = OPTION_LIFETIME,
        .name = "--lifetime",
        .value = "TIME",
        .help = "How long certificates are valid, the five minutes before now included. Default, "
                "and most: 24h.",
    },
    {
        .id = OPTION_RATE,
        .name = "--rate",
        .value = "N",
        .help = "The most requests that are looked at, and certificates signed, a second. "
                "Default: 200.",
    },
    {
        .id = OPTION_LEGACY,
        .name = "--legacy",
        .help = "Takes requests of the original Enarx, too, which show no workload and no nonce. "
                "Their certificates have no names.",
    },
    {
        .id = OPTION_TLS_CERT,
        .name = "--tls-cert",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "Serves HTTPS by this certificate, in PEM. Default: HTTP, since what is asked and "
                "answered is no secret and proves itself.",
    },
    {
        .id = OPTION_TLS_KEY,
        .name = "--tls-key",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "Its private key, in PEM, closed to others.",
    },
    HELP_OPTION,
};

const struct argument connect_arguments[1] = {
    {.name = "HOST:PORT", .help = "The server, as in example.org:443 or [::1]:443."},
};

const struct option connect_options[CONNECT_OPTION_COUNT] = {
    {
        .id = OPTION_POLICY,
        .name = "--policy",
        .value = "FILE",
        .offer = OFFER_FILES,
        .variable = "ENARX_POLICY",
        .help = "The policy.toml that says what to accept; its purpose is 'certificate' unless it "
                "says another. Default: genuine hardware, up to date, not debuggable, any program.",
    },
    {
        .id = OPTION_COLLATERAL,
        .name = "--collateral",
        .value = "DIR",
        .offer = OFFER_FOLDERS,
        .help = "The folder with what the manufacturer publishes about the machine, as 'enarx "
                "attest fetch' writes it.",
    },
    {
        .id = OPTION_ALPN,
        .name = "--alpn",
        .value = "NAME",
        .help = "The protocol to ask for, as in h2. Default: none.",
    },
    {
        .id = OPTION_SERVER_NAME,
        .name = "--server-name",
        .value = "NAME",
        .help = "The name to ask for. Default: HOST, where that is a name.",
    },
    OUT_OPTION("Where to put the certificate, in PEM; 'enarx attest verify' takes it."),
    {.id = OPTION_EXPLAIN, .name = "--explain", .help = "Lists every check that was made."},
    JSON_OPTION("Prints one JSON object."),
    HELP_OPTION,
};
