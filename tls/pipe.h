/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes on their way, in order: memory is held only while there are any, so that a session
 * at rest costs none. Trusts its caller. Nothing secret goes through: it is not wiped. */
#ifndef TLS_PIPE_H
#define TLS_PIPE_H

#include "base/attr.h"
#include "base/cur.h"

#include <stdbool.h>

/* Zeroes are an empty one. */
struct pipe {
    uint8_t *data; /* null: empty */
    size_t start;  /* of what is held, */
    size_t end;
    size_t room;
    size_t usual; /* bytes that it needed of late: what it begins with */
};

#define PIPE_MAX (8u * (16384u + 261u)) /* bytes held: eight records [RFC 8446 5.2] */

void pipe_fini(struct pipe *p);

/* What is held, borrowed until the next call; and how much of it was taken. */
struct bytes pipe_held(const struct pipe *p);
void pipe_taken(struct pipe *p, size_t size);

/* How much more it may come to hold. */
size_t pipe_room(const struct pipe *p);

/* Where some of that may be put, `*size` bytes at most, and then how many were. Null when
 * there is no room, or memory is short. */
uint8_t *pipe_space(struct pipe *p, size_t *size);
void pipe_added(struct pipe *p, size_t size);

/* All of `from`, for which there is room. False when memory is short. */
must_use bool pipe_put(struct pipe *p, struct bytes from);

#endif
