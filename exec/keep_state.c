/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a keep for deployments; see keep_state.h. */
#include "exec/keep_state.h"

#include "base/wipe.h"
#include "exec/check.h"

#include <errno.h>
#include <string.h>

#define SIGNAL_MAX 64u /* [Linux asm/signal.h _NSIG] */

const char *keep_refusal_text(enum keep_refusal why)
{
    static const char *const texts[] = {
#define X(name, text) [REFUSED_##name] = (text),
        KEEP_REFUSALS(X)
#undef X
    };
    return why < KEEP_REFUSAL_COUNT ? texts[why] : "";
}

/* ---- sessions ---- */

struct keep_session keep_accept(uint64_t now)
{
    return (struct keep_session){
        .since = now,
        .input = CHANNEL_WINDOW,
        .credit = {CHANNEL_WINDOW, CHANNEL_WINDOW},
    };
}

enum keep_refusal keep_open(struct keep_state *k, struct keep_session *s, uint64_t now)
{
    s->phase = SESSION_OPEN;
    if (k->phase >= KEEP_LOADED)
        return REFUSED_NONE;
    if (!CHECK(session_one, !k->claimed))
        return REFUSED_BUSY;
    k->claimed = true;
    s->deploys = true;
    s->since = now;
    return REFUSED_NONE;
}

void keep_heard(struct keep_session *s, uint64_t now)
{
    if (s->deploys)
        s->since = now;
}

uint64_t keep_patience(const struct keep_session *s, uint64_t now)
{
    if (s->phase == SESSION_ATTACHED)
        return UINT64_MAX;
    const uint64_t longest = s->deploys ? CHECKED(session_stalled, KEEP_SILENCE_NS, UINT64_MAX)
                                        : CHECKED(handshake_stalled, KEEP_HANDSHAKE_NS, UINT64_MAX);
    const uint64_t passed = now > s->since ? now - s->since : 0;
    return passed < longest ? longest - passed : 0;
}

enum keep_loss keep_lost(const struct keep_state *k, const struct keep_session *s)
{
    if (s->phase == SESSION_ATTACHED)
        return k->detached ? LOSS_SESSION : LOSS_WORKLOAD;
    return CHECKED(session_lost, s->deploys, false) ? LOSS_KEEP : LOSS_SESSION;
}

/* ---- what may come ---- */

static enum keep_refusal allows_workload(const struct keep_state *k, const struct keep_session *s,
                                         uint64_t size)
{
    if (!CHECK(workload_order, s->phase >= SESSION_CHALLENGED))
        return REFUSED_ORDER;
    if (!CHECK(workload_once, s->phase <= SESSION_CHALLENGED && k->phase <= KEEP_CHALLENGED))
        return REFUSED_TAKEN;
    return CHECK(workload_limit, size <= k->workload_max) ? REFUSED_NONE : REFUSED_LIMIT;
}

static enum keep_refusal allows_input(const struct keep_session *s, uint64_t size)
{
    if (!CHECK(stdin_ended, !s->input_ended))
        return REFUSED_ORDER;
    return CHECK(stdin_window, size <= s->input) ? REFUSED_NONE : REFUSED_WINDOW;
}

enum keep_refusal keep_allows(const struct keep_state *k, const struct keep_session *s,
                              const struct channel_header *h)
{
    switch (h->type) {
    case CHANNEL_CHALLENGE:
        return CHECK(challenge_once, s->phase == SESSION_OPEN) ? REFUSED_NONE : REFUSED_ORDER;
    case CHANNEL_WORKLOAD:
        return allows_workload(k, s, h->size);
    case CHANNEL_STDIN:
    case CHANNEL_CREDIT:
    case CHANNEL_SIGNAL:
        if (!CHECK(stream_order, s->phase == SESSION_ATTACHED))
            return REFUSED_ORDER;
        return h->type == CHANNEL_STDIN ? allows_input(s, h->size) : REFUSED_NONE;
    default:
        return REFUSED_ORDER;
    }
}

/* ---- what has come ---- */

static bool is_owner(const struct keep_state *k, struct bytes key)
{
    return key.size > 0 && key.size == k->owner_key_size &&
           equal_ct(key.data, k->owner_key, key.size);
}

static enum keep_refusal take_challenge(const struct keep_state *k, struct keep_session *s,
                                        struct bytes payload, struct bytes peer_key,
                                        struct keep_action *action)
{
    struct channel_challenge c;
    const int error = channel_challenge_parse(payload, &c);
    if (error < 0)
        return error == -EPROTONOSUPPORT ? REFUSED_VERSION : REFUSED_MALFORMED;
    if (c.what == CHANNEL_DEPLOY) {
        if (!CHECK(challenge_deploy, s->deploys && k->phase == KEEP_EMPTY))
            return REFUSED_TAKEN;
    } else {
        if (!CHECK(challenge_attach, !s->deploys && k->phase >= KEEP_LOADED))
            return REFUSED_EMPTY;
        if (!CHECK(attach_owner, is_owner(k, peer_key)))
            return REFUSED_STRANGER;
    }
    memcpy(s->nonce, c.nonce, sizeof(s->nonce));
    s->time = c.time;
    action->what = KEEP_PROVE;
    return REFUSED_NONE;
}

static enum keep_refusal take_credit(struct keep_session *s, struct bytes payload,
                                     struct keep_action *action)
{
    struct channel_pair p;
    if (channel_pair_parse(payload, &p) < 0)
        return REFUSED_MALFORMED;
    if (p.first == CHANNEL_EXIT && p.second == 0 && CHECK(exit_taken, s->ended)) {
        action->what = KEEP_TOLD;
        return REFUSED_NONE;
    }
    if (!CHECK(credit_stream, p.first == CHANNEL_STDOUT || p.first == CHANNEL_STDERR))
        return REFUSED_MALFORMED;
    uint32_t *credit = &s->credit[p.first == CHANNEL_STDERR];
    if (!CHECK(credit_window, p.second <= CHANNEL_WINDOW - *credit))
        return REFUSED_WINDOW;
    *credit += p.second;
    *action = (struct keep_action){
        .what = KEEP_OUTPUT, .stream = (enum channel_type)p.first, .credit = p.second};
    return REFUSED_NONE;
}

static enum keep_refusal take_signal(struct bytes payload, struct keep_action *action)
{
    struct cur c = cur_init(payload);
    const uint32_t number = cur_le32(&c);
    if (!cur_done(&c) || !CHECK(signal_number, number >= 1 && number <= SIGNAL_MAX))
        return REFUSED_MALFORMED;
    *action = (struct keep_action){.what = KEEP_SIGNAL, .signal = number};
    return REFUSED_NONE;
}

static enum keep_refusal take_input(struct keep_session *s, uint64_t size,
                                    struct keep_action *action)
{
    action->what = size > 0 ? KEEP_INPUT : KEEP_INPUT_END;
    s->input -= (uint32_t)size;
    s->input_ended = size == 0;
    return REFUSED_NONE;
}

enum keep_refusal keep_take(struct keep_state *k, struct keep_session *s,
                            const struct channel_header *h, struct bytes payload,
                            struct bytes peer_key, struct keep_action *action)
{
    *action = (struct keep_action){0};
    switch (h->type) {
    case CHANNEL_CHALLENGE:
        return take_challenge(k, s, payload, peer_key, action);
    case CHANNEL_WORKLOAD:
        s->phase = SESSION_LOADED;
        action->what = KEEP_LOAD;
        return REFUSED_NONE;
    case CHANNEL_STDIN:
        return take_input(s, h->size, action);
    case CHANNEL_CREDIT:
        return take_credit(s, payload, action);
    case CHANNEL_SIGNAL:
        return take_signal(payload, action);
    default:
        return REFUSED_ORDER;
    }
}

/* ---- from one state to the next ---- */

void keep_loaded(struct keep_state *k, struct keep_session *s,
                 const uint8_t digest[static EVIDENCE_DIGEST_SIZE], struct bytes owner_key,
                 uint32_t flags)
{
    k->phase = KEEP_LOADED;
    s->phase = SESSION_LOADED;
    k->detached = (flags & CHANNEL_DETACHED) != 0;
    memcpy(k->workload, digest, sizeof(k->workload));
    k->owner_key_size = owner_key.size <= sizeof(k->owner_key) ? owner_key.size : 0;
    if (k->owner_key_size > 0)
        memcpy(k->owner_key, owner_key.data, k->owner_key_size);
}

struct evidence_claims keep_claims(const struct keep_state *k, const struct keep_session *s,
                                   const uint8_t exporter[static CHANNEL_EXPORTER_SIZE])
{
    const struct bytes nonce = {.data = s->nonce, .size = sizeof(s->nonce)};
    const bool empty = CHECKED(evidence_purpose, k->phase == KEEP_EMPTY, true);
    const bool loaded = CHECKED(evidence_workload, k->phase >= KEEP_LOADED, false);
    return (struct evidence_claims){
        .nonce = CHECKED(evidence_nonce, nonce, (struct bytes){0}),
        .purpose = empty ? PURPOSE_EMPTY : PURPOSE_READY,
        .workload = loaded ? k->workload : NULL,
        .tls_exporter = CHECKED(evidence_exporter, exporter, NULL),
    };
}

void keep_answered(struct keep_state *k, struct keep_session *s)
{
    if (k->phase == KEEP_EMPTY) {
        k->phase = KEEP_CHALLENGED;
        s->phase = SESSION_CHALLENGED;
    } else {
        s->phase = SESSION_ATTACHED;
    }
}

void keep_end(struct keep_state *k) { k->phase = KEEP_ENDED; }
