/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever three sessions say, in whatever order and pieces: a keep goes one way, proves
 * that it is empty once, takes one workload, and no more of a stream than there is credit
 * for. Input: pieces of a byte (session 0 to 2, and in the upper bits whether it is the
 * owner's), a byte of size, and so many bytes of plaintext. */
/* links: exec/keep_state.c channel/message.c channel/reader.c base/cur.c base/put.c base/wipe.c */
#include "exec/keep_state.h"
#include "channel/reader.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

#define SESSIONS 3u

static const uint8_t owner_key[] = "the owner's key";
static const uint8_t digest[EVIDENCE_DIGEST_SIZE], exporter[CHANNEL_EXPORTER_SIZE];

struct session {
    struct keep_session state;
    struct channel_reader reader;
    uint8_t buffer[CHANNEL_DATA_MAX];
    bool open, over;
};

static struct {
    struct keep_state keep;
    struct session sessions[SESSIONS];
    unsigned empties, workloads;
} f;

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* As the channel answers it. */
static void prove(struct session *s)
{
    const struct evidence_claims c = keep_claims(&f.keep, &s->state, exporter);
    const bool empty = strcmp(c.purpose, PURPOSE_EMPTY) == 0;
    f.empties += empty;
    must(f.empties <= 1 && c.nonce.size == CHANNEL_NONCE_SIZE && c.tls_exporter == exporter);
    must(empty == (c.workload == NULL) && empty == (f.keep.phase == KEEP_EMPTY));
    keep_answered(&f.keep, &s->state);
}

static void load(struct session *s, bool detached)
{
    must(++f.workloads == 1 && f.keep.phase == KEEP_CHALLENGED);
    const struct bytes key = {owner_key, sizeof(owner_key)};
    keep_loaded(&f.keep, &s->state, digest, key, detached ? CHANNEL_DETACHED : 0);
    prove(s);
}

static void take(struct session *s, const struct channel_part *part, bool owner)
{
    const struct channel_header h = {.type = part->type, .size = part->size};
    const struct bytes key = {owner_key, owner ? sizeof(owner_key) : 0};
    struct keep_action action;
    const uint32_t input = s->state.input;
    if (part->offset == 0)
        s->over = keep_allows(&f.keep, &s->state, &h) != REFUSED_NONE;
    if (s->over || part->offset + part->bytes.size < part->size)
        return;
    s->over = keep_take(&f.keep, &s->state, &h, part->bytes, key, &action) != REFUSED_NONE;
    if (s->over)
        return;
    if (action.what == KEEP_LOAD)
        load(s, owner);
    else if (action.what == KEEP_PROVE) {
        must(s->state.deploys || owner);
        prove(s);
    } else
        must(s->state.phase == SESSION_ATTACHED);
    must(action.what != KEEP_INPUT || (part->size > 0 && part->size <= input));
    must(s->state.credit[0] <= CHANNEL_WINDOW && s->state.credit[1] <= CHANNEL_WINDOW);
}

static void feed(struct session *s, struct bytes plain, bool owner)
{
    struct cur in = cur_init(plain);
    struct channel_part part;
    if (!s->open) {
        s->open = true;
        s->over = keep_open(&f.keep, &s->state, 0) != REFUSED_NONE;
    }
    while (!s->over) {
        const int result = channel_reader_next(&s->reader, &in, &part);
        if (result != 1) {
            s->over = result < 0;
            return;
        }
        const enum keep_phase before = f.keep.phase;
        take(s, &part, owner);
        must(f.keep.phase >= before);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_init((struct bytes){data, size});
    memset(&f, 0, sizeof(f));
    f.keep.workload_max = 1000;
    for (size_t i = 0; i < SESSIONS; i++) {
        f.sessions[i].state = keep_accept(0);
        channel_reader_init(&f.sessions[i].reader, CHANNEL_OWNER, f.sessions[i].buffer,
                            sizeof(f.sessions[i].buffer));
    }
    while (cur_left(&c) > 0) {
        const uint8_t which = cur_u8(&c);
        feed(&f.sessions[which % SESSIONS], cur_take(&c, cur_u8(&c)), (which & 0x40) != 0);
    }
    return 0;
}
