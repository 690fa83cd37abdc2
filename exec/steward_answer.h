/* SPDX-License-Identifier: Apache-2.0 */
/* What a steward answered, judged by what was asked. It came by way of the host: trusts
 * nothing in it but what leads to the authority that the manifest pins, and of that one only
 * that it may certify this key under these names, for a day. */
#ifndef EXEC_STEWARD_ANSWER_H
#define EXEC_STEWARD_ANSWER_H

#include "base/put.h"
#include "tls/session.h"

#define STEWARD_PATH_MAX     10u            /* certificates in an answer */
#define STEWARD_LIFETIME_MAX (25 * 60 * 60) /* seconds: a day, and an hour since clocks differ */

struct steward_asked {
    struct bytes public_key;   /* DER SubjectPublicKeyInfo */
    const struct bytes *names; /* of hosts, those that the certificate has to have */
    size_t name_count;         /* 0: some, whatever the steward gives */
    const struct tls_roots *roots;
    int64_t now; /* seconds since 1970 */
};

struct steward_answer {
    struct bytes cert;  /* DER, a slice of what was answered */
    int64_t not_after;  /* seconds since 1970 */
    const char *detail; /* of a refusal, in OpenSSL's words, or "" */
};

/* Checks an answer, a PkiPath [RFC 6066 10.1]: null when it is good, and then
 * what lies between certificate and root put to `above`, as in a struct tls_identity; else why
 * not, in a constant text that goes on from "its answer". */
const char *steward_answer_check(struct bytes path, const struct steward_asked *asked,
                                 struct put *above, struct steward_answer *answer);

#endif
