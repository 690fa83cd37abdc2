/* SPDX-License-Identifier: Apache-2.0 */
/* A steward for tests of keeps, behind the port of port_sockets.h: gives whoever asks as the
 * port has it a certificate, or what the test wants in its place. */
#ifndef TEST_STEWARD_H
#define TEST_STEWARD_H

#include "tests/unit/made_cert.h"

#include <stdint.h>

#define STEWARD_URL "http://steward.example:7444"
#define STEWARD_CA  "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"
#define STEWARD_USAGE                                                          \
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n" \
    "extendedKeyUsage=serverAuth,clientAuth\n"

struct test_steward {
    struct made_cert root, issuing;
    struct made_cert other; /* a CA of no relation */

    /* What the test may set; all zero is an honest steward. */
    unsigned waits;             /* -EAGAIN before each answer; UINT32_MAX: for ever */
    int64_t no_nonce, refusal;  /* an errno in the place of an answer */
    size_t nonce_size;          /* 0: as it ought to be */
    int64_t lifetime;           /* seconds from now; 0: a day but for five minutes */
    const char *extensions;     /* of certificates; null: as they ought to be */
    const struct made_cert *by; /* null: issuing */
    EVP_PKEY *key;              /* certified in the place of the keep's */
    bool longer;                /* a byte behind the answer */
    size_t answer_size;         /* said, and not there; 0: what there is */

    unsigned nonces, requests; /* asked for */
    struct made_cert last;     /* the last certificate given */
};
extern struct test_steward steward;

/* For names of `hosts`, as OpenSSL's subjectAltName has it. Makes authorities once. */
void test_steward_reset(const char *hosts, const uint8_t *workload);
void test_steward_fini(void);

#endif
