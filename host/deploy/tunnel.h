/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's TLS session with a keep, through whatever carries it. Never waits. Trusts
 * nothing on the way; who the keep is, evidence says. */
#ifndef HOST_DEPLOY_TUNNEL_H
#define HOST_DEPLOY_TUNNEL_H

#include "net/upgrade.h"
#include "tls/session.h"

struct tunnel {
    struct upgrade *wire; /* borrowed */
    struct tls_session *tls;
    bool broken; /* nothing more goes to the wire */
};

/* `identity` is the client's, or null. 0 or -errno. */
must_use int tunnel_open(struct tunnel *t, struct upgrade *wire,
                         const struct tls_identity *identity);
void tunnel_close(struct tunnel *t);

/* 0 when it is done, -EAGAIN, or -errno: tls_session_why() tells. */
must_use int tunnel_handshake(struct tunnel *t);

/* How many bytes came: 0 at the keep's close_notify, -EAGAIN, -ECONNABORTED when the wire
 * ended before that, or -EPROTO; -EINTR when something came that is nothing yet. To be asked
 * until -EAGAIN before the wire is polled. */
must_use int64_t tunnel_read(struct tunnel *t, void *to, size_t size);

/* How many bytes were taken, possibly none. What the wire has no room for waits. */
must_use size_t tunnel_write(struct tunnel *t, struct bytes from);

/* For poll(2) on the wire's descriptor: without POLLIN where the keep takes no answers. */
short tunnel_events(const struct tunnel *t);

/* Says goodbye, and sends what the wire takes at once. */
void tunnel_shutdown(struct tunnel *t);

#endif
