/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that TLS wants around a key that evidence, or whoever knows it,
 * vouches for: signed by that key itself. Trusts its caller. */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include "base/attr.h"
#include "base/put.h"

#include <openssl/evp.h>

#define TLS_CERTIFICATE_MAX 1024u

/* DER behind what `out` holds, for a key of P-256. Valid at any time: whoever makes it
 * may have no clock to trust. 0, -EBADMSG for a key of another kind, or -ENOMEM. */
must_use int tls_certificate_put(EVP_PKEY *key, const char *name, struct put *out);

struct tls_certificate {
    const char *name;          /* common name */
    const struct bytes *hosts; /* names in subjectAltName */
    size_t host_count;         /* 0: none */
    struct bytes evidence;     /* what evidence_extension_put() made; empty: none */
};

/* The same of all that. As much longer than TLS_CERTIFICATE_MAX as names and evidence are. */
must_use int tls_certificate_make(EVP_PKEY *key, const struct tls_certificate *c, struct put *out);

#endif
