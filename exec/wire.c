/* SPDX-License-Identifier: Apache-2.0 */
/* TLS over the port; see wire.h. */
#include "exec/wire.h"

#include "exec/check.h"
#include "include/channel.h"

#include <errno.h>

int wire_open(struct wire *w, int64_t handle, const struct tls_identity *own)
{
    const struct tls_config config = {
        .server = true, .own = own, .ask_client = true, .alpn = CHANNEL_ALPN};
    *w = (struct wire){.handle = handle};
    const int error = tls_session_new(&config, &w->tls);
    if (error < 0) {
        w->tls = NULL;
        port_close(handle);
    }
    return error;
}

void wire_close(struct wire *w)
{
    if (w->tls == NULL)
        return;
    tls_session_free(w->tls);
    port_close(w->handle);
    *w = (struct wire){0};
}

bool wire_is_flushed(const struct wire *w)
{
    return w->broken || tls_session_outgoing(w->tls).size == 0;
}

struct port_poll_row wire_row(const struct wire *w)
{
    const unsigned write = wire_is_flushed(w) ? 0 : PORT_POLL_WRITE;
    const bool room = CHECK(stream_room, tls_session_room(w->tls) > 0);
    return (struct port_poll_row){.handle = (int32_t)w->handle,
                                  .want = (uint16_t)((room ? PORT_POLL_READ : 0) | write)};
}

int wire_receive(struct wire *w)
{
    size_t room = 0;
    uint8_t *to = tls_session_space(w->tls, &room);
    if (room == 0)
        return 0;
    room = room < PORT_CHUNK ? room : PORT_CHUNK;
    const int64_t got = port_read(w->handle, to, room, 0);
    tls_session_fed(w->tls, got > 0 ? (size_t)got : 0);
    if (got == -EAGAIN)
        return 0;
    if (got <= 0) {
        w->broken = w->broken || got < 0;
        tls_session_feed_end(w->tls);
        return 0;
    }
    w->came += (uint64_t)got;
    return (size_t)got == room;
}

/* What is outgoing, to the port. */
static void send(struct wire *w)
{
    while (!wire_is_flushed(w)) {
        const struct bytes out = tls_session_outgoing(w->tls);
        const int64_t sent = port_write(w->handle, out.data, out.size);
        if (sent == -EAGAIN || sent == 0)
            return;
        w->broken = sent < 0;
        if (w->broken)
            return;
        tls_session_sent(w->tls, (size_t)sent);
        w->went += (uint64_t)sent;
    }
}

int64_t wire_write(struct wire *w, struct bytes from, bool last)
{
    size_t taken = 0;
    if (from.size == 0 && last)
        tls_session_shutdown(w->tls);
    send(w);
    while (!w->broken && taken < from.size) {
        const struct bytes rest = {.data = from.data + taken, .size = from.size - taken};
        const int64_t more = tls_session_write(w->tls, rest);
        if (more == -EAGAIN)
            break;
        w->broken = more < 0;
        taken += more < 0 ? 0 : (size_t)more;
        if (taken == from.size && last)
            tls_session_shutdown(w->tls);
        send(w);
    }
    return w->broken ? -EPIPE : (int64_t)taken;
}
