/* SPDX-License-Identifier: Apache-2.0 */
/* Messages out of a stream; see reader.h. Trusts nothing. */
#include "channel/reader.h"

#include <errno.h>
#include <string.h>

void channel_reader_init(struct channel_reader *r, enum channel_side from, void *buffer,
                         size_t capacity)
{
    *r = (struct channel_reader){.from = from, .buffer = buffer, .capacity = capacity};
}

static struct bytes take_most(struct cur *in, uint64_t wanted)
{
    const size_t left = cur_left(in);
    return cur_take(in, wanted < left ? (size_t)wanted : left);
}

/* 1 once there is a header that is right, 0, or a failure. */
static int take_head(struct channel_reader *r, struct cur *in)
{
    if (r->head_size == CHANNEL_HEADER_SIZE)
        return 1;
    const struct bytes more = take_most(in, CHANNEL_HEADER_SIZE - r->head_size);
    if (more.size > 0)
        memcpy(r->head + r->head_size, more.data, more.size);
    r->head_size += more.size;
    if (r->head_size < CHANNEL_HEADER_SIZE)
        return 0;
    r->offset = 0;
    const struct bytes head = {.data = r->head, .size = CHANNEL_HEADER_SIZE};
    if (channel_header_parse(head, r->from, &r->header) < 0)
        return -EBADMSG;
    const bool fits = r->header.type == CHANNEL_WORKLOAD || r->header.size <= r->capacity;
    return fits ? 1 : -EMSGSIZE;
}

/* Payload, where it is whole; else into the buffer. True once it is all there. */
static bool take_whole(struct channel_reader *r, struct cur *in, struct bytes *whole)
{
    const struct bytes more = take_most(in, r->header.size - r->offset);
    *whole = more;
    if (more.size == r->header.size)
        return true;
    if (more.size > 0)
        memcpy(r->buffer + r->offset, more.data, more.size);
    r->offset += more.size;
    *whole = (struct bytes){.data = r->buffer, .size = (size_t)r->offset};
    return r->offset == r->header.size;
}

static bool take_payload(struct channel_reader *r, struct cur *in, struct channel_part *part)
{
    *part = (struct channel_part){.type = r->header.type, .size = r->header.size};
    if (r->header.type != CHANNEL_WORKLOAD) {
        const bool whole = take_whole(r, in, &part->bytes);
        if (whole)
            r->head_size = 0;
        return whole;
    }
    part->offset = r->offset;
    part->bytes = take_most(in, r->header.size - r->offset);
    r->offset += part->bytes.size;
    if (r->offset == r->header.size)
        r->head_size = 0;
    return part->bytes.size > 0;
}

int channel_reader_next(struct channel_reader *r, struct cur *in, struct channel_part *part)
{
    if (r->failure < 0)
        return r->failure;
    const int result = take_head(r, in);
    if (result < 0)
        r->failure = result;
    if (result <= 0)
        return result;
    return take_payload(r, in, part) ? 1 : 0;
}
