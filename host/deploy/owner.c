/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's half of the channel; see owner.h. */
#include "host/deploy/owner.h"

#include "crypto/digest.h"
#include "host/deploy/check.h"

#include <errno.h>
#include <string.h>

#define CREDIT_WORTH (CHANNEL_WINDOW / 4) /* bytes that are worth a message */

const char *owner_fault_text(enum owner_fault fault)
{
    static const char *const texts[] = {
#define X(name, text) [OWNER_FAULT_##name] = (text),
        OWNER_FAULTS(X)
#undef X
    };
    return fault < OWNER_FAULT_COUNT ? texts[fault] : "";
}

bool owner_fault_is_refusal(enum owner_fault fault)
{
    return fault >= OWNER_FAULT_EVIDENCE && fault <= OWNER_FAULT_SECRETS;
}

int owner_init(struct owner *o, const struct owner_terms *terms,
               const struct owner_session *session)
{
    *o = (struct owner){
        .terms = *terms,
        .session = *session,
        .input = CHANNEL_WINDOW,
        .output = {[CHANNEL_STDOUT] = CHANNEL_WINDOW, [CHANNEL_STDERR] = CHANNEL_WINDOW},
    };
    if (session->peer_key.size > sizeof(o->peer_key))
        return -EMSGSIZE;
    if (session->peer_key.size > 0)
        memcpy(o->peer_key, session->peer_key.data, session->peer_key.size);
    o->session.peer_key.data = o->peer_key;
    return 0;
}

static void put_header(struct put *out, enum channel_type type, uint64_t size)
{
    channel_header_put(out, &(struct channel_header){.type = type, .size = size});
}

void owner_challenge(struct owner *o, uint64_t time, struct put *out)
{
    struct channel_challenge c = {.what = o->terms.what, .time = time};
    memcpy(c.nonce, o->session.nonce, sizeof(c.nonce));
    put_header(out, CHANNEL_CHALLENGE, CHANNEL_CHALLENGE_SIZE);
    channel_challenge_put(out, &c);
    o->phase = OWNER_CHALLENGED;
}

/* ---- from the keep ---- */

static enum owner_fault take_evidence(const struct owner *o, const struct channel_part *part,
                                      struct owner_action *action)
{
    const bool deploys = o->terms.what == CHANNEL_DEPLOY;
    if (part->type == CHANNEL_EVIDENCE) {
        if (!CHECK(owner_evidence_order, deploys && o->phase == OWNER_CHALLENGED))
            return OWNER_FAULT_ORDER;
    } else {
        const enum owner_phase expected = deploys ? OWNER_LOADED : OWNER_CHALLENGED;
        if (!CHECK(owner_ready_order, o->phase == expected))
            return OWNER_FAULT_ORDER;
    }
    if (channel_evidence_parse(part->bytes, part->type, &action->evidence) < 0)
        return OWNER_FAULT_MALFORMED;
    action->what = OWNER_APPRAISE;
    return OWNER_FAULT_NONE;
}

static enum owner_fault take_output(struct owner *o, const struct channel_part *part,
                                    struct owner_action *action)
{
    const uint32_t size = (uint32_t)part->bytes.size;
    if (part->type == CHANNEL_STDOUT && !CHECK(owner_output_ended, !o->output_ended))
        return OWNER_FAULT_ORDER;
    if (!CHECK(owner_output_window, size <= o->output[part->type]))
        return OWNER_FAULT_WINDOW;
    o->output[part->type] -= size;
    o->output_ended = o->output_ended || (part->type == CHANNEL_STDOUT && size == 0);
    action->what = OWNER_OUTPUT;
    action->bytes = part->bytes;
    return OWNER_FAULT_NONE;
}

static enum owner_fault take_credit(struct owner *o, const struct channel_part *part,
                                    struct owner_action *action)
{
    struct channel_pair p;
    if (channel_pair_parse(part->bytes, &p) < 0 ||
        !CHECK(owner_credit_stream, p.first == CHANNEL_STDIN))
        return OWNER_FAULT_MALFORMED;
    if (!CHECK(owner_credit_window, p.second <= CHANNEL_WINDOW - o->input))
        return OWNER_FAULT_WINDOW;
    o->input += p.second;
    action->what = OWNER_INPUT;
    return OWNER_FAULT_NONE;
}

static enum owner_fault take_files(const struct owner *o, const struct channel_part *part,
                                   struct owner_action *action)
{
    if (!CHECK(owner_files, o->terms.files))
        return OWNER_FAULT_FILES;
    action->what = OWNER_FILES;
    action->bytes = part->bytes;
    return OWNER_FAULT_NONE;
}

static enum owner_fault take_lost(const struct owner *o, const struct channel_part *part,
                                  struct owner_action *action)
{
    struct cur c = cur_init(part->bytes);
    action->number = cur_le64(&c);
    action->what = OWNER_LOST;
    if (!CHECK(owner_lost, o->terms.what == CHANNEL_ATTACH))
        return OWNER_FAULT_ORDER;
    return cur_done(&c) ? OWNER_FAULT_NONE : OWNER_FAULT_MALFORMED;
}

/* Of a running program. */
static enum owner_fault take_stream(struct owner *o, const struct channel_part *part,
                                    struct owner_action *action)
{
    if (!CHECK(owner_stream_order, o->phase == OWNER_RUNNING))
        return OWNER_FAULT_ORDER;
    switch (part->type) {
    case CHANNEL_STDOUT:
    case CHANNEL_STDERR:
        return take_output(o, part, action);
    case CHANNEL_CREDIT:
        return take_credit(o, part, action);
    case CHANNEL_FILES:
        return take_files(o, part, action);
    case CHANNEL_LOST:
        return take_lost(o, part, action);
    default:
        return OWNER_FAULT_ORDER;
    }
}

/* Why a keep can do no more it may say at any time. */
static enum owner_fault take_log(const struct owner *o, const struct channel_part *part,
                                 struct owner_action *action)
{
    struct cur c = cur_init(part->bytes);
    action->what = OWNER_LOG;
    action->level = cur_le32(&c);
    action->bytes = cur_take(&c, cur_left(&c));
    action->proven = o->phase >= OWNER_ACCEPTED;
    return cur_ok(&c) ? OWNER_FAULT_NONE : OWNER_FAULT_MALFORMED;
}

static enum owner_fault take_exit(struct owner *o, const struct channel_part *part,
                                  struct owner_action *action)
{
    struct channel_pair p;
    if (channel_pair_parse(part->bytes, &p) < 0 ||
        !CHECK(owner_exit_known, p.first <= CHANNEL_END_FAILED))
        return OWNER_FAULT_MALFORMED;
    const bool failed = p.first == CHANNEL_END_FAILED;
    if (!CHECK(owner_exit_order, failed || o->phase == OWNER_RUNNING))
        return OWNER_FAULT_ORDER;
    action->what = OWNER_END;
    action->end = (enum channel_end)p.first;
    action->number = p.second;
    action->proven = o->phase >= OWNER_ACCEPTED;
    o->phase = OWNER_ENDED;
    return OWNER_FAULT_NONE;
}

enum owner_fault owner_take(struct owner *o, const struct channel_part *part,
                            struct owner_action *action)
{
    *action = (struct owner_action){.type = part->type};
    if (o->phase == OWNER_NEW || !CHECK(owner_exit_last, o->phase != OWNER_ENDED))
        return OWNER_FAULT_ORDER;
    switch (part->type) {
    case CHANNEL_EVIDENCE:
    case CHANNEL_READY:
        return take_evidence(o, part, action);
    case CHANNEL_LOG:
        return take_log(o, part, action);
    case CHANNEL_EXIT:
        return take_exit(o, part, action);
    default:
        return take_stream(o, part, action);
    }
}

enum owner_fault owner_ended(const struct owner *o)
{
    return CHECK(owner_exit_missing, o->phase == OWNER_ENDED) ? OWNER_FAULT_NONE : OWNER_FAULT_CUT;
}

/* ---- to the keep ---- */

/* READY has to tell SHA-256 of nonce and secrets. */
static int digest_secrets(const struct owner *o, struct bytes secrets,
                          uint8_t out[static EVIDENCE_DIGEST_SIZE])
{
    const struct bytes parts[] = {{o->session.nonce, sizeof(o->session.nonce)}, secrets};
    return sha256_parts(parts, ARRAY_COUNT(parts), out);
}

enum owner_fault owner_load(struct owner *o, const uint8_t digest[static EVIDENCE_DIGEST_SIZE],
                            struct bytes secrets)
{
    if (!CHECK(owner_load, o->phase == OWNER_ACCEPTED))
        return OWNER_FAULT_EARLY;
    if (digest_secrets(o, secrets, o->secrets) < 0)
        return OWNER_FAULT_MEMORY;
    memcpy(o->terms.workload, digest, sizeof(o->terms.workload));
    o->phase = OWNER_LOADING;
    return OWNER_FAULT_NONE;
}

void owner_loaded(struct owner *o)
{
    if (o->phase == OWNER_LOADING)
        o->phase = OWNER_LOADED;
}

uint32_t owner_input_room(const struct owner *o)
{
    return o->phase == OWNER_RUNNING && !o->input_ended ? o->input : 0;
}

void owner_put_input(struct owner *o, struct bytes input, struct put *out)
{
    put_header(out, CHANNEL_STDIN, input.size);
    put_bytes(out, input);
    o->input -= (uint32_t)input.size;
    o->input_ended = input.size == 0;
}

void owner_put_signal(struct owner *o, uint32_t number, struct put *out)
{
    if (o->phase != OWNER_RUNNING)
        return;
    put_header(out, CHANNEL_SIGNAL, 4);
    put_le32(out, number);
}

static void put_pair(struct put *out, enum channel_type type, uint32_t size)
{
    put_header(out, CHANNEL_CREDIT, 8);
    channel_pair_put(out, (struct channel_pair){type, size});
}

static void put_credit(struct owner *o, enum channel_type type, struct put *out)
{
    put_pair(out, type, o->taken[type]);
    o->output[type] += o->taken[type];
    o->taken[type] = 0;
}

void owner_put_credit(struct owner *o, enum channel_type type, uint32_t size, struct put *out)
{
    o->taken[type] += size;
    if (o->phase == OWNER_RUNNING && o->taken[type] >= CREDIT_WORTH)
        put_credit(o, type, out);
}

void owner_put_last_credit(struct owner *o, struct put *out)
{
    for (enum channel_type type = CHANNEL_STDOUT; type <= CHANNEL_STDERR; type++) {
        if (o->phase == OWNER_RUNNING && o->taken[type] > 0)
            put_credit(o, type, out);
    }
    if (o->phase == OWNER_ENDED)
        put_pair(out, CHANNEL_EXIT, 0);
}
