/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of any shape for tests, made by OpenSSL: those that our own code would not
 * make, too. Failures end the test. */
#ifndef MADE_CERT_H
#define MADE_CERT_H

#include "base/cur.h"

#include <openssl/evp.h>

struct made_cert {
    EVP_PKEY *key; /* owned, or borrowed of what it was made like */
    bool borrowed;
    uint8_t der[4096];
    size_t size;
};

struct made_like {
    const char *name;           /* common name */
    const char *extensions;     /* lines of OpenSSL's NAME=VALUE, beside key identifiers */
    int64_t before, after;      /* seconds since 1970 */
    const struct made_cert *by; /* null: itself */
    EVP_PKEY *key;              /* null: a new one of P-256 */
    bool old;                   /* of version 1: no extensions */
};

void made_cert_init(struct made_cert *m, struct made_like like);
void made_cert_fini(struct made_cert *m);
struct bytes made_cert_der(const struct made_cert *m);

#endif
