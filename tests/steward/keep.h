/* SPDX-License-Identifier: Apache-2.0 */
/* A keep for tests of stewards: true quotes, by the simulated machine's quoting enclave, of
 * any measurement and any claims, and the requests that hold them. Its machine is that of
 * $XDG_STATE_HOME. Failures end the program. */
#ifndef TESTS_STEWARD_KEEP_H
#define TESTS_STEWARD_KEEP_H

#include "base/cur.h"
#include "conf/evidence_claims.h"
#include "crypto/pkcs10.h"

#define KEEP_REQUEST_MAX 32768u /* bytes */
#define KEEP_NAMES_MAX   40u

/* What makes one request. Start from keep_usual(). */
struct keep {
    EVP_PKEY *key;    /* of the request */
    EVP_PKEY *signer; /* null: the same */
    uint8_t mrenclave[32];
    uint64_t attributes; /* beside those of every enclave */

    const char *purpose, *profile;
    struct bytes nonce;
    struct bytes workload; /* 32 bytes, or none */
    bool longer;           /* claims with a byte behind */
    EVP_PKEY *claimed;     /* whose key hash is in the claims; null: the same */

    struct bytes names[KEEP_NAMES_MAX];
    size_t name_count;
    const char *evidence_oid; /* null: that of RA-TLS */
    bool original;            /* in the form of the original Enarx: SGX, no claims */
};

/* Opens the machine; what a policy has to trust, and the folder of collateral (made), as
 * files of that folder, too. */
void keep_machine_open(const char *collateral);

/* Certificate of the simulated root, PEM. */
struct bytes keep_root(void);

struct keep keep_usual(EVP_PKEY *key, struct bytes nonce);

/* DER, in a buffer that the next call uses again. */
struct bytes keep_request(const struct keep *keep);

/* What its extension holds: evidence and claims. The same. */
struct bytes keep_evidence(const struct keep *keep);

/* The quote in the last request. */
struct bytes keep_quote(void);

#endif
