/* SPDX-License-Identifier: Apache-2.0 */
/* Output in a ring of records; see output_ring.h. Bytes of the same stream in a row are
 * one record. */
#include "exec/output_ring.h"

#include "base/put.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int output_ring_init(struct output_ring *r, size_t capacity)
{
    *r = (struct output_ring){.data = malloc(capacity), .capacity = capacity};
    return r->data == NULL ? -ENOMEM : 0;
}

void output_ring_fini(struct output_ring *r)
{
    free(r->data);
    *r = (struct output_ring){0};
}

size_t output_ring_room(const struct output_ring *r)
{
    const size_t left = r->capacity - r->size;
    return left > OUTPUT_RING_HEAD ? left - OUTPUT_RING_HEAD : 0;
}

/* ---- bytes, counted from the start and round the end ---- */

static void write_at(struct output_ring *r, size_t offset, const uint8_t *from, size_t size)
{
    const size_t at = (r->start + offset) % r->capacity;
    const size_t first = size < r->capacity - at ? size : r->capacity - at;
    memcpy(r->data + at, from, first);
    memcpy(r->data, from + first, size - first);
}

static void read_at(const struct output_ring *r, size_t offset, uint8_t *to, size_t size)
{
    const size_t at = (r->start + offset) % r->capacity;
    const size_t first = size < r->capacity - at ? size : r->capacity - at;
    memcpy(to, r->data + at, first);
    memcpy(to + first, r->data, size - first);
}

static size_t less(size_t a, size_t b) { return a > b ? a - b : 0; }

static void skip(struct output_ring *r, size_t size)
{
    r->start = (r->start + size) % r->capacity;
    r->size -= size;
    r->last = less(r->last, size);
    r->next = less(r->next, size);
}

/* ---- records ---- */

static struct output_record record_at(const struct output_ring *r, size_t offset)
{
    uint8_t head[OUTPUT_RING_HEAD];
    read_at(r, offset, head, sizeof(head));
    struct cur c = cur_init((struct bytes){.data = head, .size = sizeof(head)});
    const enum channel_type type = cur_u8(&c);
    return (struct output_record){.type = type, .size = cur_le32(&c)};
}

static void put_record(struct output_ring *r, size_t offset, struct output_record record)
{
    uint8_t head[OUTPUT_RING_HEAD];
    struct put p = put_init(head, sizeof(head));
    put_u8(&p, (uint8_t)record.type);
    put_le32(&p, record.size);
    write_at(r, offset, head, sizeof(head));
}

/* Takes `size` bytes off the front of the oldest record, and its head with the last. */
static void shorten(struct output_ring *r, struct output_record oldest, uint32_t size)
{
    const bool whole = size == oldest.size;
    if (r->next == 0)
        r->next_sent = whole ? 0 : (uint32_t)less(r->next_sent, size);
    skip(r, size + (whole ? OUTPUT_RING_HEAD : 0));
    if (whole)
        return;
    put_record(r, 0, (struct output_record){.type = oldest.type, .size = oldest.size - size});
}

static void drop(struct output_ring *r, size_t wanted)
{
    const struct output_record oldest = record_at(r, 0);
    const bool whole = oldest.type == CHANNEL_LOG || wanted >= oldest.size;
    const uint32_t size = whole ? oldest.size : (uint32_t)wanted;
    r->lost += size;
    shorten(r, oldest, size);
}

void output_ring_put(struct output_ring *r, enum channel_type type, struct bytes data)
{
    const size_t most = r->capacity - OUTPUT_RING_HEAD;
    if (data.size > most) {
        r->lost += data.size - most;
        data = (struct bytes){.data = data.data + data.size - most, .size = most};
    }
    if (data.size == 0)
        return;
    while (output_ring_room(r) < data.size)
        drop(r, data.size - output_ring_room(r));
    struct output_record newest = {.type = type};
    if (r->size > 0 && type != CHANNEL_LOG && record_at(r, r->last).type == type) {
        newest = record_at(r, r->last);
    } else {
        r->last = r->size;
        r->size += OUTPUT_RING_HEAD;
    }
    newest.size += (uint32_t)data.size;
    put_record(r, r->last, newest);
    write_at(r, r->size, data.data, data.size);
    r->size += data.size;
}

/* ---- sending ---- */

struct output_record output_ring_next(struct output_ring *r)
{
    if (r->size == 0)
        return (struct output_record){0};
    struct output_record next = record_at(r, r->next);
    if (r->next_sent == next.size && r->next != r->last) {
        r->next += OUTPUT_RING_HEAD + next.size;
        r->next_sent = 0;
        next = record_at(r, r->next);
    }
    next.size -= r->next_sent;
    return next;
}

/* Lets go of what has arrived, as far as nothing before it has not. */
static void release(struct output_ring *r)
{
    while (r->size > 0) {
        const struct output_record oldest = record_at(r, 0);
        const uint32_t sent = r->next > 0 ? oldest.size : r->next_sent;
        const bool text = oldest.type == CHANNEL_LOG;
        uint64_t *acked = &r->acked[oldest.type == CHANNEL_STDERR];
        const uint32_t size = text || sent < *acked ? sent : (uint32_t)*acked;
        if (size == 0)
            return;
        *acked -= text ? 0 : size;
        shorten(r, oldest, size);
    }
}

void output_ring_send(struct output_ring *r, uint8_t *to, uint32_t size)
{
    read_at(r, r->next + OUTPUT_RING_HEAD + r->next_sent, to, size);
    r->next_sent += size;
    release(r);
}

void output_ring_ack(struct output_ring *r, enum channel_type type, uint64_t size)
{
    r->acked[type == CHANNEL_STDERR] += size;
    release(r);
}

void output_ring_rewind(struct output_ring *r)
{
    r->next = 0;
    r->next_sent = 0;
    r->acked[0] = 0;
    r->acked[1] = 0;
}

uint64_t output_ring_unsent(const struct output_ring *r)
{
    uint64_t unsent = 0;
    for (size_t at = r->next; at < r->size;) {
        const uint32_t size = record_at(r, at).size;
        unsent += size;
        at += OUTPUT_RING_HEAD + size;
    }
    return unsent - r->next_sent;
}

uint64_t output_ring_lost(struct output_ring *r)
{
    const uint64_t lost = r->lost;
    r->lost = 0;
    return lost;
}
