/* SPDX-License-Identifier: Apache-2.0 */
/* A real SGX or TDX set signed anew under a root of the test's own, so that any
 * signed field of it can be another. What a policy with that root then says of it
 * can hang on that field alone. */
#ifndef TESTS_ATTEST_FORGE_H
#define TESTS_ATTEST_FORGE_H

#include "attest/quote.h"
#include "tests/attest/issuer.h"
#include "tests/attest/set.h"

#include <openssl/evp.h>

#define FORGE_JSON_MAX 16384u

struct forge {
    struct set set;

    /* To be edited between forge_open() and forge_seal(). */
    uint8_t head[QUOTE_HEADER_SIZE + 6 + TD_REPORT_15_SIZE]; /* header and body */
    size_t head_size;
    size_t body; /* where in `head` it begins */
    uint8_t qe_report[ENCLAVE_REPORT_SIZE];
    uint8_t qe_auth[32];
    uint8_t qe_data_xor[64];     /* into its report data, once that is made */
    uint8_t pck_extension[1024]; /* DER */
    size_t pck_extension_size;
    char tcb_info[FORGE_JSON_MAX]; /* the inner objects */
    char qe_identity[FORGE_JSON_MAX];
    uint16_t cert_type;
    bool wrap; /* as QE report certification data: since version 4 */

    /* Made by forge_seal(). */
    EVP_PKEY *keys[5];
    uint8_t quote[8192];
    size_t quote_size;
    char tcb_info_text[FORGE_JSON_MAX + 256];
    char qe_identity_text[FORGE_JSON_MAX + 256];
    struct blob certs[4]; /* root, PCK CA, TCB signing; last the PCK, which the quote carries */
    struct blob crls[2];  /* of root and PCK CA */
    struct bytes cert_list[3];
    struct bytes crl_list[2];

    struct policy policy; /* tolerates the whole set; trusts the new root */
    struct attest_input in;
};

struct forge *forge_open(const char *set_name);

/* Signs everything and points `in` to it. */
void forge_seal(struct forge *f);

/* Replaces the first `from` in one of the JSON objects. */
void forge_replace(char json[static FORGE_JSON_MAX], const char *from, const char *to);

void forge_close(struct forge *f);

#endif
