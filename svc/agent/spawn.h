/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the process of a keep: this program again, in a clean address space, with a
 * listening socket that only the agent can find. */
#ifndef SVC_AGENT_SPAWN_H
#define SVC_AGENT_SPAWN_H

#include "host/fault.h"
#include "svc/agent/order.h"

/* The agent's side of it. All of it is the caller's. */
struct spawned {
    pid_t pid;
    int pid_fd;
    int log_fd;    /* what it says; non-blocking */
    int socket_fd; /* its socket's name: spawned_connect */
    struct order_page *page;
};

/* `dir_fd` is a private directory for the moment in which the socket needs a name.
 * `cgroup_fd` is its control group, -1: none. 0 or -errno with `fault` filled. */
must_use int spawn(const struct order *order, const char *id, int dir_fd, int cgroup_fd,
                   struct spawned *out, struct fault *fault);

/* A non-blocking connection to the keep, which need not have begun. -EAGAIN while too many
 * wait, or another -errno. */
must_use int spawned_connect(const struct spawned *spawned);

/* Closes what is open; the process must have been reaped. */
void spawned_close(struct spawned *spawned);

#endif
