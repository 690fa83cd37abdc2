/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the network streams of a manifest before the keep starts, so that the
 * keep needs no right to open any. Trusts the user's configuration and the
 * system's resolver: who answered is for the keep to find out. */
#ifndef HOST_ENDPOINT_H
#define HOST_ENDPOINT_H

#include "conf/manifest.h"
#include "host/fault.h"
#include "host/keep.h"

#include <stdbool.h>
#include <sys/socket.h>

/* Fills `count` endpoints, sockets for listen and connect, -1 for the others, all
 * non-blocking. A connection may take 10 s; -EINTR when a signal was handled
 * meanwhile. On failure nothing stays open. */
must_use int endpoints_open(const struct manifest_stream *streams, size_t count,
                            struct endpoint *endpoints, struct fault *fault);

/* Which of a host's addresses may be used. */
struct endpoint_filter {
    bool (*allows)(void *context, const struct sockaddr *address);
    void *context;
};

/* One of them, at an address that `filter`, which may be null, allows, and at no other. Its
 * descriptor, or -errno; -EPERM where all its addresses are forbidden. */
must_use int endpoint_open(const struct manifest_stream *stream,
                           const struct endpoint_filter *filter, struct fault *fault);

void endpoints_close(struct endpoint *endpoints, size_t count);

#endif
