/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that change exec's map; see memory.h. What they take off the
 * map leaves the keep at once. */
#include "shim/core/memory.h"

#include "shim/core/check.h"
#include "shim/core/errno.h"
#include "shim/core/kernel.h"

/* [Linux uapi asm-generic/mman-common.h, mman.h] */
#define MAP_PRIVATE         0x02u
#define MAP_FIXED           0x10u
#define MAP_ANONYMOUS       0x20u
#define MAP_NORESERVE       0x4000u
#define MAP_POPULATE        0x8000u
#define MAP_STACK           0x20000u
#define MAP_FIXED_NOREPLACE 0x100000u
#define MAP_KNOWN                                                                         \
    (MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE | MAP_STACK | \
     MAP_FIXED_NOREPLACE)
#define MREMAP_MAYMOVE 1u

/* Advice that may be ignored, NORMAL to WILLNEED and HUGEPAGE to DODUMP, and the one that may
 * not. */
#define MADV_DONTNEED 4u
#define MADV_ADVICE \
    (1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 14 | 1u << 15 | 1u << 16 | 1u << 17)

static uint64_t page_up(uint64_t n) { return (n + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1); }

/* The whole pages of (address, size) as start and end; false: not within exec's. */
static bool pages_of(const struct space *s, uint64_t address, uint64_t size, uint64_t *end)
{
    if (address % PAGE_SIZE != 0 || size == 0)
        return false;
    if (!CHECK(map_range, address >= s->start && address <= s->end) ||
        !CHECK(map_size, size <= s->end - address))
        return false;
    *end = address + page_up(size);
    return true;
}

static bool prot_ok(uint64_t prot)
{
    return prot <= (PROT_R | PROT_W | PROT_X) &&
           CHECK(map_exclusive, (prot & (PROT_W | PROT_X)) != (PROT_W | PROT_X));
}

/* No page can be written or run and not read. */
static uint32_t readable(uint64_t prot) { return prot == 0 ? 0 : (uint32_t)prot | PROT_R; }

/* What is taken off the map leaves the keep, but only once the map has changed. */
static int unmap(struct space *s, uint64_t start, uint64_t end)
{
    int error = space_clear(s, start, end);
    if (error == 0)
        machine_drop(start, end);
    return error;
}

static int64_t map_at(struct space *s, uint64_t start, uint64_t end, uint64_t prot)
{
    int error = space_set(s, (struct range){.start = start, .end = end, .prot = readable(prot)});
    if (error < 0)
        return error;
    machine_drop(start, end);
    return (int64_t)start;
}

int64_t memory_mmap(struct kernel *k, const uint64_t *a)
{
    struct space *s = &k->memory.space;
    const uint64_t flags = a[3];
    uint64_t end;
    if ((flags & ~(uint64_t)MAP_KNOWN) != 0 || !(flags & MAP_ANONYMOUS) || !(flags & MAP_PRIVATE))
        return -EINVAL;
    if (!prot_ok(a[2]))
        return -EACCES;
    if (a[1] == 0)
        return -EINVAL;
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (!pages_of(s, a[0], a[1], &end))
            return a[0] % PAGE_SIZE != 0 ? -EINVAL : -ENOMEM;
        size_t i = space_index(s, a[0]);
        if (flags & MAP_FIXED_NOREPLACE && i < s->count && s->ranges[i].start < end)
            return -EEXIST;
        return map_at(s, a[0], end, a[2]);
    }
    if (a[1] > s->end)
        return -ENOMEM;
    uint64_t at = space_place(s, page_up(a[1]));
    return at == 0 ? -ENOMEM : map_at(s, at, at + page_up(a[1]), a[2]);
}

int64_t memory_munmap(struct kernel *k, const uint64_t *a)
{
    struct space *s = &k->memory.space;
    uint64_t end;
    if (!pages_of(s, a[0], a[1], &end))
        return -EINVAL;
    return unmap(s, a[0], end);
}

int64_t memory_mprotect(struct kernel *k, const uint64_t *a)
{
    struct space *s = &k->memory.space;
    uint64_t end;
    if (!prot_ok(a[2]))
        return -EACCES;
    if (a[1] == 0)
        return a[0] % PAGE_SIZE == 0 ? 0 : -EINVAL;
    if (a[0] % PAGE_SIZE != 0)
        return -EINVAL;
    if (!pages_of(s, a[0], a[1], &end) || !space_covers(s, a[0], end))
        return -ENOMEM;
    int error = space_reserve(s, 1);
    if (error < 0)
        return error;
    const uint32_t prot = readable(a[2]);
    for (size_t i = space_index(s, a[0]); i < s->count && s->ranges[i].start < end; i++) {
        const struct range *r = &s->ranges[i];
        machine_protect(r->start > a[0] ? r->start : a[0], r->end < end ? r->end : end, r->prot,
                        prot);
    }
    return space_protect(s, a[0], end, prot);
}

/* DONTNEED of memory that did not start as zeroes would bring exec's bytes back:
 * nobody asks for that. */
static int64_t discard(struct space *s, uint64_t start, uint64_t end)
{
    for (size_t i = space_index(s, start); i < s->count && s->ranges[i].start < end; i++) {
        if (!CHECK(map_discard, s->ranges[i].source == SOURCE_ZERO))
            return -EINVAL;
    }
    machine_drop(start, end);
    return 0;
}

int64_t memory_madvise(struct kernel *k, const uint64_t *a)
{
    struct space *s = &k->memory.space;
    uint64_t end;
    if (a[1] == 0)
        return a[0] % PAGE_SIZE == 0 ? 0 : -EINVAL;
    if (!pages_of(s, a[0], a[1], &end))
        return -EINVAL;
    if (!space_covers(s, a[0], end))
        return -ENOMEM;
    if (a[2] == MADV_DONTNEED)
        return discard(s, a[0], end);
    return a[2] < 32 && (MADV_ADVICE >> a[2] & 1) ? 0 : -EINVAL;
}

/* The pages present go to the same place in a new range. */
static int64_t move(struct space *s, const struct range *old, uint64_t size)
{
    uint64_t to = space_place(s, size);
    if (to == 0)
        return -ENOMEM;
    int error = space_reserve(s, 2);
    if (error == 0)
        error = space_set(s, (struct range){.start = to, .end = to + size, .prot = old->prot});
    if (error < 0)
        return error;
    for (uint64_t at = old->start; at < old->end; at += PAGE_SIZE) {
        if (machine_present(at))
            machine_publish(to + (at - old->start), (const void *)at, old->prot);
    }
    error = unmap(s, old->start, old->end);
    return error < 0 ? error : (int64_t)to;
}

int64_t memory_mremap(struct kernel *k, const uint64_t *a)
{
    struct space *s = &k->memory.space;
    uint64_t end;
    uint64_t wanted;
    if (a[3] > MREMAP_MAYMOVE || !pages_of(s, a[0], a[1], &end) || a[2] == 0)
        return -EINVAL;
    const struct range *r = space_find(s, a[0]);
    if (r == NULL || r->end < end || r->source != SOURCE_ZERO)
        return -EFAULT;
    const struct range old = {.start = a[0], .end = end, .prot = r->prot};
    if (!pages_of(s, a[0], a[2], &wanted))
        return -ENOMEM;
    if (wanted <= end) {
        int error = wanted < end ? unmap(s, wanted, end) : 0;
        return error < 0 ? error : (int64_t)a[0];
    }
    size_t next = space_index(s, end);
    bool free = r->end == end && (next >= s->count || s->ranges[next].start >= wanted);
    if (free) {
        int error = space_set(s, (struct range){.start = end, .end = wanted, .prot = old.prot});
        return error < 0 ? error : (int64_t)a[0];
    }
    if (!(a[3] & MREMAP_MAYMOVE) || !(old.prot & PROT_R))
        return -ENOMEM;
    return move(s, &old, wanted - a[0]);
}

int64_t memory_brk(struct kernel *k, const uint64_t *a)
{
    struct memory *m = &k->memory;
    const uint64_t old = page_up(m->brk);
    const uint64_t wanted = page_up(a[0]);
    if (a[0] < m->brk_start || a[0] > m->brk_end)
        return (int64_t)m->brk;
    int error = 0;
    if (wanted > old) {
        const size_t next = space_index(&m->space, old);
        if (next < m->space.count && m->space.ranges[next].start < wanted)
            return (int64_t)m->brk; /* exec has mapped something there */
        error = space_set(&m->space,
                          (struct range){.start = old, .end = wanted, .prot = PROT_R | PROT_W});
    } else if (wanted < old) {
        error = unmap(&m->space, wanted, old);
    }
    if (error == 0)
        m->brk = a[0];
    return (int64_t)m->brk;
}
