/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of any bytes: what is taken is written back as it came, and slices lie within.
 * The first byte says what the rest is. */
/* links: channel/message.c base/cur.c base/put.c */
#include "channel/message.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void same(const struct put *p, struct bytes from)
{
    if (!bytes_equal(put_done(p), from))
        abort();
}

static void look_at_header(struct bytes from, enum channel_side side, struct put *p)
{
    struct channel_header h;
    if (channel_header_parse(from, side, &h) < 0)
        return;
    if (strcmp(channel_type_text(h.type), "?") == 0 || h.size > CHANNEL_WORKLOAD_MAX)
        abort();
    channel_header_put(p, &h);
    same(p, from);
}

static void look_at_evidence(struct bytes from, enum channel_type type, struct put *p)
{
    struct channel_evidence e;
    if (channel_evidence_parse(from, type, &e) < 0)
        return;
    if ((type == CHANNEL_READY) != (e.secrets.size == 32))
        abort();
    channel_evidence_put(p, &e);
    same(p, from);
}

static void look_at_payload(uint8_t kind, struct bytes from, struct put *p)
{
    struct channel_challenge challenge;
    struct channel_workload_head head;
    struct channel_pair pair;
    if (kind == 'c' && channel_challenge_parse(from, &challenge) == 0) {
        channel_challenge_put(p, &challenge);
        same(p, from);
    } else if (kind == 'w' && channel_workload_head_parse(from, &head) == 0) {
        channel_workload_head_put(p, &head);
        same(p, from);
    } else if (kind == 'p' && channel_pair_parse(from, &pair) == 0) {
        channel_pair_put(p, pair);
        same(p, from);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[1 << 20];
    struct put p = put_init(again, sizeof(again));
    if (size == 0)
        return 0;
    const struct bytes from = {.data = data + 1, .size = size - 1};
    if (*data == 'o' || *data == 'k')
        look_at_header(from, *data == 'o' ? CHANNEL_OWNER : CHANNEL_KEEP, &p);
    else if (*data == 'e' || *data == 'r')
        look_at_evidence(from, *data == 'e' ? CHANNEL_EVIDENCE : CHANNEL_READY, &p);
    else
        look_at_payload(*data, from, &p);
    return 0;
}
