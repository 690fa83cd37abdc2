/* SPDX-License-Identifier: Apache-2.0 */
/* The map of exec's address space; see space.h. */
#include "shim/core/space.h"

#include "shim/core/errno.h"
#include "shim/core/machine.h"

/* A change splits at most two ranges and adds one. */
#define GROWTH 3u

void space_init(struct space *s, struct range *ranges, size_t capacity)
{
    *s = (struct space){.ranges = ranges, .capacity = capacity};
}

size_t space_index(const struct space *s, uint64_t address)
{
    size_t low = 0;
    size_t high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->ranges[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct range *space_find(const struct space *s, uint64_t address)
{
    size_t i = space_index(s, address);
    return i < s->count && s->ranges[i].start <= address ? &s->ranges[i] : NULL;
}

uint64_t space_place(const struct space *s, uint64_t size)
{
    uint64_t at = s->place;
    for (size_t i = space_index(s, at); i < s->count; i++) {
        if (s->ranges[i].start >= at && s->ranges[i].start - at >= size)
            break;
        if (s->ranges[i].end > at)
            at = s->ranges[i].end;
    }
    return at < s->end && s->end - at >= size ? at : 0;
}

bool space_covers(const struct space *s, uint64_t start, uint64_t end)
{
    for (size_t i = space_index(s, start); start < end; i++) {
        if (i >= s->count || s->ranges[i].start > start)
            return false;
        start = s->ranges[i].end;
    }
    return true;
}

/* The table's memory comes a page at a time. */
int space_reserve(struct space *s, size_t changes)
{
    const size_t needed = s->count + changes * GROWTH;
    if (needed > s->capacity)
        return -ENOMEM;
    while (s->usable < needed) {
        uint64_t page = ((uint64_t)&s->ranges[s->usable] + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
        machine_add(page, page + PAGE_SIZE, PROT_R | PROT_W);
        s->usable = (page + PAGE_SIZE - (uint64_t)s->ranges) / sizeof(struct range);
    }
    return 0;
}

static void insert(struct space *s, size_t at, struct range range)
{
    for (size_t i = s->count; i > at; i--)
        s->ranges[i] = s->ranges[i - 1];
    s->ranges[at] = range;
    s->count++;
}

static void erase(struct space *s, size_t at, size_t count)
{
    for (size_t i = at; i + count < s->count; i++)
        s->ranges[i] = s->ranges[i + count];
    s->count -= count;
}

/* Makes `address` a border; memory for the split is there. */
static void split(struct space *s, uint64_t address)
{
    size_t i = space_index(s, address);
    if (i >= s->count || s->ranges[i].start >= address)
        return;
    struct range low = s->ranges[i];
    low.end = address;
    s->ranges[i].start = address;
    insert(s, i, low);
}

/* Joins the range at `i` with the one before it where they are alike. */
static void join(struct space *s, size_t i)
{
    if (i == 0 || i >= s->count)
        return;
    struct range *low = &s->ranges[i - 1];
    const struct range *high = &s->ranges[i];
    if (low->end != high->start || low->prot != high->prot || low->source != high->source)
        return;
    low->end = high->end;
    erase(s, i, 1);
}

/* Borders at both ends, nothing between: the index where it was. */
static size_t cut(struct space *s, uint64_t start, uint64_t end)
{
    split(s, start);
    split(s, end);
    size_t first = space_index(s, start);
    size_t last = first;
    while (last < s->count && s->ranges[last].end <= end)
        last++;
    erase(s, first, last - first);
    return first;
}

int space_set(struct space *s, struct range range)
{
    int error = space_reserve(s, 1);
    if (error < 0)
        return error;
    size_t at = cut(s, range.start, range.end);
    insert(s, at, range);
    join(s, at + 1);
    join(s, at);
    return 0;
}

int space_clear(struct space *s, uint64_t start, uint64_t end)
{
    int error = space_reserve(s, 1);
    if (error == 0)
        cut(s, start, end);
    return error;
}

int space_protect(struct space *s, uint64_t start, uint64_t end, uint32_t prot)
{
    int error = space_reserve(s, 1);
    if (error < 0)
        return error;
    split(s, start);
    split(s, end);
    size_t first = space_index(s, start);
    size_t last = first;
    for (; last < s->count && s->ranges[last].end <= end; last++)
        s->ranges[last].prot = prot;
    for (size_t i = last; i + 1 > first && i > 0; i--)
        join(s, i);
    return 0;
}
