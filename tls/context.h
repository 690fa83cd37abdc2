/* SPDX-License-Identifier: Apache-2.0 */
/* What sessions of one kind have in common; for tls/. Trusts OpenSSL. */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls/session.h"

#include <openssl/ssl.h>

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *wire; /* of tls_session_wire() */
    bool server;
    uint8_t *protocols; /* as sent [RFC 7301 3.1]; null: none */
    size_t protocols_size;
    bool must_agree;   /* on one of them */
    char *server_name; /* null: none */
    bool verified;     /* by roots */
    tls_judge *judge;
    void *judge_context;
};

/* The BIOs of sessions. Null when memory is short. */
BIO_METHOD *tls_session_wire(void);

/* The protocol that was agreed on, empty where none was, is one that will do. */
bool tls_context_agrees(const struct tls_context *c, struct bytes protocol);

#endif
