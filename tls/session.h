/* SPDX-License-Identifier: Apache-2.0 */
/* One TLS 1.3 session [RFC 8446] over memory: the caller carries ciphertext to and from
 * the wire, so that a session works over a socket, a port handle or a test's buffer, and
 * never waits. Trusts OpenSSL, which reads no configuration file here. No tickets, no
 * resumption, no early data, no renegotiation, no compression.
 *
 * Who the peer is, is the caller's to decide: any certificate is taken of a key on P-256 or
 * P-384, of Ed25519, or of RSA with 2048 to 8192 bits, and its key is told. The peer has
 * proved that it holds that key once the handshake is done.
 *
 * Each call takes what came as far as it goes: after any, bytes may be outgoing. */
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
    const char *alpn;               /* the one protocol that both must name, borrowed for
                                       the session's life; null: none */
};

struct tls_session;

/* 0; -EKEYREJECTED when key and certificate do not belong together; -EINVAL for a server
 * without them, or a protocol whose name is empty or too long; or -ENOMEM. */
must_use int tls_session_new(const struct tls_config *config, struct tls_session **out);

/* Wipes its keys, in programs that have called crypto_wipe_freed(). Null is none. */
void tls_session_free(struct tls_session *s);

/* ---- the wire ---- */

/* Room for ciphertext from the wire: at least one byte unless the session has all it can
 * hold, and must be read first. */
size_t tls_session_room(const struct tls_session *s);

/* Takes at most the room there is; returns how much. */
size_t tls_session_feed(struct tls_session *s, struct bytes from);

/* The same without a copy: where the next bytes from the wire may be put, `*size` of them
 * at most, and then how many were. */
uint8_t *tls_session_space(struct tls_session *s, size_t *size);
void tls_session_fed(struct tls_session *s, size_t size);

/* The wire has ended. Without the peer's close_notify that is a truncation. */
void tls_session_feed_end(struct tls_session *s);

/* Ciphertext for the wire, borrowed until the next call; and how much of it went. */
struct bytes tls_session_outgoing(const struct tls_session *s);
void tls_session_sent(struct tls_session *s, size_t size);

/* ---- the session ---- */

/* 0 when the handshake is done, -EAGAIN when it wants more of the wire. -ECONNABORTED when
 * the wire ended in it, -EPROTO when it failed: an alert may be outgoing. */
must_use int tls_session_handshake(struct tls_session *s);

/* Bytes of plaintext: how many, 0 at the peer's close_notify, -EAGAIN, -ECONNABORTED for
 * a stream cut short, -EPROTO; -EAGAIN before the handshake is done. An end or a failure
 * comes after all that was before it, and stays. `size` is not 0. */
must_use int64_t tls_session_read(struct tls_session *s, void *to, size_t size);

/* Bytes of plaintext that have arrived and are known to be whole: a read gives at least as
 * many. 0 may also mean that it would give an end or a failure. */
size_t tls_session_buffered(struct tls_session *s);

/* Takes at least one byte; -EAGAIN while too much is outgoing, or before the handshake is
 * done; -EPIPE after a shutdown or a failure. */
must_use int64_t tls_session_write(struct tls_session *s, struct bytes from);

/* Says that no more is written: close_notify becomes outgoing. Reading goes on. Nothing
 * before the handshake is done. */
void tls_session_shutdown(struct tls_session *s);

/* Exported keying material [RFC 8446 7.5]. 0, -ENOTCONN before the handshake is done, or
 * -ENOMEM. */
must_use int tls_session_export(struct tls_session *s, const char *label, struct bytes context,
                                uint8_t *out, size_t size);

/* The peer's key, DER SubjectPublicKeyInfo, to `der` of `*size` bytes. 0, -ENOENT when
 * the peer showed none, -EMSGSIZE. */
must_use int tls_session_peer_key(const struct tls_session *s, uint8_t *der, size_t *size);

/* What went wrong, in OpenSSL's words; "" when nothing did. */
const char *tls_session_why(const struct tls_session *s);

#endif
