/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the process of a keep: this program again, in a clean address space, with a
 * listening socket that only the agent can find. */
#ifndef SVC_AGENT_SPAWN_H
#define SVC_AGENT_SPAWN_H

#include "host/fault.h"
#include "host/usher.h"
#include "svc/agent/order.h"

/* The agent's side of it. All of it is the caller's. */
struct spawned {
    pid_t pid;
    int pid_fd;
    int log_fd;    /* what it says; non-blocking */
    int socket_fd; /* its socket's name: spawned_connect */
    struct order_page *page;
};

/* What a keep needs of its agent for its beginning. */
struct spawn_from {
    int dir_fd;              /* private, for the moment in which its socket needs a name */
    int cgroup_fd;           /* its control group; -1: none */
    struct ushers *ushers;   /* it gets one of them */
    struct bytes collateral; /* for its peers, conf/collateral.h; empty: none */
};

/* 0 or -errno with `fault` filled. */
must_use int spawn(const struct order *order, const char *id, const struct spawn_from *from,
                   struct spawned *out, struct fault *fault);

/* A non-blocking connection to the keep, which need not have begun. -EAGAIN while too many
 * wait, or another -errno. */
must_use int spawned_connect(const struct spawned *spawned);

/* Closes what is open; the process must have been reaped. */
void spawned_close(struct spawned *spawned);

#endif
