/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a file; see content.h. */
#define _GNU_SOURCE /* mremap */
#include "exec/vfs/content.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE     4096u
#define HEAP_MIN 64u
#define HEAP_MAX (64u * 1024u) /* above it a mapping of whole pages */

static bool is_mapping(uint64_t capacity) { return capacity > HEAP_MAX; }

/* Room for `size` bytes and no more than rounding. */
static uint64_t capacity_for(uint64_t size)
{
    if (is_mapping(size))
        return (size + PAGE - 1) / PAGE * PAGE;
    uint64_t capacity = size == 0 ? 0 : HEAP_MIN;
    while (capacity < size)
        capacity *= 2;
    return capacity;
}

/* `capacity` zeroed bytes, or null. */
static uint8_t *take(uint64_t capacity)
{
    if (!is_mapping(capacity))
        return calloc(1, capacity);
    void *data = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return data == MAP_FAILED ? NULL : data;
}

static void give_back(uint8_t *data, uint64_t capacity)
{
    if (is_mapping(capacity))
        munmap(data, capacity);
    else
        free(data);
}

static int set_capacity(struct content *c, uint64_t capacity)
{
    uint8_t *data;
    if (is_mapping(c->capacity) && is_mapping(capacity)) {
        void *moved = mremap(c->data, c->capacity, capacity, MREMAP_MAYMOVE);
        data = moved == MAP_FAILED ? NULL : moved;
    } else {
        data = take(capacity);
        if (data != NULL && c->data != NULL) {
            memcpy(data, c->data, c->size < capacity ? c->size : capacity);
            give_back(c->data, c->capacity);
        }
    }
    if (data == NULL)
        return -ENOMEM;
    c->data = data;
    c->capacity = capacity;
    return 0;
}

static int grow(struct content *c, uint64_t size)
{
    if (size <= c->capacity)
        return 0;
    if (size > INT64_MAX - PAGE)
        return -ENOMEM;
    uint64_t generous = c->capacity + c->capacity / 2;
    if (generous > size && set_capacity(c, capacity_for(generous)) == 0)
        return 0;
    return set_capacity(c, capacity_for(size));
}

/* Pages no longer used go back to the system, which also leaves little to clear.
 * Where that fails the bytes are cleared in place. */
static void cut(struct content *c, uint64_t size)
{
    uint64_t dirty = c->size;
    if (is_mapping(c->capacity) && set_capacity(c, capacity_for(size)) == 0 && dirty > c->capacity)
        dirty = c->capacity;
    if (dirty > size)
        memset(c->data + size, 0, dirty - size);
}

int content_resize(struct content *c, uint64_t size)
{
    if (size == 0) {
        content_fini(c);
        return 0;
    }
    int error = grow(c, size);
    if (error < 0)
        return error;
    if (size < c->size)
        cut(c, size);
    c->size = size;
    return 0;
}

void content_fini(struct content *c)
{
    give_back(c->data, c->capacity);
    *c = (struct content){0};
}
