/* SPDX-License-Identifier: Apache-2.0 */
/* Messages over a wire; see owner_session.h. */
#include "exec/owner_session.h"

#include "base/wipe.h"
#include "exec/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int owner_session_new(int64_t handle, const struct tls_identity *own, uint64_t now,
                      struct owner_session **out)
{
    struct owner_session *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        port_close(handle);
        return -ENOMEM;
    }
    int error = wire_open(&s->wire, handle, own);
    s->out = malloc(OWNER_OUT_SIZE);
    if (error == 0 && s->out == NULL)
        error = -ENOMEM;
    if (error < 0) {
        owner_session_free(s);
        return error;
    }
    s->state = keep_accept(now);
    channel_reader_init(&s->reader, CHANNEL_OWNER, s->first, sizeof(s->first));
    *out = s;
    return 0;
}

void owner_session_free(struct owner_session *s)
{
    if (s == NULL)
        return;
    wire_close(&s->wire);
    if (s->buffer != NULL)
        wipe(s->buffer, CHANNEL_DATA_MAX);
    free(s->buffer);
    free(s->out);
    free(s);
}

int owner_session_grow(struct owner_session *s)
{
    s->buffer = malloc(CHANNEL_DATA_MAX);
    if (s->buffer == NULL)
        return -ENOMEM;
    s->reader.buffer = s->buffer;
    s->reader.capacity = CHANNEL_DATA_MAX;
    return 0;
}

/* ---- in ---- */

static void take(struct owner_session *s, const struct owner_events *events, struct bytes plain)
{
    struct cur in = cur_init(plain);
    struct channel_part part;
    int result = 1;
    while (!s->over && (result = channel_reader_next(&s->reader, &in, &part)) == 1)
        events->came(events->context, s, &part);
    if (result < 0) /* what a buffer cannot hold comes too early */
        owner_session_refuse(s, result == -EMSGSIZE ? REFUSED_ORDER : REFUSED_MALFORMED);
}

static void take_plaintext(struct owner_session *s, const struct owner_events *events,
                           struct owner_buffer *buffer)
{
    while (!s->over) {
        const int64_t got = tls_session_read(s->wire.tls, buffer->bytes, sizeof(buffer->bytes));
        if (got == -EAGAIN)
            return;
        s->over = got <= 0;
        if (got > 0)
            take(s, events, (struct bytes){.data = buffer->bytes, .size = (size_t)got});
    }
}

/* True once the handshake is done. */
static bool shake_hands(struct owner_session *s, const struct owner_events *events)
{
    if (s->state.phase != SESSION_HANDSHAKE)
        return true;
    const int result = tls_session_handshake(s->wire.tls);
    owner_session_flush(s);
    s->over = result < 0 && result != -EAGAIN;
    if (result == 0)
        events->opened(events->context, s);
    return result == 0;
}

void owner_session_receive(struct owner_session *s, const struct owner_events *events,
                           struct owner_buffer *buffer)
{
    const uint64_t before = s->wire.came;
    for (bool more = true; !s->over && more;) {
        more = wire_receive(&s->wire) == 1 &&
               CHECK(session_turn, s->wire.came - before < WIRE_TURN_MAX);
        if (shake_hands(s, events))
            take_plaintext(s, events, buffer);
    }
}

void owner_session_refuse(struct owner_session *s, enum keep_refusal why)
{
    (void)owner_session_log(s, PORT_LOG_ERROR, bytes_of_text(keep_refusal_text(why)));
    owner_session_end(s, CHANNEL_END_FAILED, 1);
    owner_session_flush(s);
    s->refused = why;
    s->over = true;
}

/* ---- out ---- */

/* All that is sent is bounded by credit, but for what the reserve is for. */
static size_t reserve_for(enum channel_type type)
{
    switch (type) {
    case CHANNEL_CREDIT:
    case CHANNEL_LOG:
    case CHANNEL_LOST:
    case CHANNEL_EXIT:
        return 0;
    default:
        return OWNER_OUT_RESERVE;
    }
}

static size_t room_for(const struct owner_session *s, enum channel_type type)
{
    const size_t used = s->out_size + reserve_for(type) + CHANNEL_HEADER_SIZE;
    return used < OWNER_OUT_SIZE ? OWNER_OUT_SIZE - used : 0;
}

size_t owner_session_room(const struct owner_session *s) { return room_for(s, CHANNEL_STDOUT); }

struct put owner_session_message(struct owner_session *s, enum channel_type type, size_t size)
{
    struct put none = {.bad = true};
    const size_t whole = CHANNEL_HEADER_SIZE + size;
    if (s->over || size > room_for(s, type))
        return none;
    if (whole > OWNER_OUT_SIZE - s->out_start - s->out_size) {
        memmove(s->out, s->out + s->out_start, s->out_size);
        s->out_start = 0;
    }
    struct put p = put_init(s->out + s->out_start + s->out_size, whole);
    channel_header_put(&p, &(struct channel_header){.type = type, .size = size});
    s->out_size += whole;
    return p;
}

void owner_session_flush(struct owner_session *s)
{
    const struct bytes out = {.data = s->out + s->out_start, .size = s->out_size};
    const int64_t taken = wire_write(&s->wire, out, s->ending);
    if (taken < 0) {
        s->over = true;
        return;
    }
    s->out_size -= (size_t)taken;
    s->out_start = s->out_size == 0 ? 0 : s->out_start + (size_t)taken;
}

bool owner_session_is_flushed(const struct owner_session *s)
{
    return !s->over && s->out_size == 0 && wire_is_flushed(&s->wire);
}

bool owner_session_log(struct owner_session *s, enum port_level level, struct bytes text)
{
    const size_t size = text.size < CHANNEL_LOG_MAX ? text.size : CHANNEL_LOG_MAX;
    struct put p = owner_session_message(s, CHANNEL_LOG, 4 + size);
    put_le32(&p, level);
    put_bytes(&p, (struct bytes){.data = text.data, .size = size});
    return !p.bad;
}

void owner_session_end(struct owner_session *s, enum channel_end end, uint32_t status)
{
    struct put p = owner_session_message(s, CHANNEL_EXIT, 8);
    channel_pair_put(&p, (struct channel_pair){.first = end, .second = status});
    s->state.ended = true;
    s->ending = true;
}
