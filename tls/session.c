/* SPDX-License-Identifier: Apache-2.0 */
/* TLS sessions over memory; see session.h. Trusts OpenSSL, which reads what has come from
 * the wire, and writes what is to go there, through one BIO. */
#include "tls/session.h"

#include "base/wipe.h"
#include "tls/check.h"
#include "tls/peer.h"
#include "tls/pipe.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX  16384u
#define RECORD_MAX (5u + PLAIN_MAX + 256u) /* [RFC 8446 5.2] */

struct tls_session {
    SSL *ssl;
    struct pipe in, out;               /* ciphertext */
    bool ended;                        /* the wire, behind what is in */
    bool dry;                          /* OpenSSL has seen all that is in, and waits for more */
    const struct tls_context *context; /* null: in tests of what peers do */
    struct tls_context *own;           /* null: the context is shared */
    bool done;                         /* the handshake */
    bool closed;                       /* nothing more is written */
    bool closing;                      /* close_notify had no room yet */
    int failure;                       /* 0, or what reading has come to for ever */
    const char *why;
    char judged[TLS_WHY_MAX];
};

/* ---- what OpenSSL sees of the wire ---- */

static int wire_read(BIO *wire, char *to, int size)
{
    struct tls_session *s = BIO_get_data(wire);
    const struct bytes held = pipe_held(&s->in);
    BIO_clear_retry_flags(wire);
    if (size <= 0 || held.size == 0) {
        if (!s->ended)
            BIO_set_retry_read(wire);
        return s->ended ? 0 : -1;
    }
    const size_t taken = held.size < (size_t)size ? held.size : (size_t)size;
    memcpy(to, held.data, taken);
    pipe_taken(&s->in, taken);
    return (int)taken;
}

static int wire_write(BIO *wire, const char *from, int size)
{
    struct tls_session *s = BIO_get_data(wire);
    const size_t room = pipe_room(&s->out);
    BIO_clear_retry_flags(wire);
    if (size <= 0)
        return 0;
    if (room == 0) {
        BIO_set_retry_write(wire);
        return -1;
    }
    const size_t taken = room < (size_t)size ? room : (size_t)size;
    const bool ok = pipe_put(&s->out, (struct bytes){(const uint8_t *)from, taken});
    return ok ? (int)taken : -1;
}

static long wire_control(BIO *wire, int what, maybe_unused long number, maybe_unused void *at)
{
    const struct tls_session *s = BIO_get_data(wire);
    if (what == BIO_CTRL_EOF)
        return s->ended && pipe_held(&s->in).size == 0;
    return what == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_session_wire(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire");
    if (m == NULL ||
        (BIO_meth_set_read(m, wire_read) == 1 && BIO_meth_set_write(m, wire_write) == 1 &&
         BIO_meth_set_ctrl(m, wire_control) == 1))
        return m;
    BIO_meth_free(m);
    return NULL;
}

/* ---- its life ---- */

static bool open_session(struct tls_session *s, const struct tls_context *c)
{
    s->why = "";
    s->context = c;
    s->ssl = SSL_new(c->ssl);
    BIO *wire = BIO_new(c->wire);
    if (s->ssl == NULL || wire == NULL) {
        BIO_free(wire);
        return false;
    }
    BIO_set_data(wire, s);
    BIO_set_init(wire, 1);
    SSL_set_bio(s->ssl, wire, wire);
    if (c->server)
        SSL_set_accept_state(s->ssl);
    else
        SSL_set_connect_state(s->ssl);
    return true;
}

int tls_session_open(const struct tls_context *c, int64_t now, struct tls_session **out)
{
    struct tls_session *s = calloc(1, sizeof(*s));
    const bool ok =
        s != NULL && open_session(s, c) && tls_peer_expect(c, s->ssl, now, s->judged) == 0;
    ERR_clear_error();
    if (!ok) {
        tls_session_free(s);
        return -ENOMEM;
    }
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
    pipe_fini(&s->in);
    pipe_fini(&s->out);
    tls_context_free(s->own);
    free(s);
}

/* ---- what SSL says ---- */

static int fail_for_ever(struct tls_session *s, int failure, const char *why)
{
    s->failure = CHECKED(wire_failure, failure, 0);
    s->why = why == NULL ? "TLS failed" : why;
    return failure;
}

static int explain(struct tls_session *s)
{
    const unsigned long error = ERR_peek_last_error();
    if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return CHECKED(wire_end, fail_for_ever(s, -ECONNABORTED, "the connection was cut"), 0);
    if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return fail_for_ever(s, -EPROTO, tls_peer_why(s->ssl));
    return fail_for_ever(s, -EPROTO, ERR_reason_error_string(error));
}

/* What became of a call that did not succeed: 0 at the peer's close_notify, -EAGAIN, or
 * a failure, which stays. */
static int outcome(struct tls_session *s, int result)
{
    const int error = SSL_get_error(s->ssl, result);
    int became = 0;
    switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        s->dry = error == SSL_ERROR_WANT_READ;
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

/* ---- the wire ---- */

size_t tls_session_room(const struct tls_session *s) { return s->ended ? 0 : pipe_room(&s->in); }

uint8_t *tls_session_space(struct tls_session *s, size_t *size)
{
    *size = 0;
    if (tls_session_room(s) == 0)
        return NULL;
    uint8_t *to = pipe_space(&s->in, size);
    if (to == NULL)
        (void)fail_for_ever(s, -EPROTO, "memory is short");
    return to;
}

void tls_session_fed(struct tls_session *s, size_t size)
{
    pipe_added(&s->in, size);
    s->dry = s->dry && size == 0;
}

size_t tls_session_feed(struct tls_session *s, struct bytes from)
{
    size_t taken = 0;
    while (taken < from.size) {
        size_t size;
        uint8_t *to = tls_session_space(s, &size);
        if (to == NULL)
            break;
        size = from.size - taken < size ? from.size - taken : size;
        memcpy(to, from.data + taken, size);
        tls_session_fed(s, size);
        taken += size;
    }
    return taken;
}

void tls_session_feed_end(struct tls_session *s)
{
    s->ended = true;
    s->dry = false;
}

struct bytes tls_session_outgoing(const struct tls_session *s) { return pipe_held(&s->out); }

static void say_goodbye(struct tls_session *s)
{
    ERR_clear_error();
    s->closing = SSL_shutdown(s->ssl) < 0 && SSL_get_error(s->ssl, -1) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
}

void tls_session_sent(struct tls_session *s, size_t size)
{
    pipe_taken(&s->out, size);
    if (s->closing)
        say_goodbye(s);
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

/* OpenSSL's: at rest there are none. A handshake uses them again and again. */
static void give_buffers_back(struct tls_session *s)
{
    SSL_set_mode(s->ssl, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_free_buffers(s->ssl);
}

int tls_session_handshake(struct tls_session *s)
{
    if (s->done || s->failure < 0)
        return s->done ? 0 : s->failure;
    if (s->dry)
        return -EAGAIN;
    ERR_clear_error();
    const int result = SSL_do_handshake(s->ssl);
    if (result != 1) {
        const int became = outcome(s, result);
        return became == 0 ? fail_for_ever(s, -ECONNABORTED, "closed within the handshake")
                           : became;
    }
    if (!CHECK(peer_protocol, protocol_agreed(s)))
        return fail_for_ever(s, -EPROTO, "the other side speaks another protocol (ALPN)");
    s->done = true;
    give_buffers_back(s);
    return 0;
}

/* From one record. */
static int64_t read_some(struct tls_session *s, uint8_t *to, size_t size)
{
    size_t got = 0;
    if (s->failure < 0 || s->dry)
        return s->failure < 0 ? s->failure : -EAGAIN;
    ERR_clear_error();
    const int result = SSL_read_ex(s->ssl, to, size, &got);
    return result == 1 ? (int64_t)got : outcome(s, result);
}

int64_t tls_session_read(struct tls_session *s, void *to, size_t size)
{
    size_t got = 0;
    if (!CHECK(peer_early, s->done))
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
    if (!CHECK(peer_early, s->done) || s->failure < 0 || s->dry)
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
    if (pipe_room(&s->out) < CHECKED(wire_records, RECORD_MAX, PLAIN_MAX + 22u))
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
    if (!CHECK(peer_early, s->done))
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
    const X509 *cert = CHECK(key_proved, s->done) ? SSL_get0_peer_certificate(s->ssl) : NULL;
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
