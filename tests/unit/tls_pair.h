/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of TLS and what lies between them, for tests. An end is one of ours, or has a
 * context of OpenSSL's that a test has made as it likes. */
#ifndef TLS_PAIR_H
#define TLS_PAIR_H

#include "tls/session.h"

#include <openssl/ssl.h>

/* Bytes that one of ours holds at most, from the wire and for it. */
extern const size_t pair_holds;

/* Ours, with a key made once for each side; `alpn` may be null. */
struct tls_session *pair_server(const char *alpn);
struct tls_session *pair_client(const char *alpn);
const struct tls_identity *pair_identity(bool server);
struct tls_session *pair_new(const struct tls_config *config);

/* One of OpenSSL's, which checks nothing of the other side. Takes the context. */
struct tls_session *pair_raw(SSL_CTX *ctx, bool server);
SSL_CTX *pair_context(const struct tls_identity *own); /* null: none */
struct tls_session *pair_raw_client(void);
struct tls_session *pair_raw_server(void);
SSL *pair_ssl(struct tls_session *s);

/* How much ciphertext may still become outgoing. */
size_t pair_room_out(const struct tls_session *s);

/* A certificate for any key, signed by itself, of `padding` bytes more. */
X509 *pair_certificate(EVP_PKEY *key, size_t padding);

/* Says KeyUpdates, which hold no data, to a socket until that takes no more; how many bytes. */
size_t pair_flood(struct tls_session *s, int fd);

/* Carries what is outgoing, at most `most` bytes; returns how many. */
size_t pair_carry(struct tls_session *from, struct tls_session *to, size_t most);
void pair_carry_all(struct tls_session *a, struct tls_session *b);

/* Until neither goes on: what each has come to. */
struct pair_result {
    int client, server;
};
struct pair_result pair_handshake(struct tls_session *client, struct tls_session *server);

/* The same after all that the other had to say: -EAGAIN for one that waits for data. Both
 * are freed. */
struct pair_result pair_meet(struct tls_session *client, struct tls_session *server);

/* They speak; or both fail, since who refuses sends an alert. */
void pair_agree(struct tls_session *client, struct tls_session *server);
void pair_refuse(struct tls_session *client, struct tls_session *server);

/* A handshake that must succeed. */
void pair_connect(struct tls_session *client, struct tls_session *server);

/* Two of ours, connected. */
struct pair {
    struct tls_session *client, *server;
};
struct pair pair_open(const char *alpn);
void pair_close(struct pair p);

/* `text` goes all the way, and nothing else. */
void pair_say(struct tls_session *from, struct tls_session *to, const char *text);

#endif
