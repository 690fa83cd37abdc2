/* SPDX-License-Identifier: Apache-2.0 */
/* One TLS 1.3 session [RFC 8446] over memory: the caller carries ciphertext to and from
 * the wire, so that a session works over a socket, a port handle or a test's buffer, and
 * never waits. Trusts OpenSSL, which reads no configuration file here. No tickets, no
 * resumption, no early data, no renegotiation, no compression.
 *
 * Who the peer is, is the caller's to decide: any certificate is taken, and its key is
 * told. The peer has proved that it holds that key once the handshake is done. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "base/attr.h"
#include "base/cur.h"

#include <openssl/evp.h>
#include <stdbool.h>

/* A key and the certificate that goes with it. Borrowed. */
struct tls_identity {
    EVP_PKEY *key;
    struct bytes cert; /* DER */
};

struct tls_config {
    bool server;
    const struct tls_identity *own; /* a client's may be null */
    bool ask_client;                /* server: asks for a certificate, does without */
    const char *alpn;               /* the one protocol that both must name */
};

struct tls_session;

/* 0 or -errno. */
must_use int tls_session_new(const struct tls_config *config, struct tls_session **out);

/* Wipes its keys. Null is none. */
void tls_session_free(struct tls_session *s);

/* ---- the wire ---- */

/* Room for ciphertext from the wire: at least one byte unless the session has all it can
 * hold, and must be read first. */
size_t tls_session_room(const struct tls_session *s);

/* Takes at most the room there is; returns how much. */
size_t tls_session_feed(struct tls_session *s, struct bytes from);

/* The wire has ended. Without the peer's close_notify that is a truncation. */
void tls_session_feed_end(struct tls_session *s);

/* Ciphertext for the wire, borrowed until the next call; and how much of it went. */
struct bytes tls_session_outgoing(const struct tls_session *s);
void tls_session_sent(struct tls_session *s, size_t size);

/* ---- the session ---- */

/* 0 when the handshake is done, -EAGAIN when it wants more of the wire, -EPROTO when it
 * failed: an alert may be outgoing. */
must_use int tls_session_handshake(struct tls_session *s);

/* Bytes of plaintext: how many, 0 at the peer's close_notify, -EAGAIN, -ECONNABORTED for
 * a stream cut short, -EPROTO. Never before the handshake is done. */
must_use int64_t tls_session_read(struct tls_session *s, void *to, size_t size);

/* Plaintext that a read would give at once, as far as known. */
size_t tls_session_buffered(struct tls_session *s);

/* Takes at least one byte, or -EAGAIN while too much is outgoing, or -EPIPE. */
must_use int64_t tls_session_write(struct tls_session *s, struct bytes from);

/* Says that no more is written: close_notify becomes outgoing. */
void tls_session_shutdown(struct tls_session *s);

/* Exported keying material [RFC 8446 7.5]. 0 or -errno. */
must_use int tls_session_export(struct tls_session *s, const char *label, struct bytes context,
                                uint8_t *out, size_t size);

/* The peer's key, DER SubjectPublicKeyInfo, to `der` of `*size` bytes. 0, -ENOENT when
 * the peer showed none, -EMSGSIZE. */
must_use int tls_session_peer_key(const struct tls_session *s, uint8_t *der, size_t *size);

/* What went wrong, in OpenSSL's words; "" when nothing did. */
const char *tls_session_why(const struct tls_session *s);

#endif
