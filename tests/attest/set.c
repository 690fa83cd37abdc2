/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of evidence from files; see set.h. Trusts the files. */
#define _GNU_SOURCE
#include "tests/attest/set.h"

#include "base/rfc3339.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const file_names[PART_COUNT][2] = {
    [PART_EVIDENCE] = {"report.bin", "quote.bin"},
    [PART_LEAF] = {"vcek.der", "vlek.der"},
    [PART_SIGNERS] = {"cert_chain.pem", "tcb_signing_chain.pem"},
    [PART_CRL_ISSUERS] = {"pck_crl_issuer_chain.pem"},
    [PART_CRL] = {"crl.der", "pck_crl.der"},
    [PART_ROOT_CRL] = {"root_ca_crl.der"},
    [PART_TCB_INFO] = {"tcb_info.json"},
    [PART_QE_IDENTITY] = {"qe_identity.json"},
};

const char *part_text(enum part part)
{
    static const char *const texts[PART_COUNT] = {
        "evidence", "leaf", "signers", "CRL issuers", "CRL", "root CRL", "TCB info", "QE identity",
    };
    return texts[part];
}

const char *const set_names[] = {
    "snp/enarx-steward/milan-v2-idblock",
    "snp/go-sev-guest/milan-v2",
    "snp/ms-tee-attestation-verification/genoa",
    "snp/ms-tee-attestation-verification/milan",
    "snp/ms-tee-attestation-verification/turin",
    "snp/trustee/milan-v2-azure",
    "snp/trustee/milan-v3-vlek-aws",
    "snp/virtee-sev/milan-v2",
    "sgx/azure-samples/intel-sdk-debug",
    "sgx/azure-samples/intel-sdk-release",
    "sgx/dcap-qvl/quote-v3-cfg-and-swhardening",
    "sgx/mobilecoin/quote-v3-swhardening-2023",
    "sgx/oasis-core/quote-v3-certtype3-no-chain",
    "sgx/oasis-core/quote-v3-swhardening-2022",
    "sgx/rust-sgx-MPL/negative-quote-corrupted",
    "sgx/rust-sgx-MPL/quote-v3-chain-order",
    "tdx/dcap-qvl/quote-v4-uptodate",
    "tdx/go-tdx-guest/quote-v4-no-matching-level-2023",
    "tdx/go-tdx-guest/quote-v5-uptodate-2026",
    "tdx/oasis-core/quote-v4-trailing-bytes",
    "tdx/oasis-core/quote-v4-uptodate-2024",
    "tdx/trustee+attestation-rs/quote-v4-outofdate-2026",
    "tdx/trustee+attestation-rs/quote-v5-2026",
    NULL,
};

static void die(const char *what)
{
    fprintf(stderr, "cannot use %s\n", what);
    exit(1);
}

static bool load(const char *folder, const char *file, struct bytes *out)
{
    char path[512];
    snprintf(path, sizeof(path), EVIDENCE_FOLDER "%s/%s", folder, file);
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return false;
    enum { MOST = 1 << 20 };
    uint8_t *data = malloc(MOST);
    if (data == NULL)
        die("memory");
    *out = (struct bytes){.data = data, .size = fread(data, 1, MOST, f)};
    if (ferror(f) || out->size == MOST)
        die(path);
    fclose(f);
    return true;
}

/* When to verify, and how much of the file is the quote. */
static void load_expected(struct set *set)
{
    struct bytes text;
    if (!load(set->name, "expected.json", &text))
        die(set->name);
    json_t *root = json_loadb((const char *)text.data, text.size, 0, NULL);
    const json_t *at = json_object_get(root, "verify_at");
    if (root == NULL)
        die(set->name);
    if (json_is_string(at) && rfc3339_parse(bytes_of_text(json_string_value(at)), &set->time) < 0)
        die(set->name);
    const json_t *length = json_object_get(root, "quote_length");
    if (json_is_integer(length))
        set->parts[PART_EVIDENCE].size = (size_t)json_integer_value(length);
    json_decref(root);
    free((void *)text.data);
}

bool set_load(struct set *set, const char *name)
{
    *set = (struct set){0};
    snprintf(set->name, sizeof(set->name), "%s", name);
    for (enum part part = 0; part < PART_COUNT; part++) {
        for (size_t i = 0; i < 2 && set->parts[part].data == NULL; i++) {
            if (file_names[part][i] != NULL)
                load(name, file_names[part][i], &set->parts[part]);
        }
    }
    /* the one AMD CRL that was in force when evidence beside it was made */
    if (strcmp(name, "snp/enarx-steward/milan-v2-idblock") == 0)
        load("snp/enarx-steward/crl", "milan_ark_crl.der", &set->parts[PART_CRL]);
    if (set->parts[PART_EVIDENCE].data == NULL)
        return false;
    load_expected(set);
    return true;
}

void set_free(struct set *set)
{
    for (enum part part = 0; part < PART_COUNT; part++)
        free((void *)set->parts[part].data);
    *set = (struct set){0};
}

static size_t gather(struct bytes *out, const struct set *set, enum part from, enum part to)
{
    size_t count = 0;
    for (enum part part = from; part <= to; part++) {
        if (set->parts[part].data != NULL)
            out[count++] = set->parts[part];
    }
    return count;
}

void set_input_init(struct set_input *input, const struct set *set, const struct policy *policy)
{
    *input = (struct set_input){0};
    input->in = (struct attest_input){
        .evidence = set->parts[PART_EVIDENCE],
        .certificates = {.items = input->certificates,
                         .count = gather(input->certificates, set, PART_LEAF, PART_CRL_ISSUERS)},
        .crls = {.items = input->crls, .count = gather(input->crls, set, PART_CRL, PART_ROOT_CRL)},
        .tcb_info = set->parts[PART_TCB_INFO],
        .qe_identity = set->parts[PART_QE_IDENTITY],
        .policy = policy,
        .time = set->time,
    };
}

static void weaken_intel(struct intel_policy *p)
{
    p->statuses = ~0u;
    p->out_of_date_until = INT64_MAX;
}

/* Tolerates the advisories that apply to the set. */
static void add_advisories(const struct set *set, struct policy *policy)
{
    static struct attest_result result;
    struct set_input input;
    set_input_init(&input, set, policy);
    if (attest_verify(&input.in, &result) < 0 || result.claims.kind == KIND_SNP)
        return;
    const struct intel_claims *c = &result.claims.sgx.intel;
    struct advisory *list = calloc(ADVISORY_MAX, sizeof(*list));
    for (size_t i = 0; list != NULL && i < c->advisory_count; i++)
        list[i] = (struct advisory){.id = bytes_of_text(strdup(c->advisories[i])),
                                    .mitigation = bytes_of_text("tolerated")};
    policy->sgx.tcb.advisories = policy->tdx.tcb.advisories = list;
    policy->sgx.tcb.advisory_count = policy->tdx.tcb.advisory_count = c->advisory_count;
}

struct policy set_policy(const struct set *set)
{
    struct policy p = policy_default();
    p.crls = set->parts[PART_CRL].data != NULL;
    p.snp.product_lines = ~0u;
    p.snp.debug = p.snp.migration = p.snp.provisional = true;
    p.snp.platform_require = 0;
    p.sgx.debug = p.sgx.provision_key = p.tdx.debug = p.tdx.migration = true;
    weaken_intel(&p.sgx.tcb);
    weaken_intel(&p.tdx.tcb);
    add_advisories(set, &p);
    return p;
}

void set_policy_free(struct policy *policy)
{
    for (size_t i = 0; i < policy->sgx.tcb.advisory_count; i++)
        free((void *)policy->sgx.tcb.advisories[i].id.data);
    free((void *)policy->sgx.tcb.advisories);
}
