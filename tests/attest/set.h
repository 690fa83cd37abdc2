/* SPDX-License-Identifier: Apache-2.0 */
/* One set of tests/data/evidence: evidence, what endorses it, and when it was good. */
#ifndef TESTS_ATTEST_SET_H
#define TESTS_ATTEST_SET_H

#include "attest/attest.h"

#define EVIDENCE_FOLDER "tests/data/evidence/"

enum part {
    PART_EVIDENCE,    /* report.bin or quote.bin */
    PART_LEAF,        /* vcek.der or vlek.der */
    PART_SIGNERS,     /* cert_chain.pem or tcb_signing_chain.pem */
    PART_CRL_ISSUERS, /* pck_crl_issuer_chain.pem */
    PART_CRL,         /* crl.der or pck_crl.der */
    PART_ROOT_CRL,    /* root_ca_crl.der */
    PART_TCB_INFO,
    PART_QE_IDENTITY,
    PART_COUNT
};

struct set {
    char name[128];                 /* its folder below EVIDENCE_FOLDER */
    struct bytes parts[PART_COUNT]; /* owned; empty when there is none */
    int64_t time;                   /* verify_at; 0 when the set has none */
};

/* What a set looks like to attest_verify(); points into both. */
struct set_input {
    struct bytes certificates[3];
    struct bytes crls[2];
    struct attest_input in;
};

/* True when there is evidence in the folder. The test program ends if it is unreadable. */
bool set_load(struct set *set, const char *name);
void set_free(struct set *set);

const char *part_text(enum part part);

void set_input_init(struct set_input *input, const struct set *set, const struct policy *policy);

/* Every set there is, in order; null ends the list. */
extern const char *const set_names[];

/* The weakest policy: what a genuine TEE may be, whatever runs in it, however old.
 * CRLs are asked for only where the set has them; the advisories that apply to it
 * are tolerated. Free with set_policy_free. */
struct policy set_policy(const struct set *set);
void set_policy_free(struct policy *policy);

#endif
