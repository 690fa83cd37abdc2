/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `enarx attest`; see commands_attest.h. */
#include "host/cli/commands_attest.h"

#include "host/cli/command_rows.h"

static const struct argument evidence_arguments[] = {
    {
        .name = "FILE",
        .help = "The evidence: an SEV-SNP report, an SGX or TDX quote, or a "
                "certificate or request that carries one, in DER or PEM. The kind "
                "is recognised.",
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
        .help = "Verifies as of this time: 2026-03-31T22:20:07Z, 2026-03-31 for its "
                "first second, or seconds since 1970. Default: now.",
    },
    {
        .id = OPTION_NONCE,
        .name = "--nonce",
        .value = "HEX",
        .help = "The nonce that the evidence must contain: in its claims buffer "
                "where it comes with one, else as its report data, padded with "
                "zeros.",
    },
    {
        .id = OPTION_REPORT_DATA,
        .name = "--report-data",
        .value = "HEX",
        .help = "The 64 bytes of report data that the evidence must contain.",
    },
    {.id = OPTION_EXPLAIN,
     .name = "--explain",
     .help = "Lists every check, with what it expected and found."},
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
        .help = "AMD's key service, or one with the same interface. Default: "
                "https://kdsintf.amd.com.",
    },
    PCS_OPTION,
    CA_BUNDLE_OPTION,
    {.id = OPTION_REFRESH, .name = "--refresh", .help = "Asks again for what the cache holds."},
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
        .help = "The folder to make; an existing one must be empty. Required.",
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
        .help = "What the evidence contains to show that it is new: 1 to 64 bytes. "
                "Default: 32 random ones, which policy.toml then names.",
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
        .help = "The certificates of a steward's authority, in PEM. A certificate "
                "without evidence is accepted only if it leads to one of these and "
                "has the server's name.",
    },
    OUT_OPTION("Where to put the certificate, in PEM; 'enarx attest verify' takes it."),
    {.id = OPTION_EXPLAIN,
     .name = "--explain",
     .help = "Lists every check, with what it expected and found."},
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
        .summary = "Verifies evidence against a policy",
        .details = "Reads only the files named and needs no network. A refusal names "
                   "the line of policy.toml that would accept the evidence, and what "
                   "that gives up.",
        OPTIONS(verify_options),
        ARGUMENTS(evidence_arguments),
    },
    {
        .id = COMMAND_ATTEST_FETCH,
        .name = "fetch",
        .summary = "Fetches what the manufacturer publishes about a machine",
        .details = "Sends the manufacturer the identifier and versions of the machine "
                   "that made the evidence. The answer is cached; 'verify' checks it, "
                   "whoever sent it.",
        OPTIONS(fetch_options),
        ARGUMENTS(evidence_arguments),
    },
    {
        .id = COMMAND_ATTEST_EVIDENCE,
        .name = "evidence",
        .summary = "Starts an empty keep and writes the evidence of what it is",
        .details = "Makes a folder with the evidence, all it takes to verify it, and a "
                   "policy.toml that accepts it. The keep runs nothing and is gone "
                   "afterwards, and so is its key. The evidence has the purpose "
                   "'inspect', which no deployment accepts.",
        OPTIONS(evidence_options),
    },
    {
        .id = COMMAND_ATTEST_CONNECT,
        .name = "connect",
        .summary = "Verifies the evidence in the certificate of a server",
        .details = "Makes a TLS handshake, which proves that the server has the key of "
                   "its certificate, and verifies the evidence that binds that key. "
                   "Nothing else is sent.",
        OPTIONS(connect_options),
        ARGUMENTS(connect_arguments),
    },
};
