/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of any bytes, cut into pieces as the first bytes say: the same comes out as of
 * one piece, up to the same failure, and no part lies outside. */
/* links: channel/reader.c channel/message.c base/cur.c base/put.c */
#include "channel/reader.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY 256

struct heard {
    struct put log; /* every payload behind its type, offsets left out */
    int result;
};

static void hear(struct heard *h, const struct channel_part *part)
{
    const bool streamed = part->type == CHANNEL_WORKLOAD;
    if (part->offset + part->bytes.size > part->size || (streamed && part->bytes.size == 0) ||
        (!streamed && (part->bytes.size != part->size || part->size > CAPACITY)))
        abort();
    if (part->offset == 0) {
        put_u8(&h->log, (uint8_t)part->type);
        put_le64(&h->log, part->size);
    }
    put_bytes(&h->log, part->bytes);
}

/* In pieces whose sizes go round; each in memory of its own. */
static void read_all(struct bytes stream, enum channel_side from, struct bytes sizes,
                     struct heard *h)
{
    uint8_t buffer[CAPACITY];
    struct channel_reader r;
    struct cur all = cur_init(stream);
    channel_reader_init(&r, from, buffer, sizeof(buffer));
    for (size_t i = 0; cur_left(&all) > 0 && h->result == 0; i++) {
        size_t size = sizes.size == 0 ? cur_left(&all) : 1u + sizes.data[i % sizes.size];
        size = size < cur_left(&all) ? size : cur_left(&all);
        uint8_t *piece = malloc(size);
        struct channel_part part;
        if (piece == NULL)
            abort();
        memcpy(piece, cur_take(&all, size).data, size);
        struct cur in = cur_init((struct bytes){piece, size});
        while ((h->result = channel_reader_next(&r, &in, &part)) == 1)
            hear(h, &part);
        if (h->result == 0 && cur_left(&in) > 0)
            abort();
        if (h->result < 0 && r.failure == 0)
            abort();
        free(piece);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t logs[2][1 << 20];
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    const enum channel_side from = cur_u8(&c) & 1 ? CHANNEL_KEEP : CHANNEL_OWNER;
    const struct bytes sizes = cur_take(&c, 3);
    const struct bytes stream = cur_take(&c, cur_left(&c));
    struct heard cut = {.log = put_init(logs[0], sizeof(logs[0]))};
    struct heard whole = {.log = put_init(logs[1], sizeof(logs[1]))};
    read_all(stream, from, sizes, &cut);
    read_all(stream, from, (struct bytes){0}, &whole);
    if (cut.result != whole.result || !bytes_equal(put_done(&cut.log), put_done(&whole.log)))
        abort();
    return 0;
}
