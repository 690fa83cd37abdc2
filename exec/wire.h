/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS session over a handle of the port, carried as far as it goes without waiting.
 * Trusts nothing that the host brings: what it tampers with or cuts ends the session. */
#ifndef EXEC_WIRE_H
#define EXEC_WIRE_H

#include "base/attr.h"
#include "exec/port.h"
#include "tls/session.h"

/* Bytes for one turn, where nothing comes of them: KeyUpdates [RFC 8446 4.6.3] cost their
 * sender less than us, and there are others to serve. */
#define WIRE_TURN_MAX (128u * 1024u)

struct wire {
    struct tls_session *tls; /* null: closed */
    int64_t handle;
    bool broken;   /* nothing more goes out */
    uint64_t came; /* bytes so far */
    uint64_t went;
};

/* The keep's end of the channel on `handle`, which it owns from here on, even on failure.
 * 0 or -errno. */
must_use int wire_open(struct wire *w, int64_t handle, const struct tls_identity *own);

/* Closes the handle. Again, or of zeroes: nothing. */
void wire_close(struct wire *w);

/* The row of the port that bears on it. */
struct port_poll_row wire_row(const struct wire *w);

/* One read at the port. 1 when there may be more at once, 0 when there is not. An end
 * shows in what the session says. */
must_use int wire_receive(struct wire *w);

/* Takes plaintext and brings it out as far as it goes: how many bytes it took, 0 when it
 * can take none now, -EPIPE. With the `last` of it goes close_notify. */
must_use int64_t wire_write(struct wire *w, struct bytes from, bool last);

/* Nothing that it took is still in the keep. */
bool wire_is_flushed(const struct wire *w);

#endif
