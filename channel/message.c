/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to bytes and back; see message.h. Trusts nothing. */
#include "channel/message.h"

#include <errno.h>
#include <string.h>

static const struct row {
    const char *name;
    enum channel_side side;
    uint64_t least, most;
} rows[CHANNEL_TYPE_COUNT] = {
#define ROW(name, number, side, least, most) [number] = {#name, side, least, most},
    CHANNEL_TABLE(ROW)
#undef ROW
};

#define SECRETS_DIGEST_SIZE 32u /* of READY */

/* Null for no type. */
static const struct row *row_of(uint32_t type)
{
    return type < CHANNEL_TYPE_COUNT && rows[type].name != NULL ? &rows[type] : NULL;
}

const char *channel_type_text(uint32_t type)
{
    const struct row *row = row_of(type);
    return row == NULL ? "?" : row->name;
}

/* ---- header ---- */

void channel_header_put(struct put *p, const struct channel_header *header)
{
    put_le32(p, header->type);
    put_le32(p, 0);
    put_le64(p, header->size);
}

int channel_header_parse(struct bytes from_bytes, enum channel_side from,
                         struct channel_header *header)
{
    struct cur c = cur_init(from_bytes);
    const uint32_t type = cur_le32(&c);
    cur_zero(&c, 4);
    const uint64_t size = cur_le64(&c);
    const struct row *row = row_of(type);
    if (!cur_done(&c) || row == NULL || (row->side != from && row->side != CHANNEL_BOTH))
        return -EBADMSG;
    if (size < row->least || size > row->most)
        return -EBADMSG;
    *header = (struct channel_header){.type = (enum channel_type)type, .size = size};
    return 0;
}

/* ---- payloads ---- */

void channel_challenge_put(struct put *p, const struct channel_challenge *challenge)
{
    put_le32(p, CHANNEL_VERSION);
    put_le32(p, challenge->what);
    put_le64(p, challenge->time);
    put_bytes(p, (struct bytes){.data = challenge->nonce, .size = CHANNEL_NONCE_SIZE});
}

int channel_challenge_parse(struct bytes from, struct channel_challenge *challenge)
{
    struct cur c = cur_init(from);
    const uint32_t version = cur_le32(&c);
    const uint32_t what = cur_le32(&c);
    const uint64_t time = cur_le64(&c);
    const struct bytes nonce = cur_take(&c, CHANNEL_NONCE_SIZE);
    if (!cur_done(&c))
        return -EBADMSG;
    if (version != CHANNEL_VERSION)
        return -EPROTONOSUPPORT;
    if (what != CHANNEL_DEPLOY && what != CHANNEL_ATTACH)
        return -EBADMSG;
    challenge->what = (enum channel_what)what;
    challenge->time = time;
    memcpy(challenge->nonce, nonce.data, CHANNEL_NONCE_SIZE);
    return 0;
}

void channel_evidence_put(struct put *p, const struct channel_evidence *e)
{
    put_bytes(p, e->secrets);
    put_le32(p, (uint32_t)e->claims.size);
    put_bytes(p, e->claims);
    put_bytes(p, e->evidence);
}

int channel_evidence_parse(struct bytes from, enum channel_type type, struct channel_evidence *e)
{
    struct cur c = cur_init(from);
    const struct bytes secrets = cur_take(&c, type == CHANNEL_READY ? SECRETS_DIGEST_SIZE : 0);
    const struct bytes claims = cur_take(&c, cur_le32(&c));
    const struct bytes evidence = cur_take(&c, cur_left(&c));
    if (!cur_done(&c))
        return -EBADMSG;
    *e = (struct channel_evidence){.secrets = secrets, .claims = claims, .evidence = evidence};
    return 0;
}

void channel_workload_head_put(struct put *p, const struct channel_workload_head *head)
{
    put_le32(p, head->manifest_size);
    put_le32(p, head->secrets_size);
    put_le32(p, head->owner_key_size);
    put_le32(p, head->flags);
}

int channel_workload_head_parse(struct bytes from, struct channel_workload_head *head)
{
    struct cur c = cur_init(from);
    struct channel_workload_head found;
    found.manifest_size = cur_le32(&c);
    found.secrets_size = cur_le32(&c);
    found.owner_key_size = cur_le32(&c);
    found.flags = cur_le32(&c);
    if (!cur_done(&c) || found.secrets_size > CHANNEL_SECRETS_MAX ||
        found.owner_key_size > CHANNEL_OWNER_KEY_MAX || (found.flags & ~CHANNEL_FLAGS) != 0)
        return -EBADMSG;
    *head = found;
    return 0;
}

void channel_pair_put(struct put *p, struct channel_pair pair)
{
    put_le32(p, pair.first);
    put_le32(p, pair.second);
}

int channel_pair_parse(struct bytes from, struct channel_pair *pair)
{
    struct cur c = cur_init(from);
    const uint32_t first = cur_le32(&c);
    const uint32_t second = cur_le32(&c);
    if (!cur_done(&c))
        return -EBADMSG;
    *pair = (struct channel_pair){.first = first, .second = second};
    return 0;
}
