/* SPDX-License-Identifier: Apache-2.0 */
/* What a keep says within a session, and how sessions end; see session_parts.h. */
#include "host/clock.h"
#include "host/deploy/session_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* ---- ends ---- */

void session_end(struct session *s, enum session_ending ending, int code)
{
    if (s->over)
        return;
    s->over = true;
    s->outcome->ending = ending;
    s->outcome->code = code;
    s->outcome->running = s->owner.phase >= OWNER_RUNNING;
}

void session_end_by_fault(struct session *s, enum owner_fault fault)
{
    s->outcome->fault = s->over ? s->outcome->fault : fault;
    session_end(s, owner_fault_is_refusal(fault) ? SESSION_REFUSED : SESSION_BROKEN, 0);
}

void session_end_by_error(struct session *s, int error, const char *what)
{
    if (!s->over)
        fault_system(&s->outcome->why, error, "%s", what);
    session_end_by_fault(s, OWNER_FAULT_CUT);
}

void session_end_by_signal(struct session *s, int number, bool stop)
{
    s->outcome->stop = stop;
    session_end(s, SESSION_SIGNAL, number);
}

/* ---- messages on their way ---- */

struct put session_queue_open(struct session *s)
{
    if (s->queue_start == s->queue_end)
        s->queue_start = s->queue_end = 0;
    return put_init(s->queue + s->queue_end, sizeof(s->queue) - s->queue_end);
}

/* Input waits for an empty queue, and the rest is bounded by the windows: there is room. */
void session_queue_close(struct session *s, const struct put *put)
{
    if (put->bad)
        session_end_by_error(s, -ENOBUFS, "messages to the keep");
    else
        s->queue_end += put->size;
}

void session_give_credit(struct session *s, enum channel_type type, size_t size)
{
    struct put put = session_queue_open(s);
    owner_put_credit(&s->owner, type, (uint32_t)size, &put);
    session_queue_close(s, &put);
}

/* ---- what the keep says ---- */

static void load(struct session *s)
{
    struct session_workload w = {0};
    const int status = s->plan->package(s->plan->context, &w);
    if (status != 0) {
        session_end(s, SESSION_ABORTED, status);
        return;
    }
    if (package_init(&s->package, &w.parts) < 0) {
        session_end_by_error(s, -E2BIG, "the workload");
        return;
    }
    const enum owner_fault fault = owner_load(&s->owner, w.digest, w.parts.secrets);
    if (fault != OWNER_FAULT_NONE)
        session_end_by_fault(s, fault);
}

static void begin_streams(struct session *s)
{
    if (s->plan->role == SESSION_DETACHES)
        session_end(s, SESSION_LEFT, 0);
    if (s->plan->timeout_ms != 0 &&
        __builtin_add_overflow(clock_ms(), s->plan->timeout_ms, &s->until))
        s->until = UINT64_MAX;
}

static void appraise(struct session *s, const struct channel_evidence *evidence)
{
    struct attest_input with = {0};
    struct attest_result *result = malloc(sizeof(*result));
    if (result == NULL) {
        session_end_by_fault(s, OWNER_FAULT_MEMORY);
        return;
    }
    const int status = s->plan->endorse(s->plan->context, evidence->evidence, &with);
    if (status != 0) {
        session_end(s, SESSION_ABORTED, status);
        free(result);
        return;
    }
    const enum owner_fault fault =
        owner_appraise(&s->owner, evidence, &with, (int64_t)time(NULL), result);
    const bool ready = s->owner.phase == OWNER_LOADED || s->owner.phase == OWNER_RUNNING ||
                       s->plan->terms.what == CHANNEL_ATTACH;
    s->plan->appraised(s->plan->context, fault, ready, result);
    s->heard = clock_ms(); /* endorsements may have taken a while */
    free(result);
    if (fault != OWNER_FAULT_NONE)
        session_end_by_fault(s, fault);
    else if (ready)
        begin_streams(s);
    else
        load(s);
}

static void take_output(struct session *s, const struct owner_action *action)
{
    const size_t done = standard_put(&s->streams, action->type, action->bytes);
    session_give_credit(s, action->type, done);
}

static void take_files(struct session *s, struct bytes part)
{
    const int status = s->plan->files(s->plan->context, part);
    if (status != 0)
        session_end(s, SESSION_ABORTED, status);
}

static void take_end(struct session *s, const struct owner_action *action)
{
    static const enum session_ending endings[] = {
        [CHANNEL_END_EXIT] = SESSION_EXIT,
        [CHANNEL_END_TRAP] = SESSION_TRAP,
        [CHANNEL_END_FAILED] = SESSION_FAILED,
    };
    session_end(s, endings[action->end], (int)(action->number & 0xff));
}

/* It comes behind all that was kept. */
static void take_lost(struct session *s, uint64_t size)
{
    s->plan->lost(s->plan->context, size);
    if (s->plan->role == SESSION_READS)
        session_end(s, SESSION_LEFT, 0);
}

static void act(struct session *s, const struct owner_action *action)
{
    switch (action->what) {
    case OWNER_APPRAISE:
        appraise(s, &action->evidence);
        return;
    case OWNER_OUTPUT:
        take_output(s, action);
        return;
    case OWNER_FILES:
        take_files(s, action->bytes);
        return;
    case OWNER_LOG:
        s->plan->log(s->plan->context, action->level, action->bytes, action->proven);
        return;
    case OWNER_LOST:
        take_lost(s, action->number);
        return;
    case OWNER_END:
        take_end(s, action);
        return;
    case OWNER_INPUT:
    case OWNER_NOTHING:
        return;
    }
}

void session_take(struct session *s, struct bytes bytes)
{
    struct cur in = cur_init(bytes);
    struct channel_part part;
    int result = 0;
    while (!s->over && (result = channel_reader_next(&s->reader, &in, &part)) == 1) {
        struct owner_action action;
        const enum owner_fault fault = owner_take(&s->owner, &part, &action);
        if (fault != OWNER_FAULT_NONE)
            session_end_by_fault(s, fault);
        else
            act(s, &action);
    }
    if (result < 0)
        session_end_by_fault(s, OWNER_FAULT_MALFORMED);
}
