/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `enarx attest`; see commands_attest.h. */
#include "host/cli/commands_attest.h"

#include "host/cli/command_rows.h"

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

static const struct argument connect_arguments[] = {
    {.name = "HOST:PORT", .help = "The server, as in example.org:443 or [::1]:443."},
};

static const struct option connect_options[] = {
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
    {
        .id = OPTION_CA_BUNDLE,
        .name = "--ca-bundle",
        .value = "FILE",
        .offer = OFFER_FILES,
        .help = "The certificates of a steward's authority, in PEM. A certificate without evidence "
                "is accepted if it leads there, and is of the server's name. Default: it is not.",
    },
    OUT_OPTION("Where to put the certificate, in PEM; 'enarx attest verify' takes it."),
    {.id = OPTION_EXPLAIN, .name = "--explain", .help = "Lists every check that was made."},
    JSON_OPTION("Prints one JSON object."),
    HELP_OPTION,
};

const struct command attest_commands[ATTEST_COMMAND_COUNT] = {
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
