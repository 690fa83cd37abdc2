/* SPDX-License-Identifier: Apache-2.0 */
/* The options of stewards; see commands_steward.h. */
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
        .help = "The policy.toml that says which keeps get a certificate, and which "
                "names. Required.",
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
        .help = "The authority's certificate, in PEM, followed by those of its "
                "issuers.",
    },
    {
        .id = OPTION_DEV,
        .name = "--dev",
        .help = "For trying things out: makes an authority on first use; GET /ca "
                "shows it. Listens on a loopback address only.",
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
        .help = "A file, closed to others, with 32 random bytes that all stewards "
                "behind a load balancer share. Default: each makes its own.",
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
        .help = "The most requests to verify, and certificates to sign, in a "
                "second. Default: 200.",
    },
    {
        .id = OPTION_LEGACY,
        .name = "--legacy",
        .help = "Also accepts requests of the original Enarx, which show no "
                "workload and no nonce. Their certificates have no names.",
    },
    {
        .id = OPTION_TLS_CERT,
        .name = "--tls-cert",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "Serves HTTPS with this certificate, in PEM. Default: HTTP, since "
                "requests and answers are no secret and prove themselves.",
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
