/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that begins as HTTPS and goes on as another protocol [RFC 9110 7.8], through
 * libcurl, and so through its proxies. Never waits once it is open. Trusts libcurl; whoever
 * answers may send anything. */
#ifndef NET_UPGRADE_H
#define NET_UPGRADE_H

#include "base/attr.h"
#include "base/cur.h"
#include "net/http.h"

struct upgrade_target {
    const char *authority; /* "host.example:7443" */
    const char *path;      /* "/v1/..." */
    const char *protocol;  /* "enarx-keep/1" */
};

struct upgrade;

/* 0 when the other side has changed to the protocol. -EPROTONOSUPPORT when it answered
 * otherwise: with what is in `response`, of which only status and body count and which is
 * empty in all other cases. Else -errno of libcurl_perform, with `fault` filled. */
must_use int upgrade_open(const struct http_options *options, const struct upgrade_target *target,
                          struct upgrade **upgrade, struct http_response *response,
                          struct fault *fault);
void upgrade_close(struct upgrade *u);

/* For poll(2): POLLIN always, POLLOUT while something is to be sent. */
int upgrade_fd(const struct upgrade *u);
short upgrade_events(const struct upgrade *u);

/* How many bytes came, 0 at the end, -EAGAIN, or -EIO. To be asked until -EAGAIN before the
 * descriptor is polled: libcurl may hold more than shows there. */
must_use int64_t upgrade_receive(struct upgrade *u, void *to, size_t size);

/* Takes what there is room for, possibly nothing, and sends what it can. Returns how much it
 * took, or -EIO. With nothing to add it goes on with what it took before. */
must_use int64_t upgrade_send(struct upgrade *u, struct bytes from);

/* ---- the answer's head, for tests ---- */

#define UPGRADE_HEAD_MAX 16384u

struct upgrade_head {
    unsigned status;
    size_t size;           /* bytes of head, blank line included */
    size_t content_length; /* of the body; SIZE_MAX when it is not told */
    bool upgraded;         /* status 101 and the protocol named */
};

/* 0, -EAGAIN when there has to be more, or -EBADMSG. Pure. */
must_use int upgrade_head_parse(struct bytes from, const char *protocol, struct upgrade_head *head);

#endif
