/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd, opened when a service starts and not before: other commands do without
 * it. It is given plain streams alone; TLS is ours (net/link.h). */
#ifndef NET_MHD_H
#define NET_MHD_H

#include "base/attr.h"
#include "host/fault.h"

#include <microhttpd.h>

/* X(function, without its prefix) */
#define MHD_TABLE(X)               \
    X(start_daemon)                \
    X(stop_daemon)                 \
    X(run)                         \
    X(get_timeout)                 \
    X(get_daemon_info)             \
    X(add_connection)              \
    X(get_connection_info)         \
    X(lookup_connection_value)     \
    X(create_response_from_buffer) \
    X(create_response_for_upgrade) \
    X(add_response_header)         \
    X(queue_response)              \
    X(destroy_response)            \
    X(upgrade_action)

struct mhd {
#define MHD_MEMBER(name) __typeof__(MHD_##name) *name;
    MHD_TABLE(MHD_MEMBER)
#undef MHD_MEMBER
};

/* It stays open until the process ends. 0, or -ENOSYS with `fault` filled. */
must_use int mhd_open(struct mhd *mhd, struct fault *fault);

#endif
