/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a session share; see session.h. */
#ifndef HOST_DEPLOY_SESSION_PARTS_H
#define HOST_DEPLOY_SESSION_PARTS_H

#include "channel/reader.h"
#include "host/deploy/session.h"
#include "host/deploy/standard.h"
#include "host/deploy/tunnel.h"

#define SESSION_QUEUE (2 * (CHANNEL_HEADER_SIZE + CHANNEL_DATA_MAX))

struct session {
    const struct session_plan *plan;
    struct session_outcome *outcome;
    bool over;
    bool more; /* of what the keep sends has not been read */

    struct tunnel tunnel;
    int wire_fd;
    struct owner owner; /* OWNER_NEW until the handshake is done */
    struct channel_reader reader;
    struct package package;
    struct standard_streams streams;

    int signal_fd;
    unsigned signals; /* so far */
    int first_signal;
    uint64_t heard;       /* when something last came or went: monotonic milliseconds */
    uint64_t grace_until; /* 0: none */
    uint64_t until;       /* end of the program's time, 0: none */

    size_t queue_start, queue_end; /* whole messages on their way */
    uint8_t queue[SESSION_QUEUE];
    uint8_t payload[CHANNEL_EVIDENCE_MAX];
    uint8_t plain[CHANNEL_DATA_MAX];
};

/* ---- session_take.c: ends, and what the keep says ---- */

/* The first counts. */
void session_end(struct session *s, enum session_ending ending, int code);
void session_end_by_fault(struct session *s, enum owner_fault fault);
void session_end_by_error(struct session *s, int error, const char *what);
void session_end_by_signal(struct session *s, int number, bool stop);

/* Whole messages, behind those that are on their way already. */
struct put session_queue_open(struct session *s);
void session_queue_close(struct session *s, const struct put *put);

/* Bytes of output are done with. */
void session_give_credit(struct session *s, enum channel_type type, size_t size);

/* Plaintext from the keep. */
void session_take(struct session *s, struct bytes bytes);

#endif
