/* SPDX-License-Identifier: Apache-2.0 */
/* Page tables; see paging.h. Trusts the tables. */
#include "shim/kvm/paging.h"

#include "shim/core/check.h"
#include "shim/core/machine.h"

#define LEVELS 4u

/* Of a page of exec's tables may say no less than the page itself. */
#define TABLE_BITS (PAGING_PRESENT | PAGING_WRITE | PAGING_USER | PAGING_SEEN)

static unsigned shift_of(unsigned level) { return 12 + 9 * level; }

static bool is_user(uint64_t page) { return page >> 63 == 0; }

/* The entry of level `level` (0: last) for the page, in the table at `table`. */
static uint64_t *entry_in(uint64_t table, uint64_t page, unsigned level)
{
    uint64_t *entries = paging_physical(table);
    return &entries[page >> shift_of(level) & (PAGING_ENTRIES - 1)];
}

/* Down to the level where something is missing: null there, with its level. */
static uint64_t *walk(uint64_t root, uint64_t page, unsigned *level)
{
    uint64_t table = root;
    for (*level = LEVELS - 1; *level > 0; --*level) {
        const uint64_t entry = *entry_in(table, page, *level);
        if (!(entry & PAGING_PRESENT))
            return NULL;
        table = entry & PAGING_ADDRESS;
    }
    return entry_in(table, page, 0);
}

uint64_t *paging_find(uint64_t root, uint64_t page)
{
    unsigned level;
    return walk(root, page, &level);
}

uint64_t *paging_make(uint64_t root, uint64_t page)
{
    uint64_t table = root;
    for (unsigned level = LEVELS - 1; level > 0; level--) {
        uint64_t *entry = entry_in(table, page, level);
        if (!(*entry & PAGING_PRESENT))
            *entry = paging_new_table() | (TABLE_BITS & ~(is_user(page) ? 0 : PAGING_USER));
        table = *entry & PAGING_ADDRESS;
    }
    return entry_in(table, page, 0);
}

uint64_t paging_next(uint64_t root, uint64_t at, uint64_t end)
{
    while (at < end) {
        unsigned level;
        const uint64_t *entry = walk(root, at, &level);
        if (entry != NULL && *entry & PAGING_KEPT)
            return at;
        const uint64_t step = 1ull << shift_of(level);
        at = (at & ~(step - 1)) + step;
    }
    return end;
}

uint64_t paging_entry(uint64_t page, uint64_t physical, unsigned prot)
{
    uint64_t entry = physical | PAGING_KEPT | PAGING_SEEN;
    if (prot & PROT_R)
        entry |= PAGING_PRESENT;
    if (prot & PROT_W)
        entry |= PAGING_WRITE;
    if (!(prot & PROT_X))
        entry |= CHECKED(kvm_nx, PAGING_NX, 0);
    if (CHECK(kvm_supervisor, is_user(page)))
        entry |= PAGING_USER;
    return entry;
}
