/* SPDX-License-Identifier: Apache-2.0 */
/* Pages on first touch, in aligned runs of 16; see memory.h. A page of exec is
 * copied into private memory, proved there, and only then made part of the keep
 * with its final permission. */
#include "shim/core/check.h"
#include "shim/core/machine.h"
#include "shim/core/memory.h"
#include "shim/core/string.h"
#include "shim/core/tree.h"

#define RUN_SIZE ((uint64_t)TREE_RUN * PAGE_SIZE)

static uint64_t max(uint64_t a, uint64_t b) { return a > b ? a : b; }
static uint64_t min(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* ---- memory that starts as zeroes ---- */

static void touch_zero(const struct range *range, uint64_t address)
{
    const uint64_t run = address / RUN_SIZE * RUN_SIZE;
    const uint64_t end = min(run + RUN_SIZE, range->end);
    uint64_t at = max(run, range->start);
    while (at < end) {
        uint64_t next = at;
        while (next < end && !machine_present(next))
            next += PAGE_SIZE;
        if (next > at)
            machine_add(at, next, range->prot);
        at = next + PAGE_SIZE;
    }
}

/* ---- exec's own pages ---- */

static const struct exec_segment *find_segment(uint64_t offset)
{
    for (uint32_t i = 0; i < exec_image.segment_count; i++) {
        const struct exec_segment *s = &exec_image.segments[i];
        if (offset >= s->address && offset - s->address < s->size)
            return s;
    }
    machine_stop(STOP_BUG);
}

/* Copied once, then proved. The part of the last run after the last page is not
 * copied, and no page is published from it. */
static void take_run(struct memory *m, uint32_t run)
{
    const uint32_t first = run * TREE_RUN;
    const uint32_t left = exec_image.page_count - first;
    const size_t size = (size_t)(left < TREE_RUN ? left : TREE_RUN) * PAGE_SIZE;
    machine_read_exec(m->exec, (size_t)first * PAGE_SIZE, m->run, size);
    if (!CHECK(page_tree, tree_verify(&exec_image, run, m->run, m->nodes)))
        machine_stop(STOP_PAGE);
}

/* What a segment's last page has after the segment's own bytes is the file's next
 * content, where zeroes belong. */
static void clear_tail(const struct exec_segment *s, uint64_t offset, uint8_t *page)
{
    const uint64_t end = s->address + s->file_size;
    if (s->prot & PROT_W && end > offset && end - offset < PAGE_SIZE)
        memset(page + (end - offset), 0, PAGE_SIZE - (end - offset));
}

/* The pages of the run that holds `address`, as far as they are in its range. */
static void touch_exec(struct memory *m, const struct range *range, uint64_t address)
{
    const uint64_t offset = address - m->exec_base;
    const struct exec_segment *s = find_segment(offset);
    const uint64_t index = s->file_page + (offset - s->address) / PAGE_SIZE;
    const uint32_t run = (uint32_t)(index / TREE_RUN);
    take_run(m, run);
    for (uint32_t i = 0; i < TREE_RUN; i++) {
        const uint64_t page = (uint64_t)run * TREE_RUN + i;
        if (page < s->file_page || page >= exec_image.page_count)
            continue;
        const uint64_t place = s->address + (page - s->file_page) * PAGE_SIZE;
        const uint64_t at = m->exec_base + place;
        if (place >= s->address + s->file_size) /* another segment's page */
            break;
        if (at < range->start || at >= range->end || machine_present(at))
            continue;
        uint8_t *from = m->run + (size_t)i * PAGE_SIZE;
        clear_tail(s, place, from);
        machine_publish(at, from, range->prot);
    }
}

enum touch memory_touch(struct memory *m, uint64_t address, unsigned prot)
{
    const struct range *range = space_find(&m->space, address);
    if (range == NULL)
        return TOUCH_UNMAPPED;
    if ((range->prot & prot) != prot)
        return TOUCH_DENIED;
    if (machine_present(address / PAGE_SIZE * PAGE_SIZE))
        return TOUCH_PRESENT;
    const struct range copy = *range;
    if (copy.source == SOURCE_EXEC)
        touch_exec(m, &copy, address);
    else
        touch_zero(&copy, address);
    return TOUCH_SUPPLIED;
}
