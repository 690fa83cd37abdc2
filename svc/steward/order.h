/* SPDX-License-Identifier: Apache-2.0 */
/* What the process that faces the network tells the one that signs: numbers and digests of
 * a fixed size, never bytes to sign and never a name. Pure. The reader trusts nothing. */
#ifndef SVC_STEWARD_ORDER_H
#define SVC_STEWARD_ORDER_H

#include "attest/policy.h"
#include "base/attr.h"
#include "svc/steward/check.h"

#define ORDER_SIZE            272u
#define ORDER_KEY_MAX         120u /* DER SubjectPublicKeyInfo on P-384; 91 on P-256 */
#define ORDER_MEASUREMENT_MAX 48u
#define ORDER_DIGEST_SIZE     32u

struct order {
    enum kind kind;
    bool simulated; /* by a root that the policy alone names */
    bool original;  /* evidence in the original's form: no entry, name or workload */
    uint32_t entry; /* of [[names]] */
    uint32_t hosts; /* bits: which of the entry's names */
    uint8_t measurement[ORDER_MEASUREMENT_MAX];
    size_t measurement_size;
    uint8_t workload[ORDER_DIGEST_SIZE]; /* zero for the original's */
    uint8_t evidence[ORDER_DIGEST_SIZE]; /* SHA-256 */
    uint8_t public_key[ORDER_KEY_MAX];
    size_t public_key_size;
};

/* "sgx", or "simulated sgx". */
const char *order_tee(const struct order *order);

struct bytes order_measurement(const struct order *order);
struct bytes order_public_key(const struct order *order);

void order_put(const struct order *order, uint8_t message[static ORDER_SIZE]);

/* STEWARD_order_form unless it is one that order_put can have made. */
must_use enum steward_check order_parse(const uint8_t message[static ORDER_SIZE],
                                        struct order *out);

#endif
