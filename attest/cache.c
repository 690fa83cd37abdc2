/* SPDX-License-Identifier: Apache-2.0 */
/* A few things remembered by the bytes they were made of; see cache.h. The bytes
 * are kept and compared whole, so that nothing hangs on a hash. Trusts its callers. */
#include "attest/cache.h"

#include "base/put.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_MIN 8u /* what one verification holds at a time, and more */

struct entry {
    enum cached sort;
    uint8_t *key; /* each part: its size as 8 bytes, then itself */
    size_t key_size;
    void *thing;
    void (*release)(void *thing);
    uint64_t used; /* when last, by the cache's count */
};

struct attest_cache {
    struct entry *entries;
    size_t count;
    uint64_t uses;
};

struct attest_cache *attest_cache_new(size_t count)
{
    struct attest_cache *cache = calloc(1, sizeof(*cache));
    if (cache == NULL)
        return NULL;
    cache->count = count < ENTRY_MIN ? ENTRY_MIN : count;
    cache->entries = calloc(cache->count, sizeof(*cache->entries));
    if (cache->entries == NULL) {
        free(cache);
        return NULL;
    }
    return cache;
}

static void drop(struct entry *entry)
{
    if (entry->thing != NULL)
        entry->release(entry->thing);
    free(entry->key);
    *entry = (struct entry){0};
}

void attest_cache_free(struct attest_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->count; i++)
        drop(&cache->entries[i]);
    free(cache->entries);
    free(cache);
}

static void put_key(struct put *p, const struct bytes *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_be64(p, parts[i].size);
        put_bytes(p, parts[i]);
    }
}

static bool matches(const struct entry *entry, const struct bytes *parts, size_t count)
{
    struct cur c = cur_init((struct bytes){.data = entry->key, .size = entry->key_size});
    for (size_t i = 0; i < count; i++) {
        const uint64_t size = cur_be64(&c);
        const struct bytes part =
            size == parts[i].size ? cur_take(&c, parts[i].size) : (struct bytes){0};
        if (size != parts[i].size || !cur_ok(&c) ||
            (part.size > 0 && memcmp(part.data, parts[i].data, part.size) != 0))
            return false;
    }
    return cur_done(&c);
}

void *cache_find(struct attest_cache *cache, enum cached sort, const struct bytes *parts,
                 size_t count)
{
    for (size_t i = 0; i < cache->count; i++) {
        struct entry *entry = &cache->entries[i];
        if (entry->thing == NULL || entry->sort != sort || !matches(entry, parts, count))
            continue;
        entry->used = ++cache->uses;
        return entry->thing;
    }
    return NULL;
}

int cache_put(struct attest_cache *cache, enum cached sort, const struct bytes *parts, size_t count,
              void *thing, void (*release)(void *thing))
{
    struct entry *oldest = &cache->entries[0];
    for (size_t i = 1; i < cache->count; i++) {
        if (cache->entries[i].used < oldest->used)
            oldest = &cache->entries[i];
    }
    struct put counter = put_counter();
    put_key(&counter, parts, count);
    uint8_t *key = malloc(counter.size + 1);
    if (key == NULL) {
        release(thing);
        return -ENOMEM;
    }
    struct put p = put_init(key, counter.size);
    put_key(&p, parts, count);
    drop(oldest);
    *oldest = (struct entry){.sort = sort,
                             .key = key,
                             .key_size = p.size,
                             .thing = thing,
                             .release = release,
                             .used = ++cache->uses};
    return 0;
}
