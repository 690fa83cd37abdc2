/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS side of a server on the host: its certificate, and whose clients' certificates
 * it takes. TLS 1.3 alone [RFC 8446]; no tickets, no resumption, no early data. Trusts
 * OpenSSL and the files it is given. */
#ifndef NET_SERVER_TLS_H
#define NET_SERVER_TLS_H

#include "base/cur.h"
#include "host/fault.h"

#include <openssl/ssl.h>

/* PEM. Names are for messages. */
struct server_pem {
    struct bytes text;
    const char *name;
};

struct server_identity {
    struct server_pem chain;     /* the server's certificate, then those above it */
    struct server_pem key;       /* its private key, unencrypted */
    struct server_pem client_ca; /* who vouches for clients; empty: clients are not asked */
};

/* Free with SSL_CTX_free. A client that shows no certificate is let in, one whose
 * certificate those authorities do not vouch for is not. 0 or -errno with `fault` filled. */
must_use int server_tls_new(const struct server_identity *identity, SSL_CTX **out,
                            struct fault *fault);

#endif
