/* SPDX-License-Identifier: Apache-2.0 */
/* Page tables of four levels [SDM 3A 4.5.4]. A page's last entry says all that there is
 * to know of it:
 *
 *     63     no execution
 *     12-51  its physical address
 *     9      the keep has this page, whether exec may touch it or not
 *     6, 5   dirty, accessed: set from the start
 *     2      exec may
 *     1      writable
 *     0      present
 *
 * Pure, but for what `physical` gives: memory that holds tables. */
#ifndef SHIM_KVM_PAGING_H
#define SHIM_KVM_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGING_ENTRIES 512u /* of a table */

#define PAGING_PRESENT 0x1ull
#define PAGING_WRITE   0x2ull
#define PAGING_USER    0x4ull
#define PAGING_SEEN    0x60ull
#define PAGING_LARGE   0x80ull
#define PAGING_KEPT    0x200ull
#define PAGING_NX      (1ull << 63)
#define PAGING_ADDRESS 0x000ffffffffff000ull

/* Where the shim sees a page of physical memory. */
void *paging_physical(uint64_t address);

/* A new table, zeroed; the keep has memory for it or stops. */
uint64_t paging_new_table(void);

/* The entry of `page` under the root table, or null where a table is missing. */
uint64_t *paging_find(uint64_t root, uint64_t page);

/* The same; tables that are missing are made. */
uint64_t *paging_make(uint64_t root, uint64_t page);

/* The first page from `at` on that the keep has; `end`: none before it. */
uint64_t paging_next(uint64_t root, uint64_t at, uint64_t end);

/* An entry for the keep's page at `physical`. Exec's pages are below the upper half. */
uint64_t paging_entry(uint64_t page, uint64_t physical, unsigned prot);

#endif
