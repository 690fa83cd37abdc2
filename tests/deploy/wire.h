/* SPDX-License-Identifier: Apache-2.0 */
/* One end of a deployment channel, for tests: blocking TLS over a socket by OpenSSL
 * alone, not by tls/, so that a mistake there does not hide itself. Does what it is
 * told, rules broken or not; trusts nothing that it reads. */
#ifndef TESTS_DEPLOY_WIRE_H
#define TESTS_DEPLOY_WIRE_H

#include "base/attr.h"
#include "base/cur.h"
#include "include/channel.h"

#include <openssl/ssl.h>

struct wire_config {
    bool server;
    int version;      /* the highest: TLS1_3_VERSION */
    const char *alpn; /* null: names none */
    EVP_PKEY *key;    /* a client's may be null: shows no certificate */
    unsigned timeout; /* seconds that a read or write waits */
};

struct wire {
    SSL_CTX *context;
    SSL *ssl;
    int fd; /* borrowed */
    bool ended;
    char end[128]; /* how: "notify", "cut", "reset", "timeout", "alert ..." */
};

/* 0, or -1 with `end` filled: the handshake failed. A client's has not failed yet when
 * the server only refuses what it sees of the client: that shows at the next read. */
must_use int wire_open(struct wire *w, int fd, const struct wire_config *config);

/* Without a word to the peer. */
void wire_close(struct wire *w);

/* False when it did not go; `end` says why unless a read is to say it. */
must_use bool wire_write(struct wire *w, struct bytes from);

/* A header that says `size` and before it whatever `zero` is, then `payload`. */
must_use bool wire_send(struct wire *w, uint32_t type, uint64_t size, struct bytes payload);

struct message {
    uint32_t type;
    struct bytes payload; /* valid until the next one is taken */
};

/* False at the end, with `end` filled: "malformed" for what is no message of the
 * side that sends. */
must_use bool wire_take(struct wire *w, enum channel_side from, struct message *m);

/* 0 or -1. */
must_use int wire_export(struct wire *w, struct bytes nonce,
                         uint8_t out[static CHANNEL_EXPORTER_SIZE]);

#endif
