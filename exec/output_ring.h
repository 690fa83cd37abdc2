/* SPDX-License-Identifier: Apache-2.0 */
/* Output of a workload while nobody is there to read it: in order, streams between each
 * other, and the oldest gone when there is no more room. Pure; trusts its caller. */
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
    size_t start; /* of the oldest record */
    size_t size;  /* bytes in use */
    size_t last;  /* of the newest record, counted from the start */
    uint64_t lost;
};

/* 0 or -ENOMEM. */
must_use int output_ring_init(struct output_ring *r, size_t capacity);
void output_ring_fini(struct output_ring *r);

bool output_ring_is_empty(const struct output_ring *r);

/* Bytes that one record may add without a loss. */
size_t output_ring_room(const struct output_ring *r);

/* Adds bytes of STDOUT or STDERR, or one LOG. Of more than fits the end is kept. */
void output_ring_put(struct output_ring *r, enum channel_type type, struct bytes data);

struct output_record {
    enum channel_type type;
    uint32_t size;
};

/* The oldest record, of a ring that is not empty. */
struct output_record output_ring_oldest(const struct output_ring *r);

/* Takes its first `size` bytes, at most all of them, of a LOG just all. */
void output_ring_take(struct output_ring *r, uint8_t *to, uint32_t size);

/* Bytes lost since this was asked last. */
uint64_t output_ring_lost(struct output_ring *r);

#endif
