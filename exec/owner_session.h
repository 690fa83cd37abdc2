/* SPDX-License-Identifier: Apache-2.0 */
/* One session of the deployment channel: messages over a wire, and where it stands.
 * Whether a message may come is keep_state's to say; trusts no byte of one. */
#ifndef EXEC_OWNER_SESSION_H
#define EXEC_OWNER_SESSION_H

#include "base/attr.h"
#include "base/put.h"
#include "channel/reader.h"
#include "exec/keep_state.h"
#include "exec/wire.h"

/* Plaintext on its way out: the longest message fits, and what credit allows. */
#define OWNER_OUT_SIZE (256u * 1024u)

/* Of those, only for messages that end a session or let it go on. */
#define OWNER_OUT_RESERVE 8192u

struct owner_session {
    struct wire wire;
    struct keep_session state;
    struct channel_reader reader;
    uint8_t first[CHANNEL_CHALLENGE_SIZE]; /* the reader's buffer at first */
    uint8_t *buffer;                       /* and once the session has its READY */
    uint8_t *out;
    size_t out_start;
    size_t out_size;
    bool ending;               /* nothing is said after what is in there */
    bool over;                 /* nothing more is taken from it, nor said */
    enum keep_refusal refused; /* why it is over, where it broke a rule */
};

/* For plaintext on its way from a session to where it belongs. */
struct owner_buffer {
    uint8_t bytes[32768];
};

/* On the handle of an accepted connection, which it owns even on failure. -ENOMEM. */
must_use int owner_session_new(int64_t handle, const struct tls_identity *own, uint64_t now,
                               struct owner_session **out);

/* Null is none. */
void owner_session_free(struct owner_session *s);

/* From now on messages of any size may come. 0 or -ENOMEM. */
must_use int owner_session_grow(struct owner_session *s);

/* ---- in ---- */

struct owner_events {
    /* Its handshake is done. */
    void (*opened)(void *context, struct owner_session *s);

    /* A message, or a part of WORKLOAD: see channel/reader.h. */
    void (*came)(void *context, struct owner_session *s, const struct channel_part *part);

    void *context;
};

/* Takes what has come, until nothing more is there, its turn is over, or the session is. */
void owner_session_receive(struct owner_session *s, const struct owner_events *events,
                           struct owner_buffer *buffer);

/* It broke a rule: it is told so, and over. */
void owner_session_refuse(struct owner_session *s, enum keep_refusal why);

/* ---- out ---- */

/* Bytes of payload that a message may have now. */
size_t owner_session_room(const struct owner_session *s);

/* A message of just that many bytes, to be filled at once. Where there is no room it is
 * bad, and nothing goes out. The reserve is for CREDIT, LOG, LOST and EXIT. */
struct put owner_session_message(struct owner_session *s, enum channel_type type, size_t size);

/* Brings out what is there as far as it goes. */
void owner_session_flush(struct owner_session *s);

/* All of it is out. */
bool owner_session_is_flushed(const struct owner_session *s);

/* A text for whoever is there, cut to CHANNEL_LOG_MAX bytes. False: no room. */
bool owner_session_log(struct owner_session *s, enum port_level level, struct bytes text);

/* The last message and the end of what is sent. */
void owner_session_end(struct owner_session *s, enum channel_end end, uint32_t status);

#endif
