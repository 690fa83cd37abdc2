/* SPDX-License-Identifier: Apache-2.0 */
/* WORKLOAD as a stream; see package.h. */
#include "host/deploy/package.h"

#include "channel/message.h"

#include <errno.h>

#define FIXED_PARTS 5u /* heads, owner's key, manifest, secrets, module; then the files */

static struct bytes part_at(const struct package *p, size_t i)
{
    const struct bytes fixed[FIXED_PARTS] = {
        {p->head, sizeof(p->head)}, p->parts.owner_key, p->parts.manifest,
        p->parts.secrets,           p->parts.module,
    };
    return i < FIXED_PARTS ? fixed[i] : p->parts.files[i - FIXED_PARTS];
}

/* To the next part that has bytes left, or to the end. */
static void skip_empty(struct package *p)
{
    while (p->part < FIXED_PARTS + p->parts.file_count && p->at == part_at(p, p->part).size) {
        p->part++;
        p->at = 0;
    }
}

static void put_heads(struct package *p)
{
    struct put out = put_init(p->head, sizeof(p->head));
    const struct channel_header header = {
        .type = CHANNEL_WORKLOAD,
        .size = p->size - CHANNEL_HEADER_SIZE,
    };
    const struct channel_workload_head head = {
        .manifest_size = (uint32_t)p->parts.manifest.size,
        .secrets_size = (uint32_t)p->parts.secrets.size,
        .owner_key_size = (uint32_t)p->parts.owner_key.size,
        .flags = p->parts.flags,
    };
    channel_header_put(&out, &header);
    channel_workload_head_put(&out, &head);
}

int package_init(struct package *p, const struct package_parts *parts)
{
    *p = (struct package){.parts = *parts};
    for (size_t i = 0; i < FIXED_PARTS + parts->file_count; i++) {
        if (__builtin_add_overflow(p->size, part_at(p, i).size, &p->size))
            return -E2BIG;
    }
    if (p->size > CHANNEL_HEADER_SIZE + CHANNEL_WORKLOAD_MAX || parts->manifest.size > UINT32_MAX ||
        parts->secrets.size > CHANNEL_SECRETS_MAX || parts->owner_key.size > CHANNEL_OWNER_KEY_MAX)
        return -E2BIG;
    put_heads(p);
    return 0;
}

struct bytes package_next(const struct package *p)
{
    if (p->part == FIXED_PARTS + p->parts.file_count)
        return (struct bytes){0};
    const struct bytes part = part_at(p, p->part);
    return (struct bytes){part.data + p->at, part.size - p->at};
}

void package_advance(struct package *p, size_t size)
{
    p->at += size;
    p->sent += size;
    skip_empty(p);
}
