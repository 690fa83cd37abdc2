/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's memory; see pages.h. What was given back is taken first; the rest comes in
 * order, and the shim sees it from then on: 2 MiB at a time in its own map. */
#include "shim/kvm/pages.h"

#include "shim/core/check.h"
#include "shim/core/machine.h"
#include "shim/kvm/kvm.h"
#include "shim/kvm/paging.h"

#define GIB  (1ull << 30)
#define GIBS 64u /* below the end of KVM_KEEP_MEMORY_MAX */

_Static_assert(KVM_KEEP_IMAGE % KVM_KEEP_LARGE == 0 && KVM_KEEP_FIRST_SIZE == KVM_KEEP_LARGE,
               "one large page");
_Static_assert(KVM_KEEP_MEMORY + KVM_KEEP_MEMORY_MAX <= GIBS * GIB, "physical memory");

static struct {
    uint64_t next;
    uint64_t end;
    uint64_t given; /* back: the first, which holds the next; 0: none */
} pages;

/* The shim's own map of physical memory; the rest of the upper half is not here. */
static uint64_t directory[GIBS][PAGING_ENTRIES] aligned_to(PAGE_SIZE);
static uint64_t top[PAGING_ENTRIES] aligned_to(PAGE_SIZE);

/* What lies with the image in one slot: page by page, since here the image is not seen. */
static uint64_t first[PAGING_ENTRIES] aligned_to(PAGE_SIZE);

/* The image is linked where it is not: its physical address. */
static uint64_t image_physical(const void *at)
{
    return (uint64_t)at - KVM_KEEP_SHIM + KVM_KEEP_IMAGE;
}

static void see(uint64_t address)
{
    directory[address / GIB][address / KVM_KEEP_LARGE % PAGING_ENTRIES] =
        address | PAGING_PRESENT | PAGING_WRITE | PAGING_LARGE | PAGING_SEEN | PAGING_NX;
}

static void see_pages(uint64_t start, uint64_t end, uint64_t bits)
{
    for (uint64_t at = start; at < end; at += PAGE_SIZE)
        first[at / PAGE_SIZE % PAGING_ENTRIES] =
            at | PAGING_PRESENT | PAGING_SEEN | PAGING_NX | bits;
}

/* The block, the nodes and the window: the host has them, and only the block is written
 * to. */
static void see_host(void)
{
    see_pages(KVM_KEEP_BLOCK, KVM_KEEP_BLOCK + PORT_BLOCK_SIZE, PAGING_WRITE);
    see_pages(KVM_KEEP_NODES, KVM_KEEP_IMAGE + KVM_KEEP_FIRST_SIZE, 0);
    directory[0][KVM_KEEP_IMAGE / KVM_KEEP_LARGE] =
        image_physical(first) | PAGING_PRESENT | PAGING_WRITE | PAGING_SEEN;
}

void pages_init(uint64_t size)
{
    uint64_t *root = paging_physical(KVM_KEEP_IMAGE + KVM_IMAGE_TABLES);
    if (!CHECK(kvm_memory, size % KVM_KEEP_LARGE == 0 && size <= KVM_KEEP_MEMORY_MAX))
        kvm_stop(KVM_KEEP_STOP_BLOCK);
    for (unsigned i = 0; i < GIBS; i++)
        top[i] = image_physical(directory[i]) | PAGING_PRESENT | PAGING_WRITE | PAGING_SEEN;
    root[KVM_PHYSICAL >> 39 & (PAGING_ENTRIES - 1)] =
        image_physical(top) | PAGING_PRESENT | PAGING_WRITE | PAGING_SEEN;
    see_host();
    pages.next = KVM_KEEP_MEMORY;
    pages.end = KVM_KEEP_MEMORY + size;
    pages.given = 0;
}

static void count(int64_t change)
{
    kvm_counts.pages += (uint64_t)change;
    if (kvm_counts.pages > kvm_counts.pages_most)
        kvm_counts.pages_most = kvm_counts.pages;
}

uint64_t pages_take(void)
{
    uint64_t page = pages.given;
    count(1);
    if (page != 0) {
        pages.given = *(uint64_t *)paging_physical(page);
        return page;
    }
    if (!CHECK(kvm_exhausted, pages.next < pages.end))
        kvm_stop(KVM_KEEP_STOP_MEMORY);
    page = pages.next;
    if (page % KVM_KEEP_LARGE == 0)
        see(page);
    pages.next += PAGE_SIZE;
    return page;
}

void pages_give(uint64_t page)
{
    *(uint64_t *)paging_physical(page) = pages.given;
    pages.given = page;
    count(-1);
}
