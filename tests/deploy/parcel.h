/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of a WORKLOAD as an owner would make it, but for one lie. */
#ifndef TESTS_DEPLOY_PARCEL_H
#define TESTS_DEPLOY_PARCEL_H

#include "base/cur.h"
#include "tests/deploy/step.h"

struct parcel {
    struct bytes payload; /* valid until the next one is made */
    uint64_t declared;    /* its size, as the message's header is to say */
    uint8_t digest[32];   /* of the manifest: the workload digest */
};

/* Options: module=FILE; args=WORD WORD..., the first being argv[0]; file=TEXT, the
 * content of /file; flags=N; memory=BYTES; lie=NAME. `key`: DER SubjectPublicKeyInfo,
 * or empty. Ends the program when it cannot. */
struct parcel parcel_make(const struct step *s, struct bytes key);

#endif
