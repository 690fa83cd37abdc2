/* SPDX-License-Identifier: Apache-2.0 */
/* A control group for each keep [Linux cgroup-v2], where this process may make some: in
 * the one that it was started in, which has to be delegated to it with the controllers
 * memory and pids. Trusts the kernel. */
#ifndef SVC_AGENT_CGROUP_H
#define SVC_AGENT_CGROUP_H

#include "base/attr.h"

#include <stdint.h>

struct cgroups {
    int fd; /* the folder above the keeps', -1: none */
};

/* Moves this process into a group of its own beside the keeps', and removes what an
 * earlier agent has left there. 0, or -errno where there can be none: fd is -1. */
must_use int cgroups_open(struct cgroups *groups);
void cgroups_close(struct cgroups *groups);

/* The group of one keep. The descriptor, or -errno. */
must_use int cgroup_make(const struct cgroups *groups, const char *id, uint64_t memory_max);

/* Ends whatever is left in it, and removes it. */
void cgroup_end(const struct cgroups *groups, const char *id);

#endif
