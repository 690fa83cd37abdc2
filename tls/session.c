/* SPDX-License-Identifier: Apache-2.0 */
/* TLS sessions over memory; see session.h. Trusts OpenSSL, whose pair of BIOs holds
 * what has come from the wire and what is to go there. */
#include "tls/session.h"

#include "base/wipe.h"
#include "tls/peer.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX  16384u
#define RECORD_MAX (5u + PLAIN_MAX + 256u) /* [RFC 8446 5.2] */
#define HELD_MAX   (8u * RECORD_MAX)       /* bytes each way */

struct tls_session {
    SSL *ssl;
    BIO *wire;                         /* its near end; the far one is SSL's */
    const struct tls_context *context; /* null: in tests of what peers do */
    struct tls_context *own;           /* null: the context is shared */
    bool done;                         /* the handshake */
    bool closed;                       /* nothing more is written */
    bool closing;                      /* close_notify had no room yet */
    int failure;                       /* 0, or what reading has come to for ever */
    const char *why;
    char judged[TLS_WHY_MAX];
};

static bool open_session(struct tls_session *s, SSL_CTX *ctx, bool server)
{
    BIO *far = NULL;
    s->why = "";
    s->ssl = SSL_new(ctx);
    if (s->ssl == NULL || BIO_new_bio_pair(&far, HELD_MAX, &s->wire, HELD_MAX) != 1)
        return false;
    SSL_set_bio(s->ssl, far, far);
    if (server)
        SSL_set_accept_state(s->ssl);
    else
        SSL_set_connect_state(s->ssl);
    return true;
}

int tls_session_open(const struct tls_context *c, int64_t now, struct tls_session **out)
{
    struct tls_session *s = calloc(1, sizeof(*s));
    const bool ok = s != NULL && open_session(s, c->ssl, c->server) &&
                    tls_peer_expect(c, s->ssl, now, s->judged) == 0;
    ERR_clear_error();
    if (!ok) {
        tls_session_free(s);
        return -ENOMEM;
    }
    s->context = c;
    *out = s;
    return 0;
}

int tls_session_new(const struct tls_config *config, struct tls_session **out)
{
    struct tls_context *c = NULL;
    int result = tls_context_new(config, &c);
    if (result == 0)
        result = tls_session_open(c, 0, out);
    if (result < 0)
        tls_context_free(c);
    else
        (*out)->own = c;
    return result;
}

void tls_session_free(struct tls_session *s)
{
    if (s == NULL)
        return;
    SSL_free(s->ssl);
    BIO_free(s->wire);
    tls_context_free(s->own);
    free(s);
}

/* ---- the wire ---- */

size_t tls_session_room(const struct tls_session *s)
{
    return BIO_ctrl_get_write_guarantee(s->wire);
}

size_t tls_session_feed(struct tls_session *s, struct bytes from)
{
    const size_t room = tls_session_room(s);
    const size_t size = from.size < room ? from.size : room;
    const int taken = size == 0 ? 0 : BIO_write(s->wire, from.data, (int)size);
    return taken < 0 ? 0 : (size_t)taken;
}

uint8_t *tls_session_space(struct tls_session *s, size_t *size)
{
    char *data = NULL;
    const int room = BIO_nwrite0(s->wire, &data);
    *size = room > 0 ? (size_t)room : 0;
    return (uint8_t *)data;
}

void tls_session_fed(struct tls_session *s, size_t size)
{
    char *data = NULL;
    if (size > 0)
        (void)BIO_nwrite(s->wire, &data, (int)size);
}

void tls_session_feed_end(struct tls_session *s) { (void)BIO_shutdown_wr(s->wire); }

struct bytes tls_session_outgoing(const struct tls_session *s)
{
    char *data = NULL;
    const int size = BIO_nread0(s->wire, &data);
    if (size <= 0)
        return (struct bytes){0};
    return (struct bytes){.data = (const uint8_t *)data, .size = (size_t)size};
}

static void say_goodbye(struct tls_session *s)
{
    ERR_clear_error();
    s->closing = SSL_shutdown(s->ssl) < 0 && SSL_get_error(s->ssl, -1) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
}

void tls_session_sent(struct tls_session *s, size_t size)
{
    char *data = NULL;
    if (size > 0)
        (void)BIO_nread(s->wire, &data, (int)size);
    if (s->closing)
        say_goodbye(s);
}

/* ---- what SSL says ---- */

static int fail_for_ever(struct tls_session *s, int failure, const char *why)
{
    s->failure = failure;
    s->why = why == NULL ? "TLS failed" : why;
    return failure;
}

static int explain(struct tls_session *s)
{
    const unsigned long error = ERR_peek_last_error();
    if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return fail_for_ever(s, -ECONNABORTED, "the connection was cut");
    if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return fail_for_ever(s, -EPROTO, tls_peer_why(s->ssl));
    return fail_for_ever(s, -EPROTO, ERR_reason_error_string(error));
}

/* What became of a call that did not succeed: 0 at the peer's close_notify, -EAGAIN, or
 * a failure, which stays. */
static int outcome(struct tls_session *s, int result)
{
    int became = 0;
    switch (SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        became = -EAGAIN;
        break;
    case SSL_ERROR_ZERO_RETURN:
        break;
    default:
        became = explain(s);
    }
    ERR_clear_error();
    return became;
}

/* ---- the session ---- */

/* A client may offer no protocol at all, and a server ignore what it is offered. */
static bool protocol_agreed(const struct tls_session *s)
{
    const unsigned char *name = NULL;
    unsigned size = 0;
    SSL_get0_alpn_selected(s->ssl, &name, &size);
    return s->context == NULL || tls_context_agrees(s->context, (struct bytes){name, size});
}

int tls_session_handshake(struct tls_session *s)
{
    if (s->done || s->failure < 0)
        return s->done ? 0 : s->failure;
    ERR_clear_error();
    const int result = SSL_do_handshake(s->ssl);
    if (result != 1) {
        const int became = outcome(s, result);
        return became == 0 ? fail_for_ever(s, -ECONNABORTED, "closed within the handshake")
                           : became;
    }
    if (!protocol_agreed(s))
        return fail_for_ever(s, -EPROTO, "the other side speaks another protocol (ALPN)");
    s->done = true;
    return 0;
}

/* From one record. */
static int64_t read_some(struct tls_session *s, uint8_t *to, size_t size)
{
    size_t got = 0;
    if (s->failure < 0)
        return s->failure;
    ERR_clear_error();
    const int result = SSL_read_ex(s->ssl, to, size, &got);
    return result == 1 ? (int64_t)got : outcome(s, result);
}

int64_t tls_session_read(struct tls_session *s, void *to, size_t size)
{
    size_t got = 0;
    if (!s->done)
        return s->failure < 0 ? s->failure : -EAGAIN;
    while (got < size) {
        const int64_t more = read_some(s, (uint8_t *)to + got, size - got);
        if (more <= 0)
            return got > 0 ? (int64_t)got : more;
        got += (size_t)more;
    }
    return (int64_t)got;
}

int64_t tls_session_peek(struct tls_session *s, void *to, size_t size)
{
    size_t got = 0;
    if (!s->done || s->failure < 0)
        return s->failure < 0 ? s->failure : -EAGAIN;
    ERR_clear_error();
    const int result = SSL_peek_ex(s->ssl, to, size, &got);
    return result == 1 ? (int64_t)got : outcome(s, result);
}

size_t tls_session_buffered(struct tls_session *s)
{
    uint8_t first = 0;
    const int64_t got = tls_session_peek(s, &first, 1);
    wipe(&first, sizeof(first));
    return got > 0 ? (size_t)SSL_pending(s->ssl) : 0;
}

/* One record, which surely fits: OpenSSL wants one that did not to be tried again. With our
 * suites it is 239 bytes shorter than it might be, room for the answer to a KeyUpdate that
 * goes out in front of it. */
static int64_t write_some(struct tls_session *s, struct bytes from)
{
    const size_t size = from.size < PLAIN_MAX ? from.size : PLAIN_MAX;
    size_t taken = 0;
    if (BIO_ctrl_get_write_guarantee(SSL_get_wbio(s->ssl)) < RECORD_MAX)
        return -EAGAIN;
    ERR_clear_error();
    const int result = SSL_write_ex(s->ssl, from.data, size, &taken);
    if (result == 1)
        return (int64_t)taken;
    return outcome(s, result) == -EAGAIN ? -EAGAIN : -EPIPE;
}

int64_t tls_session_write(struct tls_session *s, struct bytes from)
{
    size_t taken = 0;
    if (s->closed || s->failure < 0)
        return -EPIPE;
    if (!s->done)
        return -EAGAIN;
    while (taken < from.size) {
        const int64_t more =
            write_some(s, (struct bytes){.data = from.data + taken, .size = from.size - taken});
        if (more < 0)
            return taken > 0 ? (int64_t)taken : more;
        taken += (size_t)more;
    }
    return (int64_t)taken;
}

void tls_session_shutdown(struct tls_session *s)
{
    if (!s->done || s->closed)
        return;
    s->closed = true;
    say_goodbye(s);
}

int tls_session_export(struct tls_session *s, const char *label, struct bytes context, uint8_t *out,
                       size_t size)
{
    if (!s->done)
        return -ENOTCONN;
    const int result = SSL_export_keying_material(s->ssl, out, size, label, strlen(label),
                                                  context.data, context.size, 1);
    ERR_clear_error();
    return result == 1 ? 0 : -ENOMEM;
}

int tls_session_peer_key(const struct tls_session *s, uint8_t *der, size_t *size)
{
    const X509 *cert = s->done ? SSL_get0_peer_certificate(s->ssl) : NULL;
    if (cert == NULL)
        return -ENOENT;
    const X509_PUBKEY *key = X509_get_X509_PUBKEY(cert);
    const int needed = i2d_X509_PUBKEY(key, NULL);
    if (needed <= 0 || (size_t)needed > *size)
        return -EMSGSIZE;
    *size = (size_t)i2d_X509_PUBKEY(key, &der);
    return 0;
}

const char *tls_session_why(const struct tls_session *s) { return s->why; }
