/* SPDX-License-Identifier: Apache-2.0 */
/* The keeps of an agent, those that have ended lately among them. */
#ifndef SVC_AGENT_KEEPS_H
#define SVC_AGENT_KEEPS_H

#include "svc/agent/audit.h"
#include "svc/agent/cgroup.h"
#include "svc/agent/hosted.h"

struct keep_numbers {
    uint64_t created, failed, ended; /* processes that began, could not, are gone */
    uint64_t sessions, received, sent;
};

struct keeps {
    struct loop *loop;
    const struct agent_config *config;
    struct audit *audit;
    struct isolation isolation; /* of every keep; id: of the first */
    struct cgroups groups;
    struct ushers *ushers;   /* theirs */
    struct bytes collateral; /* for the peers of the next one; borrowed, or empty */
    int dir_fd;              /* private */
    struct hosted *list;     /* the newest first */
    uint32_t living;         /* with a process */
    uint64_t second;         /* of clock_ms() */
    uint64_t next_tick;      /* the same */
    struct keep_numbers numbers;
};

/* Finds out what keeps can be isolated from. `ushers` are set before the first one begins. */
void keeps_open(struct keeps *keeps, struct loop *loop, const struct agent_config *config,
                int dir_fd, struct audit *audit);

/* Ends all, waits for their processes, and forgets them. */
void keeps_close(struct keeps *keeps);

/* Starts an empty keep. 0, -EDQUOT when the owner has as many as one may have, -ENOSPC
 * when all together have, or another -errno; with `fault` filled. */
must_use int keeps_create(struct keeps *keeps, const struct backend *backend, const char *owner,
                          struct hosted **out, struct fault *fault);

/* One of that owner's, or null. */
struct hosted *keeps_find(const struct keeps *keeps, const char *id, const char *owner);

/* From time to time: limits, and keeps that ended long ago. */
void keeps_tick(struct keeps *keeps);

#endif
