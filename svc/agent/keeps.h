/* SPDX-License-Identifier: Apache-2.0 */
/* The keeps of an agent: from the request for one to the end of its process and, for a
 * while, what there is to say about it. A keep is hostile to the agent and to the other
 * keeps: whatever its process does, it costs what it was granted, and its own end. */
#ifndef SVC_AGENT_KEEPS_H
#define SVC_AGENT_KEEPS_H

#include "net/loop.h"
#include "svc/agent/agent.h"
#include "svc/agent/audit.h"
#include "svc/agent/cgroup.h"
#include "svc/agent/keep_log.h"
#include "svc/agent/spawn.h"

#include <time.h>

#define KEEP_ID_SIZE      18u /* "k", 16 digits, NUL */
#define KEEP_OWNER_SIZE   80u
#define KEEP_SESSIONS_MAX 8u

enum hosted_state { HOSTED_STARTING, HOSTED_READY, HOSTED_ATTACHED, HOSTED_ENDED };

struct keeps;

struct hosted {
    struct keeps *keeps;
    char id[KEEP_ID_SIZE];
    char owner[KEEP_OWNER_SIZE];
    const struct backend *backend;
    struct spawned process;
    struct watch exit; /* fd -1: it has been reaped */
    struct watch log;  /* fd -1: nothing more comes */
    struct keep_log said;
    size_t log_left; /* bytes of its log that are read until the next second */
    bool log_paused; /* there were more */
    uint32_t slot;   /* its user is the first and that many more */
    bool ending;     /* killed, or gone */
    bool grouped;    /* has a control group */
    char failure[160]; /* why it ended that nobody asked to; "": it did not */
    time_t created, ended;
    uint64_t created_ms, ended_ms, left_ms; /* of clock_ms(); left_ms: end of the last session */
    unsigned sessions;                      /* open */
    bool claimed;                           /* had one */
    uint64_t received, sent;                /* bytes of its channels */
    struct hosted *next;
};

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
    int dir_fd;          /* private */
    struct hosted *list; /* the newest first */
    uint32_t living;     /* with a process */
    uint64_t second;     /* of clock_ms() */
    struct keep_numbers numbers;
};

/* Finds out what keeps can be isolated from. */
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

/* Ends it at once; its process may take a moment to be gone. `failure` null: it was asked
 * to. One that has ended already stays as it is. */
void hosted_end(struct hosted *hosted, const char *failure);
void keeps_end_all(struct keeps *keeps, const char *failure);

enum hosted_state hosted_state(const struct hosted *hosted);

/* A session begins: a connection to the keep, or -EMFILE when it has as many as it may, or
 * another -errno. Each that began ends. */
must_use int hosted_join(struct hosted *hosted);
void hosted_leave(struct hosted *hosted);

/* Limits of time and memory, and keeps that ended long ago; from time to time. */
void keeps_tick(struct keeps *keeps);

#endif
