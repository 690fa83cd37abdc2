/* SPDX-License-Identifier: Apache-2.0 */
/* Who the peer of a session is; for tls/. */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include "tls/context.h"

#define TLS_WHY_MAX   256u
#define TLS_DEPTH_MAX 8 /* certificates between a peer's and a root */

struct tls_roots {
    X509_STORE *store;
};

/* Certificates, DER, one behind the other. 0, -EBADMSG or -ENOMEM. */
must_use int tls_certs_parse(struct bytes certs, STACK_OF(X509) * *out);

/* The certificates that are asked for, and how they are judged. 0 or -ENOMEM. */
must_use int tls_peer_configure(const struct tls_context *c, const struct tls_config *config);

/* What a session of `c` that begins at `now`, seconds since 1970, wants of its peer; a judge
 * says why it refuses to `why`, of TLS_WHY_MAX bytes, which lives as long. 0 or -ENOMEM. */
must_use int tls_peer_expect(const struct tls_context *c, SSL *ssl, int64_t now, char *why);

/* Why the peer's certificate was refused, in words; "" when it was not. */
const char *tls_peer_why(const SSL *ssl);

#endif
