/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS connection from outside and what it leads to on this machine: plaintext goes
 * between the wire and another descriptor, both ways, each with a bounded buffer, so that
 * who sends faster than the other takes has to wait. The end of one direction leaves the
 * other open.
 *
 * Trusts OpenSSL. The wire may send anything at any pace; so may the other end. */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "net/loop.h"

#include <openssl/ssl.h>
#include <stdbool.h>

#define LINK_BUFFER (64u * 1024u) /* bytes each way */

/* One direction. */
struct link_half {
    uint8_t *data;     /* LINK_BUFFER bytes */
    size_t start, end; /* what is under way */
    bool quiet;        /* its source had no more for now: until the loop tells of it again */
    bool ended;        /* its source has no more */
    bool done;         /* and its sink has been told so, or takes no more */
    uint64_t *count;   /* bytes that its sink has taken; null: nobody counts */
    size_t uncounted;  /* bytes under way that were so before somebody counted */
};

struct link {
    struct loop *loop;
    SSL *ssl; /* null: the wire carries plaintext */
    struct watch wire;
    struct watch plain; /* fd -1: leads nowhere yet */
    bool wire_gone;     /* hung up, and waited for no more */
    bool plain_gone;
    struct link_half up;   /* from the wire */
    struct link_half down; /* to the wire */
    uint32_t patience_ms;  /* how long it goes on when one end is gone; 0: as it likes */
    size_t dropped;        /* bytes from the wire that nobody took */
    uint64_t up_max;       /* the most that up.count may come to */
    bool secured;          /* the handshake is done */
    uint32_t wire_wants;   /* what SSL waits for beside what the halves do */
    uint64_t deadline;     /* of clock_ms(), for the owner's use; 0: none */

    /* Called once when the handshake is done; may attach. -errno ends the link. */
    int (*opened)(void *context, struct link *link);
    /* Called once at the end, before the link is freed. 0, or what went wrong. */
    void (*closed)(void *context, struct link *link, int error);
    void *context;
};

/* Takes a connected socket; without `tls` as it is. Null when memory is short, and the socket is
 * closed. Callbacks are set by the caller. */
struct link *link_open(struct loop *loop, SSL_CTX *tls, int wire);

/* Waits for the handshake. 0 or -errno, without `closed` having been called. */
must_use int link_start(struct link *link);

/* Where the plaintext goes: a non-blocking stream socket, the link's from here on. What an
 * earlier one had still to say goes first, and what came for it must have been taken.
 * 0 or -errno; the socket is taken in any case. */
must_use int link_attach(struct link *link, int plain);

/* Frees one that was not started. */
void link_free(struct link *link);

/* Ends it at once. */
void link_close(struct link *link, int error);

#endif
