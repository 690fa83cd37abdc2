/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate leads to roots, apart from any session: of somebody's own, before it
 * is shown to others. Trusts the roots, and OpenSSL to build and judge paths [RFC 5280 6]. */
#ifndef TLS_PATH_H
#define TLS_PATH_H

#include "base/put.h"
#include "tls/session.h"

struct tls_path {
    struct bytes cert;   /* DER */
    struct bytes others; /* DER, one behind the other, in any order: what may lie above it */
};

/* Verifies that it leads to one of the roots at `now`, seconds since 1970, as a server's and
 * as a client's: all that a peer asks for but names. Puts to `above` what lies between, for a
 * struct tls_identity: of `others` only what is part of that path. 0; -EKEYREJECTED, and why in a
 * constant text; -EBADMSG for what is no certificate; -EMSGSIZE when `above` has no room, or
 * -ENOMEM. */
must_use int tls_path_verify(const struct tls_roots *roots, const struct tls_path *path,
                             int64_t now, struct put *above, const char **why);

/* What a certificate says that it is for. */
struct tls_purpose {
    bool ca;       /* in whatever way [RFC 5280 4.2.1.9] */
    bool signs;    /* digitalSignature [RFC 5280 4.2.1.3] */
    bool serves;   /* id-kp-serverAuth, by name [RFC 5280 4.2.1.12] */
    bool connects; /* id-kp-clientAuth */
};

/* 0, or -EBADMSG for what is no certificate, or has malformed extensions. */
must_use int tls_purpose_parse(struct bytes cert, struct tls_purpose *out);

#endif
