/* SPDX-License-Identifier: Apache-2.0 */
/* The port's verbs that take an usher (usher.h): sockets of a deployment, and what stewards
 * say. Runs in the keep's process, within its sandbox, and never waits: an order is sent
 * once, and whoever asks is told -EAGAIN until the answer is there. The keep is hostile. */
#ifndef HOST_PORT_USHER_H
#define HOST_PORT_USHER_H

#include "base/attr.h"
#include "base/cur.h"

#include <stddef.h>
#include <stdint.h>

struct port_usher;

/* `fd` is the keep's end of the usher's socket, borrowed. Null when memory is short. Frees
 * no socket that the keep has. */
struct port_usher *port_usher_new(int fd);
void port_usher_free(struct port_usher *u);

/* A socket for the stream `index`, which `verb`, PORT_LISTEN or PORT_CONNECT, opens at
 * `place`, HOST:PORT: non-blocking, close-on-exec and the caller's. -EAGAIN while the usher is
 * at it: to be called again with the same. Another stream's call gives this one up. -EIO
 * without an usher any more, or another -errno. */
must_use int port_usher_open(struct port_usher *u, uint32_t verb, uint64_t index,
                             struct bytes place);

/* What a steward says to `input`, or goes on saying where that is empty, as the blob `kind` of
 * include/port.h; borrowed until the next attempt. 0, -EAGAIN or another -errno. */
must_use int port_usher_ask(struct port_usher *u, uint64_t kind, uint64_t attempt,
                            struct bytes input, struct bytes *out);

#endif
