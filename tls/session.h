/* SPDX-License-Identifier: Apache-2.0 */
/* One TLS 1.3 session [RFC 8446] over memory: the caller carries ciphertext to and from
 * the wire, so that a session works over a socket, a port handle or a test's buffer, and
 * never waits. Trusts OpenSSL, which reads no configuration file here. No tickets, no
 * resumption, no early data, no renegotiation, no compression.
 *
 * Who the peer is: any certificate is taken of a key on P-256 or P-384, of Ed25519, or of
 * RSA with 2048 to 8192 bits, and its key is told; unless there are roots that it has to lead
 * to, or a judge. The peer has proved that it holds that key once the handshake is done.
 *
 * Each call takes what came as far as it goes: after any, bytes may be outgoing. A session
 * holds memory for ciphertext, some 130 KiB each way at most, only while there is any. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "base/attr.h"
#include "base/cur.h"

#include <openssl/evp.h>
#include <stdbool.h>

/* A key and the certificate that goes with it. Borrowed. */
struct tls_identity {
    EVP_PKEY *key;
    struct bytes cert;  /* DER */
    struct bytes above; /* DER, one behind the other: the one that issued it, and so on; without
                           the root, which others have. Empty: none */
};

struct tls_session;

/* Certificates that are trusted: of CAs, or of peers themselves. */
struct tls_roots;

/* Of `certs`, DER, one behind the other. 0, -EBADMSG when one is malformed or there is none,
 * or -ENOMEM. */
must_use int tls_roots_new(struct bytes certs, struct tls_roots **out);
void tls_roots_free(struct tls_roots *r);

/* Whether to take the peer that has this certificate, DER, at `now`, seconds since 1970. If
 * not, says why to `why`. It has not yet proved to hold its key. */
typedef bool tls_judge(void *context, struct bytes cert, int64_t now, char *why, size_t size);

struct tls_config {
    bool server;
    const struct tls_identity *own; /* a client's may be null */
    bool ask_client;                /* server: asks for a certificate, does without */
    bool require_client;            /* server: asks for one, and does not do without */
    const char *alpn;               /* the one protocol that both must name; null: none */
    struct bytes protocols;        /* in its place, as sent [RFC 7301 3.1]: a server takes the first
                                      that the client offers, or none from one that offers none; a
                                      client insists that one is taken */
    const char *server_name;       /* client: told to the server, and with roots wanted in its
                                      certificate. An address is wanted, not told. Null: neither */
    const struct tls_roots *roots; /* the peer's certificate must lead to one of these, be valid,
                                      and be of a server or client as the peer is */
    tls_judge *judge;              /* beside that; null: none */
    void *judge_context;
};

/* What sessions with one configuration share. Roots, and what a judge needs, are borrowed for
 * its life, the rest is copied. 0; -EKEYREJECTED when key and certificates do not belong
 * together or are malformed; -EINVAL for a server without them, or a protocol whose name is empty
 * or too long; or -ENOMEM. */
struct tls_context;
must_use int tls_context_new(const struct tls_config *config, struct tls_context **out);

/* Another identity for the sessions that are yet to be opened: those that there are go on with
 * theirs. Copied. 0, or -EKEYREJECTED, and then it has its old one. */
must_use int tls_context_set_identity(struct tls_context *c, const struct tls_identity *own);

/* After the last of its sessions. Null is none. */
void tls_context_free(struct tls_context *c);

/* A session that begins at `now`, seconds since 1970: certificates are judged by that. 0 or
 * -ENOMEM. */
must_use int tls_session_open(const struct tls_context *c, int64_t now, struct tls_session **out);

/* A session with a context of its own, in 1970: not one for roots. 0, or what
 * tls_context_new() gives. */
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
 * at most, and then how many were, be it none. Null when there is no room, or memory is
 * short: then the session has failed. */
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

/* The same, but leaves them where they are; of one record only. */
must_use int64_t tls_session_peek(struct tls_session *s, void *to, size_t size);

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

/* What went wrong, in OpenSSL's or the judge's words; "" when nothing did. */
const char *tls_session_why(const struct tls_session *s);

#endif
