/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that an order stands for, made from the policy's own names and the
 * authority's own clock: whoever gives orders has no say in anything else. Pure but for
 * random serial numbers. Trusts the policy and the key; nothing in an order. */
#ifndef SVC_STEWARD_CERTIFICATE_H
#define SVC_STEWARD_CERTIFICATE_H

#include "conf/policy_toml.h"
#include "crypto/issue.h"
#include "svc/steward/order.h"
#include "svc/steward/rate.h"

#include <openssl/types.h>

#define CERTIFICATE_MAX      4096u /* bytes of one */
#define CERTIFICATE_LIFETIME 86400 /* seconds, at most, of which: */
#define CERTIFICATE_BACKDATE 300   /* before now: clocks differ */

/* What a certificate says of its subject, beside its key and names:
 *
 *     SEQUENCE { tee UTF8String, "sgx", or "simulated sgx"
 *                measurement OCTET STRING,
 *                workload OCTET STRING, empty for the original's evidence
 *                evidence OCTET STRING, SHA-256 of the report or quote }
 *
 * under an object identifier made from a UUID [X.667]. */
#define STATEMENT_OID "2.25.243729772745770050111524027220042009250"

struct authority {
    struct issuer issuer;
    int64_t not_before, not_after; /* of its certificate */
    const EC_KEY *curve;           /* a key on P-256, see ecdsa_key(), or null */
    const struct policy_file *policy;
    bool legacy;
    int64_t lifetime; /* seconds from not_before to not_after */
};

/* DER of the certificate behind what `out` holds. STEWARD_PASSED, or why there is none;
 * *error is -errno when something failed. */
must_use enum steward_check certificate_make(const struct authority *authority,
                                             const struct order *order, int64_t now,
                                             struct put *out, int *error);

struct moment {
    int64_t now; /* seconds since 1970 */
    uint64_t ms; /* of clock_ms() */
};

/* The same of a message, and of no more than `rate` allows. */
must_use enum steward_check certificate_answer(const struct authority *authority, struct rate *rate,
                                               struct moment at,
                                               const uint8_t message[static ORDER_SIZE],
                                               struct put *out, int *error);

#endif
