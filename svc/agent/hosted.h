/* SPDX-License-Identifier: Apache-2.0 */
/* One keep of an agent: its process, its channels, and what there is to say about it. It is
 * hostile to the agent and to the other keeps: whatever its process does, it costs what it
 * was granted, and its own end. */
#ifndef SVC_AGENT_HOSTED_H
#define SVC_AGENT_HOSTED_H

#include "net/loop.h"
#include "svc/agent/agent.h"
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
    size_t log_left;   /* bytes of its log that are read until the next second */
    bool log_paused;   /* there were more */
    uint32_t slot;     /* its user is the first and that many more */
    bool ending;       /* killed, or gone */
    bool grouped;      /* has a control group */
    char failure[160]; /* why it ended that nobody asked to; "": it did not */
    time_t created, ended;
    uint64_t created_ms, ended_ms, left_ms; /* of clock_ms(); left_ms: end of the last session */
    unsigned sessions;                      /* open */
    bool claimed;                           /* had one */
    bool attached;                          /* is of no use without one */
    uint64_t received, sent;                /* bytes of its channels */
    struct hosted *next;
};

/* Starts the process of one that has its id, owner, backend and slot. 0 or -errno with
 * `fault` filled: then it is not watched. */
must_use int hosted_start(struct hosted *hosted, struct fault *fault);

/* Ends it at once; its process may take a moment to be gone. `failure` null: it was asked
 * to. One that has ended already stays as it is. */
void hosted_end(struct hosted *hosted, const char *failure);

/* Waits for its process, which must have been ended or be about to. */
void hosted_reap(struct hosted *hosted);

enum hosted_state hosted_state(const struct hosted *hosted);

/* A session begins: a connection to the keep, or -EMFILE when it has as many as it may, or
 * another -errno. Each that began ends. */
must_use int hosted_join(struct hosted *hosted);
void hosted_leave(struct hosted *hosted);

/* Limits of time and memory, and of what it says; from time to time. */
void hosted_tick(struct hosted *hosted, uint64_t now, bool new_second);

#endif
