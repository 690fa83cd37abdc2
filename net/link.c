/* SPDX-License-Identifier: Apache-2.0 */
/* TLS connections carried on; see link.h. Trusts OpenSSL.
 *
 * OpenSSL reads no further than the record it is at, and each is taken whole, so that all
 * that waits is in the kernel, which tells of it again and again until it is taken. A record
 * that holds no data is a turn of its own: of KeyUpdates [RFC 8446 4.6.3] a client can send
 * more than we can take, and never be done. */
#define _GNU_SOURCE
#include "net/link.h"

#include "host/check.h"
#include "host/clock.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECORD_MAX  16384u     /* plaintext [RFC 8446 5.1] */
#define ROUNDS      4          /* buffers each way before others get their turn */
#define DROPPED_MAX (1u << 20) /* bytes that it may still send meanwhile */

/* ---- buffers ---- */

static size_t half_size(const struct link_half *h) { return h->end - h->start; }

static size_t half_room(struct link_half *h)
{
    if (h->start == h->end)
        h->start = h->end = 0;
    if (h->start > 0 && LINK_BUFFER - h->end < RECORD_MAX) {
        memmove(h->data, h->data + h->start, half_size(h));
        h->end -= h->start;
        h->start = 0;
    }
    return LINK_BUFFER - h->end;
}

static bool half_wants_more(struct link_half *h) { return !h->ended && half_room(h) >= RECORD_MAX; }

static void half_sent(struct link_half *h, size_t size)
{
    const size_t before = size < h->uncounted ? size : h->uncounted;
    h->start += size;
    h->uncounted -= before;
    if (h->count != NULL)
        *h->count += size - before;
}

/* One end is gone. */
static void hurry(struct link *l)
{
    const uint64_t then = clock_ms() + l->patience_ms;
    if (l->patience_ms != 0 && (l->deadline == 0 || l->deadline > then))
        l->deadline = then;
}

/* Its sink is gone: what comes is read, so that the peer is not cut off in the middle of
 * reading, and dropped. */
static void half_drop(struct link *l, struct link_half *h)
{
    h->start = h->end = 0;
    h->done = true;
    hurry(l);
}

static bool is_later(void) { return errno == EAGAIN || errno == EINTR; }

/* ---- TLS ---- */

/* What an operation of SSL came to: 0 when it has to be tried again later. */
static int ssl_outcome(struct link *l, int result)
{
    switch (SSL_get_error(l->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        l->wire_wants |= EPOLLIN;
        return 0;
    case SSL_ERROR_WANT_WRITE:
        l->wire_wants |= EPOLLOUT;
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return -ENODATA;
    default:
        return -ECONNRESET;
    }
}

static int handshake(struct link *l)
{
    l->wire_wants = 0;
    ERR_clear_error();
    int result = l->ssl == NULL ? 1 : SSL_accept(l->ssl);
    if (result != 1) {
        int error = ssl_outcome(l, result);
        return error < 0 ? -EPROTO : 0;
    }
    l->secured = true;
    return l->opened(l->context, l);
}

static bool takes_too_much(const struct link *l)
{
    const uint64_t before = l->up.count == NULL ? 0 : *l->up.count;
    return before > l->up_max || half_size(&l->up) > l->up_max - before;
}

/* Bytes read; 0 for none now, -ENODATA at the end. */
static int read_some(struct link *l, uint8_t *to)
{
    if (l->ssl == NULL) {
        const ssize_t n = recv(l->wire.fd, to, RECORD_MAX, MSG_DONTWAIT);
        l->up.quiet = n < (ssize_t)RECORD_MAX;
        if (n > 0)
            return (int)n;
        if (n < 0 && is_later())
            l->wire_wants |= EPOLLIN;
        return n == 0 ? -ENODATA : is_later() ? 0 : -ECONNRESET;
    }
    ERR_clear_error();
    const int n = SSL_read(l->ssl, to, RECORD_MAX);
    l->up.quiet = n <= 0;
    return n > 0 ? n : ssl_outcome(l, n);
}

/* The same of bytes written, at least one. */
static int write_some(struct link *l, const uint8_t *from, size_t size)
{
    if (l->ssl == NULL) {
        const ssize_t n = send(l->wire.fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && is_later())
            l->wire_wants |= EPOLLOUT;
        return n >= 0 ? (int)n : is_later() ? 0 : -ECONNRESET;
    }
    ERR_clear_error();
    const int n = SSL_write(l->ssl, from, (int)size);
    return n > 0 ? n : ssl_outcome(l, n);
}

/* Bytes read, 0 when there are none for now. */
static int read_wire(struct link *l)
{
    const int n = read_some(l, l->up.data + l->up.end);
    if (n > 0) {
        l->up.end += (size_t)n;
        return takes_too_much(l) ? -EDQUOT : n;
    }
    const int error = n;
    l->up.ended = error == -ENODATA;
    return l->up.ended ? 0 : error;
}

static int write_wire(struct link *l)
{
    struct link_half *h = &l->down;
    while (half_size(h) > 0) {
        const int n = write_some(l, h->data + h->start, half_size(h));
        if (n <= 0)
            return n;
        half_sent(h, (size_t)n);
    }
    return 0;
}

/* close_notify, and the end of the stream below it. */
static int end_wire(struct link *l)
{
    ERR_clear_error();
    int result = l->ssl == NULL ? 0 : SSL_shutdown(l->ssl);
    if (result < 0)
        return ssl_outcome(l, result);
    shutdown(l->wire.fd, SHUT_WR);
    l->down.done = true;
    return 0;
}

/* ---- the other end ---- */

static int read_plain(struct link *l)
{
    struct link_half *h = &l->down;
    const size_t room = half_room(h);
    ssize_t n = recv(l->plain.fd, h->data + h->end, room, MSG_DONTWAIT);
    h->quiet = n < (ssize_t)room;
    if (n > 0)
        h->end += (size_t)n;
    else if (n == 0 || !is_later())
        h->ended = true;
    return n > 0 ? (int)n : 0;
}

static void write_plain(struct link *l)
{
    struct link_half *h = &l->up;
    ssize_t n = send(l->plain.fd, h->data + h->start, half_size(h), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
        half_sent(h, (size_t)n);
    else if (n < 0 && !is_later())
        half_drop(l, h);
}

/* ---- the halves ---- */

/* Bytes moved, or -errno. */
static int pump_up(struct link *l)
{
    struct link_half *h = &l->up;
    int moved = 0;
    while (half_wants_more(h) && (!h->quiet || l->wire_gone) && moved < (int)LINK_BUFFER) {
        int n = read_wire(l);
        if (n < 0)
            return n;
        if (n == 0)
            break;
        moved += n;
    }
    if (h->done) {
        l->dropped += half_size(h);
        h->start = h->end = 0;
        return l->dropped > DROPPED_MAX ? -ECONNABORTED : moved;
    }
    if (half_size(h) > 0)
        write_plain(l);
    if (h->ended && !h->done && half_size(h) == 0) {
        shutdown(l->plain.fd, SHUT_WR);
        h->done = true;
        hurry(l);
    }
    return moved;
}

static int pump_down(struct link *l)
{
    struct link_half *h = &l->down;
    int moved = half_wants_more(h) && (!h->quiet || l->plain_gone) ? read_plain(l) : 0;
    int error = half_size(h) > 0 ? write_wire(l) : 0;
    if (error == 0 && h->ended && !h->done && half_size(h) == 0)
        error = end_wire(l);
    return error < 0 ? error : moved;
}

static int pump(struct link *l)
{
    for (int i = 0; i < ROUNDS; i++) {
        l->wire_wants = 0;
        int up = pump_up(l);
        if (up < 0)
            return up;
        int down = pump_down(l);
        if (down < 0)
            return down;
        if (up == 0 && down == 0)
            break;
    }
    return 0;
}

/* ---- the whole ---- */

/* Where one end has hung up, what it has left behind is fetched as the other takes it. */
static void wait_for_more(struct link *l)
{
    uint32_t wire = l->wire_wants & EPOLLOUT, plain = 0;
    if (!l->secured)
        wire = l->wire_wants;
    else if (half_wants_more(&l->up))
        wire |= EPOLLIN;
    if (half_size(&l->down) > 0 || (l->plain_gone && !l->down.ended))
        wire |= EPOLLOUT;
    if (half_wants_more(&l->down))
        plain |= EPOLLIN;
    if (half_size(&l->up) > 0 || (l->wire_gone && !l->up.ended))
        plain |= EPOLLOUT;
    if (!l->wire_gone)
        loop_change(l->loop, &l->wire, wire);
    if (l->plain.fd >= 0 && !l->plain_gone)
        loop_change(l->loop, &l->plain, plain);
}

static bool is_over(const struct link *l)
{
    return (l->up.ended && l->up.done && l->down.done) || (l->wire_gone && l->plain_gone);
}

static void step(struct link *l)
{
    int error = 0;
    if (!l->secured)
        error = handshake(l);
    if (error == 0 && l->secured && l->plain.fd >= 0)
        error = pump(l);
    if (error < 0 || is_over(l))
        link_close(l, error);
    else
        wait_for_more(l);
}

/* A hang-up would be told without end. */
static void hear_no_more(struct link *l, struct watch *watch, bool *gone)
{
    loop_remove(l->loop, watch);
    *gone = true;
}

static void wire_ready(void *context, uint32_t events)
{
    struct link *l = context;
    if (events & EPOLLERR) {
        link_close(l, -ECONNRESET);
        return;
    }
    if (events & EPOLLHUP)
        hear_no_more(l, &l->wire, &l->wire_gone);
    l->up.quiet = false;
    step(l);
}

static void plain_ready(void *context, uint32_t events)
{
    struct link *l = context;
    if (events & (EPOLLHUP | EPOLLERR)) {
        hear_no_more(l, &l->plain, &l->plain_gone);
        half_drop(l, &l->up);
    }
    l->down.quiet = false;
    step(l);
}

static void configure(SSL *ssl)
{
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                          SSL_MODE_RELEASE_BUFFERS);
    /* What is carried knows its own end; of a connection that ends without close_notify
     * the other direction may still be of use. */
    SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_set_read_ahead(ssl, 0);
    SSL_clear_mode(ssl, CHECKED(link_turn, SSL_MODE_AUTO_RETRY, 0));
}

void link_free(struct link *l)
{
    SSL_free(l->ssl);
    free(l->up.data);
    free(l->down.data);
    close(l->wire.fd);
    free(l);
}

struct link *link_open(struct loop *loop, SSL_CTX *tls, int wire)
{
    struct link *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        close(wire);
        return NULL;
    }
    l->loop = loop;
    l->ssl = tls == NULL ? NULL : SSL_new(tls);
    l->wire = (struct watch){.fd = wire, .ready = wire_ready, .context = l};
    l->plain = (struct watch){.fd = -1, .ready = plain_ready, .context = l};
    l->up.data = malloc(LINK_BUFFER);
    l->down.data = malloc(LINK_BUFFER);
    l->up_max = UINT64_MAX;
    const bool secure = l->ssl != NULL && SSL_set_fd(l->ssl, wire) == 1;
    if (l->up.data == NULL || l->down.data == NULL || secure != (tls != NULL)) {
        link_free(l);
        return NULL;
    }
    if (secure)
        configure(l->ssl);
    return l;
}

int link_start(struct link *l) { return loop_add(l->loop, &l->wire, EPOLLIN); }

static void detach(struct link *l)
{
    if (l->plain.fd < 0)
        return;
    loop_remove(l->loop, &l->plain);
    close(l->plain.fd);
    l->plain.fd = -1;
    l->plain_gone = false;
}

/* Nothing is lost: what does not fit, or came too early, is an error. */
static int finish_with_plain(struct link *l)
{
    if (l->plain.fd < 0)
        return 0;
    while (half_room(&l->down) > 0 && read_plain(l) > 0)
        ;
    const bool whole = half_size(&l->up) == 0 && half_room(&l->down) > 0 && !l->down.ended;
    return whole ? 0 : -EPROTO;
}

int link_attach(struct link *l, int plain)
{
    int error = finish_with_plain(l);
    l->down.uncounted = half_size(&l->down);
    detach(l);
    l->plain.fd = plain;
    l->down.quiet = false;
    if (error == 0)
        error = loop_add(l->loop, &l->plain, 0);
    if (error < 0) {
        close(plain);
        l->plain.fd = -1;
        return error;
    }
    wait_for_more(l);
    return 0;
}

void link_close(struct link *l, int error)
{
    detach(l);
    loop_remove(l->loop, &l->wire);
    l->closed(l->context, l, error);
    link_free(l);
}
