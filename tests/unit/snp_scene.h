/* SPDX-License-Identifier: Apache-2.0 */
/* One appraisal of an SEV-SNP report, to be spoilt: report, certificates and CRL made here,
 * under a simulated root. All of it is right until a test changes it. */
#ifndef SNP_SCENE_H
#define SNP_SCENE_H

#include "attest/attest.h"
#include "attest/snp_report.h"
#include "tests/attest/issuer.h"

#define NOW  1767225600ll /* 2026-01-01 */
#define YEAR (365 * 86400ll)

#define LIST(value) ((struct bytes_list){.items = &(value), .count = 1})

/* What a report or a policy does not have. */
extern const uint8_t other[64];
extern const struct bytes other_48;

enum extension { EXT_VERSION, EXT_PRODUCT, EXT_BL, EXT_TEE, EXT_SNP, EXT_UCODE, EXT_ID, EXT_SPARE };

struct scene {
    struct issue_cert root, ask, leaf;
    struct issue_crl crl;
    struct snp_claims claims;
    struct policy policy;
    struct attest_input in;         /* binding and time; the rest is filled in by scene_run() */
    void (*spoil)(struct scene *s); /* what was made, before it is appraised */

    struct blob files[6]; /* leaf, ask, then whatever else is given */
    size_t file_count;
    struct blob crls[3];
    size_t crl_count;
    struct blob anchor;
    struct bytes slices[10]; /* the files, the CRLs and the anchor, as lists have them */
    uint8_t report[SNP_REPORT_SIZE];
    size_t report_size;
};

/* The value of an extension. */
#define DER(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* Around all tests of a program. */
int scene_make_keys(void **state);
int scene_free_keys(void **state);

struct scene scene_new(void);

/* Makes everything, spoils it, appraises it. The result is good until the next. */
const struct attest_result *scene_run(struct scene *s);

/* A claims buffer of {"pubkey-hash": h'[1, the SHA-256 of "key"]'}, bound. */
void scene_bind_claims(struct scene *s);

/* A VLEK in place of the VCEK. */
void scene_use_vlek(struct scene *s);

#endif
