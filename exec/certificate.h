/* SPDX-License-Identifier: Apache-2.0 */
/* What this keep shows on TLS streams: a key made here, and a certificate around it that it
 * signs itself, with evidence in it where the keep can prove anything. */
#ifndef EXEC_CERTIFICATE_H
#define EXEC_CERTIFICATE_H

#include "attest/claims.h"
#include "exec/identity.h"
#include "tls/session.h"

struct keep_certificate {
    struct keep_identity identity;
    struct tls_identity own; /* of that key; its bytes are owned */
    struct claims claims;    /* of this keep itself; not decoded: it proves nothing */
};

/* For the workload with that digest; `names` are those of hosts that it speaks for. 0 or
 * -errno. */
must_use int keep_certificate_init(struct keep_certificate *c, const uint8_t *workload,
                                   const struct bytes *names, size_t name_count);
void keep_certificate_fini(struct keep_certificate *c);

#endif
