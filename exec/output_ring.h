/* SPDX-License-Identifier: Apache-2.0 */
/* Output of a workload that outlives sessions: in order, streams between each other, and
 * there until a session has acknowledged it. What one was sent and did not acknowledge,
 * the next one is sent again; the oldest goes when there is no more room. Pure; trusts its
 * caller. */
#ifndef EXEC_OUTPUT_RING_H
#define EXEC_OUTPUT_RING_H

#include "base/attr.h"
#include "base/cur.h"
#include "include/channel.h"

#include <stdbool.h>

#define OUTPUT_RING_HEAD 5u /* bytes beside each record's: u8 type, u32 size */

struct output_ring {
    uint8_t *data;
    size_t capacity;
    size_t start;       /* of the oldest record */
    size_t size;        /* bytes in use */
    size_t last;        /* of the newest record, counted from the start */
    size_t next;        /* of the one to be sent, likewise */
    uint32_t next_sent; /* bytes of it that were */
    uint64_t acked[2];  /* bytes of STDOUT and STDERR behind some that were not */
    uint64_t lost;
};

/* 0 or -ENOMEM. */
must_use int output_ring_init(struct output_ring *r, size_t capacity);
void output_ring_fini(struct output_ring *r);

/* Bytes that one record may add without a loss. */
size_t output_ring_room(const struct output_ring *r);

/* Adds bytes of STDOUT or STDERR, or one LOG. Of more than fits the end is kept. */
void output_ring_put(struct output_ring *r, enum channel_type type, struct bytes data);

struct output_record {
    enum channel_type type;
    uint32_t size; /* 0: there is none */
};

/* What is to be sent next. */
struct output_record output_ring_next(struct output_ring *r);

/* Its first `size` bytes, of a LOG just all: they are sent. */
void output_ring_send(struct output_ring *r, uint8_t *to, uint32_t size);

/* `size` bytes more of STDOUT or STDERR have arrived, of those that were sent first. */
void output_ring_ack(struct output_ring *r, enum channel_type type, uint64_t size);

/* A new session: all that is there is sent again. */
void output_ring_rewind(struct output_ring *r);

/* Bytes that are yet to be sent. */
uint64_t output_ring_unsent(const struct output_ring *r);

/* Bytes lost since this was asked last. */
uint64_t output_ring_lost(struct output_ring *r);

#endif
