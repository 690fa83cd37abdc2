/* SPDX-License-Identifier: Apache-2.0 */
/* One TLS connection of a program, over the host of port_sockets.h, and its peer: a session
 * that the test carries itself. */
#ifndef STREAM_RIG_H
#define STREAM_RIG_H

#include "exec/tls_stream.h"

struct stream_rig {
    struct tls_streams set;
    struct tls_context *context;
    struct tls_stream *stream;
    struct object *object; /* the stream's; null: closed */
    struct tls_session *peer;
    int fd; /* the peer's; -1: closed */
};
extern struct stream_rig rig;

/* For cmocka: a connection before its handshake, the same after it, and its end. */
int rig_begin(void **state);
int rig_open(void **state);
int rig_end(void **state);

/* A new connection in place of that which there is, which becomes the test's; and its handshake. */
void rig_connect(void);
void rig_shake(void);

/* Carries what is outgoing between peer and socket, both ways. */
void rig_carry(void);

/* ---- the program ---- */

int64_t rig_take(void *to, size_t size, unsigned flags);
int64_t rig_give(const void *from, size_t size);
void rig_close(void);

/* What a wait finds ready. */
unsigned rig_wait(unsigned want);

/* Writes until no more is taken; how much that was. */
size_t rig_fill(void);

/* ---- the peer ---- */

void peer_shakes(void);
void peer_says(const char *text);
void peer_hears(const char *text); /* that, and nothing else so far */
void peer_leaves(void);

/* How much it has heard, of all that has come. */
size_t peer_drains(void);

#endif
