/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of a virtual machine, for the core: taken from the keep's memory, cleared or
 * filled by the shim's own map, and only then shown to exec. What the keep has is noted
 * in the page tables themselves. */
#include "shim/core/machine.h"

#include "shim/core/check.h"
#include "shim/core/string.h"
#include "shim/kvm/instruction.h"
#include "shim/kvm/kvm.h"
#include "shim/kvm/pages.h"
#include "shim/kvm/paging.h"

#define ROOT ((uint64_t)KVM_KEEP_IMAGE + KVM_IMAGE_TABLES)

/* From so many pages on it costs less to forget all. */
#define FLUSH_MAX 32u

static uint64_t cleared_page(void)
{
    const uint64_t physical = pages_take();
    if (CHECKED(kvm_cleared, true, false))
        memset(paging_physical(physical), 0, PAGE_SIZE);
    return physical;
}

uint64_t paging_new_table(void) { return cleared_page(); }

/* The processor may remember what an entry was. */
static void flush(uint64_t start, uint64_t end)
{
    if (!CHECKED(kvm_flush, true, false))
        return;
    if ((end - start) / PAGE_SIZE > FLUSH_MAX) {
        flush_all();
        return;
    }
    for (; start < end; start += PAGE_SIZE)
        flush_page(start);
}

/* ---- pages ---- */

bool machine_present(uint64_t page)
{
    const uint64_t *entry = paging_find(ROOT, page);
    return entry != NULL && *entry & PAGING_KEPT;
}

void machine_add(uint64_t start, uint64_t end, unsigned prot)
{
    for (uint64_t page = start; page < end; page += PAGE_SIZE) {
        uint64_t *entry = paging_make(ROOT, page);
        *entry = paging_entry(page, cleared_page(), prot);
    }
}

/* A page of exec's is read where it is, whatever exec may do there. */
static const void *source_of(const void *from)
{
    const uint64_t *entry = paging_find(ROOT, (uint64_t)from);
    if ((uint64_t)from >> 63 != 0 || entry == NULL)
        return from;
    return paging_physical(*entry & PAGING_ADDRESS);
}

void machine_publish(uint64_t page, const void *from, unsigned prot)
{
    const uint64_t physical = pages_take();
    memcpy(paging_physical(physical), source_of(from), PAGE_SIZE);
    uint64_t *entry = paging_make(ROOT, page);
    *entry = paging_entry(page, physical, prot);
    kvm_counts.copied++;
}

/* Of pages that go from writable to executable nothing is both meanwhile: the change is
 * one write, and the flush comes before exec. */
void machine_protect(uint64_t start, uint64_t end, unsigned from, unsigned to)
{
    if (from == to)
        return;
    uint64_t at = paging_next(ROOT, start, end);
    for (; at < end; at = paging_next(ROOT, at + PAGE_SIZE, end)) {
        uint64_t *entry = paging_find(ROOT, at);
        *entry = paging_entry(at, *entry & PAGING_ADDRESS, to);
    }
    flush(start, end);
}

void machine_drop(uint64_t start, uint64_t end)
{
    const uint64_t first = paging_next(ROOT, start, end);
    uint64_t last = first;
    for (uint64_t at = first; at < end; at = paging_next(ROOT, at + PAGE_SIZE, end)) {
        uint64_t *entry = paging_find(ROOT, at);
        pages_give(*entry & PAGING_ADDRESS);
        *entry = 0;
        last = at + PAGE_SIZE;
    }
    flush(first, last);
}
