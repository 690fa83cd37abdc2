/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the deployment channel out of a stream of bytes that comes in pieces of
 * any size. Pure; trusts nothing that it reads.
 *
 *     struct cur in = cur_init(what came);
 *     while ((result = channel_reader_next(&reader, &in, &part)) == 1)
 *         act on part;
 */
#ifndef CHANNEL_READER_H
#define CHANNEL_READER_H

#include "channel/message.h"

/* A message; or, of WORKLOAD alone, a part of its payload, one after the other. The
 * bytes are borrowed, from input or buffer, until the next call. */
struct channel_part {
    enum channel_type type;
    uint64_t size;      /* of the whole payload */
    uint64_t offset;    /* of `bytes` in it; 0 for a whole message */
    struct bytes bytes; /* of WORKLOAD at least one */
};

struct channel_reader {
    enum channel_side from;
    uint8_t head[CHANNEL_HEADER_SIZE];
    size_t head_size; /* bytes of it that are there */
    struct channel_header header;
    uint64_t offset; /* bytes of its payload that came */
    uint8_t *buffer; /* borrowed: holds a payload that comes in pieces */
    size_t capacity;
    int failure;
};

/* Of messages that `from` sends: CHANNEL_OWNER or CHANNEL_KEEP. */
void channel_reader_init(struct channel_reader *r, enum channel_side from, void *buffer,
                         size_t capacity);

/* Takes what it needs from the front of `in`. 1 and a part; 0 when all of `in` is taken
 * and more is needed; -EBADMSG for a header that is wrong (see message.h) or -EMSGSIZE
 * for a message that the buffer cannot hold, both for ever. */
must_use int channel_reader_next(struct channel_reader *r, struct cur *in,
                                 struct channel_part *part);

#endif
