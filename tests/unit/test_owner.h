/* SPDX-License-Identifier: Apache-2.0 */
/* An owner of a deployed_keep.h, one step after the other. Whatever goes wrong with a step
 * fails the test; a keep that says nothing for long is one such thing. */
#ifndef TEST_OWNER_H
#define TEST_OWNER_H

#include "channel/reader.h"
#include "conf/manifest.h"
#include "crypto/key.h"
#include "tls/session.h"

struct owner {
    int fd;
    struct tls_session *tls;
    uint8_t nonce[CHANNEL_NONCE_SIZE];
    struct channel_reader reader;
    uint8_t buffer[1 << 17];
    uint8_t plain[1 << 15];
    struct cur in; /* plaintext that has not been looked at */
    bool held;     /* `part` is the next message */
    struct channel_part part;
    bool corked; /* nothing goes out for now */
    int end;     /* not 1: how the session has ended, as tls_session_read says */
};

/* Two that know each other, and a stranger. */
enum who { NOBODY, ME, STRANGER };

/* What is said until it is uncorked goes out at once, in one piece. */
void owner_cork(struct owner *o, bool corked);

/* A connection, and a session on it. */
int owner_dial(void);
void owner_open(struct owner *o, enum who who);
void owner_close(struct owner *o); /* without a word */
void owner_leave(struct owner *o); /* with close_notify */

/* ---- saying ---- */

void owner_writes(struct owner *o, struct bytes plain); /* any bytes */
void owner_say(struct owner *o, enum channel_type type, struct bytes payload);
void owner_challenge(struct owner *o, enum channel_what what);
void owner_credit(struct owner *o, enum channel_type type, uint32_t more);
void owner_signal(struct owner *o, uint32_t number);

/* What a workload is: a test may change some of it before it is sent. */
struct parcel {
    struct manifest manifest;
    struct bytes module;
    struct bytes secrets;
    enum who owner;
    uint32_t flags;
};
struct parcel parcel_new(uint32_t flags);
void owner_workload(struct owner *o, const struct parcel *p);

/* ---- hearing ---- */

/* The type of the next message, which stays the next. */
enum channel_type owner_next(struct owner *o);

/* The next message, which is of that type; its payload, until the next call. */
struct bytes owner_hears(struct owner *o, enum channel_type type);
void owner_hears_text(struct owner *o, enum channel_type type, const char *text);
void owner_hears_log(struct owner *o, const char *part);
void owner_hears_exit(struct owner *o, enum channel_end end, uint32_t status);

/* LOG with that in it, EXIT, and the end. */
void owner_is_refused(struct owner *o, const char *part);

/* The keep has nothing more to say, now or for ever. */
void owner_hears_nothing(struct owner *o);
void owner_hears_end(struct owner *o);

/* EVIDENCE or READY for this session, with evidence or with none, and of the workload
 * that was sent last. */
void owner_hears_evidence(struct owner *o, enum channel_type type, struct bytes evidence);

/* Until the keep has its workload, and has said so. */
void owner_deploys(struct owner *o, const struct parcel *p);
void owner_attaches(struct owner *o); /* opens the session, too */

#endif
