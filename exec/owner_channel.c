/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of the channel; see owner_channel.h. A session that is over stays where it is
 * until the end of the round: only then is it let go. */
#include "exec/owner_channel.h"

#include "crypto/digest.h"
#include "exec/evidence.h"
#include "exec/time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_OF_SIGNAL(n) (128u + (n))
#define HANGUP_SIGNAL       1u /* [Linux asm/signal.h] */

_Static_assert(1 + OWNER_PENDING_MAX + 1 <= WAIT_COMPANY_MIN, "rows of all sessions fit");

/* ---- what a session is answered ---- */

static int put_proof(const struct owner_channel *c, struct owner_session *s,
                     const struct evidence *e)
{
    uint8_t secrets[SHA256_SIZE];
    const bool empty = c->state.phase == KEEP_EMPTY;
    const struct bytes parts[] = {{s->state.nonce, sizeof(s->state.nonce)}, c->delivery.secrets};
    const int error = sha256_parts(parts, ARRAY_COUNT(parts), secrets);
    const struct channel_evidence proof = {
        .secrets = {.data = secrets, .size = empty ? 0 : sizeof(secrets)},
        .claims = {.data = e->claims, .size = e->claims_size},
        .evidence = {.data = e->quote, .size = e->quote_size},
    };
    struct put size = put_counter();
    channel_evidence_put(&size, &proof);
    struct put p = owner_session_message(s, empty ? CHANNEL_EVIDENCE : CHANNEL_READY, size.size);
    channel_evidence_put(&p, &proof);
    return error < 0 ? error : p.bad ? -EMSGSIZE : 0;
}

/* A keep that can prove nothing says what it would. */
static int prove(struct owner_channel *c, struct owner_session *s)
{
    uint8_t exporter[CHANNEL_EXPORTER_SIZE];
    struct evidence evidence;
    const struct bytes nonce = {.data = s->state.nonce, .size = sizeof(s->state.nonce)};
    int error =
        tls_session_export(s->wire.tls, CHANNEL_EXPORTER, nonce, exporter, sizeof(exporter));
    if (error < 0)
        return error;
    error = evidence_make(&c->identity, keep_claims(&c->state, &s->state, exporter), &evidence);
    if (error < 0 && error != -ENOSYS)
        return error;
    error = put_proof(c, s, &evidence);
    evidence_fini(&evidence);
    if (error == 0)
        keep_answered(&c->state, &s->state);
    return error;
}

/* ---- places ---- */

static struct owner_session **place_of(struct owner_channel *c, const struct owner_session *s)
{
    struct owner_session **place = c->pending;
    while (place < c->pending + OWNER_PENDING_MAX && *place != s)
        place++;
    return place;
}

/* Makes a pending session the current one. The one before it is over. */
static void promote(struct owner_channel *c, struct owner_session *s)
{
    struct owner_session *before = c->current;
    *place_of(c, s) = before;
    c->current = s;
    if (before != NULL && !before->over)
        owner_session_refuse(before, REFUSED_REPLACED);
}

/* Answers READY: from here on there are streams. */
static void attach(struct owner_channel *c, struct owner_session *s)
{
    if (owner_session_grow(s) < 0) {
        owner_session_refuse(s, REFUSED_MEMORY);
        return;
    }
    if (prove(c, s) < 0) {
        owner_session_refuse(s, REFUSED_PROOF);
        return;
    }
    if (s != c->current)
        promote(c, s);
    c->attached++;
    time_not_before(s->state.time);
    console_attach(&c->console, s);
    owner_session_flush(s);
}

void owner_channel_ready(struct owner_channel *c) { attach(c, c->current); }

static void opened(void *context, struct owner_session *s)
{
    struct owner_channel *c = context;
    const enum keep_refusal why = keep_open(&c->state, &s->state, c->looked);
    if (why != REFUSED_NONE)
        owner_session_refuse(s, why);
    else if (s->state.deploys)
        promote(c, s);
}

/* ---- messages ---- */

static void answer_challenge(struct owner_channel *c, struct owner_session *s)
{
    if (!s->state.deploys)
        attach(c, s);
    else if (prove(c, s) < 0)
        owner_session_refuse(s, REFUSED_PROOF);
    else
        owner_session_flush(s);
}

static void stop(struct owner_channel *c, uint32_t signal)
{
    if (!c->stop.set)
        c->stop = (struct wasi_stop){.set = true, .status = STATUS_OF_SIGNAL(signal)};
}

static void act(struct owner_channel *c, struct owner_session *s, const struct keep_action *action,
                struct bytes payload)
{
    switch (action->what) {
    case KEEP_PROVE:
        answer_challenge(c, s);
        break;
    case KEEP_LOAD:
        c->delivered = true;
        break;
    case KEEP_INPUT:
    case KEEP_INPUT_END:
        console_input(&c->console, payload);
        break;
    case KEEP_SIGNAL:
        stop(c, action->signal);
        break;
    case KEEP_OUTPUT:
        console_ack(&c->console, action->stream, action->credit);
        break;
    case KEEP_TOLD:
        c->told = true;
        break;
    case KEEP_NOTHING:
        break;
    }
}

/* True once it is whole. */
static bool take_part(struct owner_channel *c, struct owner_session *s,
                      const struct channel_part *part)
{
    if (part->offset == 0 && delivery_open(&c->delivery, (size_t)part->size) < 0) {
        owner_session_refuse(s, REFUSED_MEMORY);
        return false;
    }
    delivery_add(&c->delivery, part->bytes);
    return part->offset + part->bytes.size == part->size;
}

static void came(void *context, struct owner_session *s, const struct channel_part *part)
{
    struct owner_channel *c = context;
    const struct channel_header header = {.type = part->type, .size = part->size};
    uint8_t key[CHANNEL_OWNER_KEY_MAX];
    struct bytes peer = {.data = key, .size = sizeof(key)};
    struct keep_action action;
    enum keep_refusal why =
        part->offset > 0 ? REFUSED_NONE : keep_allows(&c->state, &s->state, &header);
    if (why == REFUSED_NONE && part->type == CHANNEL_WORKLOAD && !take_part(c, s, part))
        return;
    if (part->type != CHANNEL_CHALLENGE || tls_session_peer_key(s->wire.tls, key, &peer.size) < 0)
        peer.size = 0;
    if (why == REFUSED_NONE)
        why = keep_take(&c->state, &s->state, &header, part->bytes, peer, &action);
    if (why == REFUSED_NONE)
        act(c, s, &action, part->bytes);
    else
        owner_session_refuse(s, why);
}

/* ---- the end of a session ---- */

static void let_go(struct owner_session **place)
{
    if ((*place)->wire.tls != NULL)
        owner_session_flush(*place); /* an alert, or why it was refused */
    owner_session_free(*place);
    *place = NULL;
}

static void lose_current(struct owner_channel *c)
{
    switch (keep_lost(&c->state, &c->current->state)) {
    case LOSS_KEEP:
        c->failed = true;
        stop(c, HANGUP_SIGNAL); /* also what is being loaded waits no longer */
        break;
    case LOSS_WORKLOAD:
        stop(c, HANGUP_SIGNAL);
        break;
    case LOSS_SESSION:
        break;
    }
    console_detach(&c->console);
    let_go(&c->current);
}

static bool is_over(const struct owner_channel *c, struct owner_session *s)
{
    if (!s->over && keep_patience(&s->state, c->looked) == 0)
        owner_session_refuse(s, REFUSED_STALLED);
    return s->over;
}

static void reap(struct owner_channel *c)
{
    if (c->current != NULL && is_over(c, c->current))
        lose_current(c);
    for (size_t i = 0; i < OWNER_PENDING_MAX; i++) {
        if (c->pending[i] != NULL && is_over(c, c->pending[i]))
            let_go(&c->pending[i]);
    }
}

void owner_channel_refuse(struct owner_channel *c, enum keep_refusal why)
{
    owner_session_refuse(c->current, why);
    reap(c);
}

/* ---- rounds ---- */

static bool has_place(struct owner_channel *c)
{
    return place_of(c, NULL) < c->pending + OWNER_PENDING_MAX;
}

static void ask_session(struct owner_channel *c, struct owner_session *s,
                        struct port_poll_row *rows, uint64_t *timeout_ns)
{
    if (s == NULL)
        return;
    owner_session_flush(s);
    const uint64_t patience = s->over ? 0 : keep_patience(&s->state, c->looked);
    if (patience < *timeout_ns)
        *timeout_ns = patience;
    rows[c->asked_count] = wire_row(&s->wire);
    c->asked[c->asked_count++] = s;
}

/* What the workload has for its owner, as far as it goes. */
static void push(struct owner_channel *c)
{
    if (c->current == NULL)
        return;
    console_pump(&c->console);
    owner_session_flush(c->current);
}

static size_t ask(void *context, struct port_poll_row *rows, maybe_unused size_t room,
                  uint64_t *timeout_ns)
{
    struct owner_channel *c = context;
    c->looked = port_now(true);
    c->asked_count = 0;
    push(c);
    ask_session(c, c->current, rows, timeout_ns);
    for (size_t i = 0; i < OWNER_PENDING_MAX; i++)
        ask_session(c, c->pending[i], rows, timeout_ns);
    if (!has_place(c))
        return c->asked_count;
    rows[c->asked_count] =
        (struct port_poll_row){.handle = (int32_t)c->listener, .want = PORT_POLL_READ};
    return c->asked_count + 1;
}

static void accept_one(struct owner_channel *c)
{
    struct owner_session **place = place_of(c, NULL);
    const int64_t handle = port_accept(c->listener);
    if (handle >= 0 && owner_session_new(handle, &c->own, c->looked, place) < 0)
        *place = NULL; /* short of memory: this one finds nobody */
}

static void answer_session(struct owner_channel *c, struct owner_session *s,
                           const struct port_poll_row *row)
{
    const struct owner_events events = {.opened = opened, .came = came, .context = c};
    if ((row->ready & PORT_POLL_WRITE) != 0)
        owner_session_flush(s);
    if ((row->ready & (PORT_POLL_READ | PORT_POLL_HANGUP)) == 0 || s->over)
        return;
    const uint64_t before = s->wire.came;
    owner_session_receive(s, &events, &c->buffer);
    if (s->wire.came > before)
        keep_heard(&s->state, c->looked);
}

static int answer(void *context, const struct port_poll_row *rows, size_t count)
{
    struct owner_channel *c = context;
    c->looked = port_now(true);
    c->ticks = __builtin_ia32_rdtsc();
    for (size_t i = 0; i < c->asked_count; i++)
        answer_session(c, c->asked[i], &rows[i]);
    if (count > c->asked_count && rows[c->asked_count].ready != 0)
        accept_one(c);
    reap(c);
    push(c);
    return c->stop.set ? -EINTR : 0;
}

/* ---- serving ---- */

static int answer_once(void *context, const struct port_poll_row *rows, size_t count)
{
    (void)answer(context, rows, count);
    return -EINTR;
}

int owner_channel_serve(struct owner_channel *c, uint64_t timeout_ns)
{
    struct wait_company once = {.ask = ask, .answer = answer_once, .context = c};
    const int result = wait_for(&once, NULL, 0, timeout_ns);
    return result == -EINTR ? 0 : result;
}

void owner_channel_look(void *company)
{
    struct owner_channel *c = ((const struct wait_company *)company)->context;
    if (__builtin_ia32_rdtsc() - c->ticks >= OWNER_LOOK_TICKS && owner_channel_serve(c, 0) < 0)
        c->ticks = __builtin_ia32_rdtsc(); /* the host will not poll: no sooner again */
}

bool owner_channel_serve_until(struct owner_channel *c, bool (*done)(struct owner_channel *c),
                               uint64_t patience_ns)
{
    const unsigned attached = c->attached;
    uint64_t since = port_now(true);
    uint64_t went = c->current == NULL ? 0 : c->current->wire.went;
    while (c->current != NULL && c->attached == attached && !done(c)) {
        const int error = owner_channel_serve(c, patience_ns);
        if (c->current == NULL || c->attached != attached)
            break;
        if (c->current->wire.went != went) {
            went = c->current->wire.went;
            since = c->looked;
        } else if (error < 0 || c->looked - since >= patience_ns) {
            owner_channel_refuse(c, REFUSED_STALLED);
        }
    }
    return c->current != NULL && c->attached == attached;
}

/* ---- the whole ---- */

int owner_channel_open(struct owner_channel *c, uint64_t files_size)
{
    *c = (struct owner_channel){.state.workload_max = delivery_size_max(files_size),
                                .company = {.ask = ask, .answer = answer, .context = c}};
    int error = identity_init(&c->identity);
    if (error < 0)
        return error;
    struct put cert = put_init(c->cert, sizeof(c->cert));
    error = tls_certificate_put(c->identity.key, "keep", &cert);
    if (error < 0)
        return error;
    c->own = (struct tls_identity){.key = c->identity.key, .cert = put_done(&cert)};
    c->listener = port_listen(0, (struct bytes){0});
    return c->listener < 0 ? (int)c->listener : 0;
}

void owner_channel_close(struct owner_channel *c)
{
    owner_session_free(c->current);
    for (size_t i = 0; i < OWNER_PENDING_MAX; i++)
        owner_session_free(c->pending[i]);
    delivery_close(&c->delivery);
    console_fini(&c->console);
    identity_fini(&c->identity);
    *c = (struct owner_channel){0};
}
