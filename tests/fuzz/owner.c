/* SPDX-License-Identifier: Apache-2.0 */
/* A keep's side of the channel, hostile: whatever it says, in whatever pieces, nothing goes
 * out before its evidence is accepted, no stream is carried before it is ready, windows are
 * kept, and there is one end. Evidence that is a claims buffer of the right session and no
 * quote is taken here, so that the states behind it are reached. */
/* links: host/deploy/owner.c host/deploy/appraise.c channel/message.c channel/reader.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#include "host/deploy/owner.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

/* What has to hold at any time. */
struct watch {
    struct owner owner;
    bool loaded; /* owner_load let it go out */
    bool ended;
    uint64_t taken[CHANNEL_STDERR + 1]; /* bytes of output, less the credit given for them */
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void open_owner(struct watch *w, bool attaches)
{
    static const uint8_t key[] = {0x30, 0};
    uint8_t buffer[CHANNEL_HEADER_SIZE + CHANNEL_CHALLENGE_SIZE];
    struct put out = put_init(buffer, sizeof(buffer));
    const struct owner_terms terms = {
        .what = attaches ? CHANNEL_ATTACH : CHANNEL_DEPLOY,
        .policy = policy_default(),
        .insecure = true,
        .files = true,
    };
    const struct owner_session session = {.peer_key = {key, sizeof(key)}};
    require(owner_init(&w->owner, &terms, &session) == 0);
    owner_challenge(&w->owner, 0, &out);
    require(!out.bad);
}

static bool appraise(struct watch *w, const struct owner_action *action)
{
    static struct attest_result result;
    const struct attest_input nothing = {0};
    static const uint8_t digest[EVIDENCE_DIGEST_SIZE];
    const enum owner_phase before = w->owner.phase;
    require(before == OWNER_CHALLENGED || before == OWNER_LOADED);
    const enum owner_fault fault =
        owner_appraise(&w->owner, &action->evidence, &nothing, 1700000000, &result);
    if (fault != OWNER_FAULT_NONE) {
        require(w->owner.phase == before);
        return false;
    }
    require(action->evidence.evidence.size == 0); /* nobody can sign any */
    if (w->owner.phase == OWNER_ACCEPTED) {
        require(owner_load(&w->owner, digest, (struct bytes){0}) == OWNER_FAULT_NONE);
        w->loaded = true;
        owner_loaded(&w->owner);
    }
    return true;
}

static void take_output(struct watch *w, const struct owner_action *action)
{
    uint8_t buffer[64];
    struct put out = put_init(buffer, sizeof(buffer));
    w->taken[action->type] += action->bytes.size;
    require(w->taken[action->type] <= CHANNEL_WINDOW);
    owner_put_credit(&w->owner, action->type, (uint32_t)action->bytes.size, &out);
    if (out.size > 0)
        w->taken[action->type] = 0;
}

static bool act(struct watch *w, const struct owner_action *action)
{
    const bool stream = action->what == OWNER_OUTPUT || action->what == OWNER_INPUT ||
                        action->what == OWNER_FILES || action->what == OWNER_LOST;
    require(!w->ended);
    require(!stream || w->owner.phase == OWNER_RUNNING);
    require(w->owner.phase != OWNER_RUNNING || w->loaded || w->owner.terms.what == CHANNEL_ATTACH);
    require(w->owner.input <= CHANNEL_WINDOW);
    switch (action->what) {
    case OWNER_APPRAISE:
        return appraise(w, action);
    case OWNER_OUTPUT:
        take_output(w, action);
        return true;
    case OWNER_END:
        w->ended = true;
        require(owner_ended(&w->owner) == OWNER_FAULT_NONE);
        return true;
    default:
        return true;
    }
}

/* The first byte says how the rest is cut, and who the owner is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t payload[CHANNEL_EVIDENCE_MAX];
    struct watch w = {.loaded = false};
    struct channel_reader reader;
    bool goes_on = size > 0;
    const size_t step = size > 0 ? data[0] / 2 + 1u : 1;
    channel_reader_init(&reader, CHANNEL_KEEP, payload, sizeof(payload));
    open_owner(&w, size > 0 && (data[0] & 1) != 0);
    for (size_t at = 1; goes_on && at < size; at += step) {
        struct cur in = cur_init((struct bytes){data + at, size - at < step ? size - at : step});
        struct channel_part part;
        int result = 0;
        while (goes_on && (result = channel_reader_next(&reader, &in, &part)) == 1) {
            struct owner_action action;
            goes_on = owner_take(&w.owner, &part, &action) == OWNER_FAULT_NONE && act(&w, &action);
        }
        goes_on = goes_on && result == 0;
    }
    require(w.ended == (w.owner.phase == OWNER_ENDED));
    return 0;
}
