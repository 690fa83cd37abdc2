/* SPDX-License-Identifier: Apache-2.0 */
/* TLS over an upgraded connection; see tunnel.h. */
#include "host/deploy/tunnel.h"

#include "include/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define PIECE 32768u /* bytes from the wire at once */

int tunnel_open(struct tunnel *t, struct upgrade *wire, const struct tls_identity *identity)
{
    const struct tls_config config = {.own = identity, .alpn = CHANNEL_ALPN};
    *t = (struct tunnel){.wire = wire};
    return tls_session_new(&config, &t->tls);
}

void tunnel_close(struct tunnel *t)
{
    tls_session_free(t->tls);
    *t = (struct tunnel){0};
}

/* What a broken wire does not take is lost; reading tells that it is broken. */
static void push(struct tunnel *t)
{
    for (;;) {
        const struct bytes out = tls_session_outgoing(t->tls);
        const int64_t sent = t->broken ? -EIO : upgrade_send(t->wire, out);
        t->broken = sent < 0;
        tls_session_sent(t->tls, sent < 0 ? out.size : (size_t)sent);
        if (out.size == 0 || sent == 0)
            return;
    }
}

/* 0 when something came, or the end; -EAGAIN. */
static int pull(struct tunnel *t)
{
    uint8_t piece[PIECE];
    const size_t room = tls_session_room(t->tls);
    if (room == 0)
        return -EAGAIN;
    const int64_t n = upgrade_receive(t->wire, piece, room < PIECE ? room : PIECE);
    if (n == -EAGAIN)
        return -EAGAIN;
    if (n > 0)
        (void)!tls_session_feed(t->tls, (struct bytes){piece, (size_t)n});
    else
        tls_session_feed_end(t->tls);
    return 0;
}

int tunnel_handshake(struct tunnel *t)
{
    int result;
    do {
        result = tls_session_handshake(t->tls);
        push(t);
    } while (result == -EAGAIN && pull(t) == 0);
    return result;
}

/* KeyUpdates [RFC 8446 4.6.3] may come without end: the caller has others to serve. */
int64_t tunnel_read(struct tunnel *t, void *to, size_t size)
{
    const int64_t n = tls_session_read(t->tls, to, size);
    return n == -EAGAIN && pull(t) == 0 ? -EINTR : n;
}

size_t tunnel_write(struct tunnel *t, struct bytes from)
{
    push(t);
    const int64_t n = from.size == 0 ? 0 : tls_session_write(t->tls, from);
    push(t);
    return n > 0 ? (size_t)n : 0;
}

short tunnel_events(const struct tunnel *t)
{
    const bool waiting = !t->broken && tls_session_outgoing(t->tls).size > 0;
    const int no = tls_session_room(t->tls) > 0 ? 0 : POLLIN;
    return (short)((upgrade_events(t->wire) & ~no) | (waiting ? POLLOUT : 0));
}

void tunnel_shutdown(struct tunnel *t)
{
    tls_session_shutdown(t->tls);
    push(t);
}
