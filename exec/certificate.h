/* SPDX-License-Identifier: Apache-2.0 */
/* What this keep shows on TLS streams: a key made here, and a certificate around it that it
 * signs itself, with evidence in it where the keep can prove anything; and what it sends a
 * steward for another. */
#ifndef EXEC_CERTIFICATE_H
#define EXEC_CERTIFICATE_H

#include "attest/claims.h"
#include "exec/identity.h"
#include "tls/session.h"

/* What it is for: borrowed. */
struct keep_subject {
    const uint8_t *workload;   /* digest */
    const struct bytes *names; /* of hosts that it speaks for */
    size_t name_count;
};

struct keep_certificate {
    struct keep_subject subject;
    struct keep_identity identity;
    struct tls_identity own; /* of that key; its bytes are owned */
    struct claims claims;    /* of this keep itself; not decoded: it proves nothing */
};

/* 0 or -errno. */
must_use int keep_certificate_init(struct keep_certificate *c, const struct keep_subject *subject);

/* A request for a certificate of the same key and names, PKCS #10 in DER, behind what `out`
 * holds: with new evidence in it, of that nonce. 0 or -errno: -ENOSYS for a keep that can
 * prove nothing, -EMSGSIZE when there is no room. */
must_use int keep_certificate_request(const struct keep_certificate *c, struct bytes nonce,
                                      struct put *out);
void keep_certificate_fini(struct keep_certificate *c);

#endif
