/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's memory; see pages.h. What was given back is taken first; the rest comes in
 * order, and the shim sees it from then on: 2 MiB at a time in its own map. */
#include "shim/kvm/pages.h"

#include "shim/core/check.h"
#include "shim/core/machine.h"
#include "shim/kvm/kvm.h"
#include "shim/kvm/paging.h"

#define LARGE   (2ull << 20)
#define GIB     (1ull << 30)
#define ENTRIES 512u
#define GIBS    64u /* below the end of KVM_KEEP_MEMORY_MAX */

_Static_assert(KVM_KEEP_MEMORY + KVM_KEEP_MEMORY_MAX <= GIBS * GIB, "physical memory");

static struct {
    uint64_t next;
    uint64_t end;
    uint64_t given; /* back: the first, which holds the next; 0: none */
} pages;

/* The shim's own map of physical memory; the rest of the upper half is not here. */
static uint64_t directory[GIBS][ENTRIES] aligned_to(PAGE_SIZE);
static uint64_t top[ENTRIES] aligned_to(PAGE_SIZE);

/* The image is linked where it is not: its physical address. */
static uint64_t image_physical(const void *at)
{
    return (uint64_t)at - KVM_KEEP_SHIM + KVM_KEEP_IMAGE;
}

static void see(uint64_t address, uint64_t bits)
{
    directory[address / GIB][address / LARGE % ENTRIES] =
        address | PAGING_PRESENT | PAGING_LARGE | PAGING_SEEN | PAGING_NX | bits;
}

/* The block, the nodes and exec's file: the host has them, and only the block is
 * written to. */
static void see_host(void)
{
    see(KVM_KEEP_BLOCK, PAGING_WRITE);
    for (uint64_t at = KVM_KEEP_NODES; at < KVM_KEEP_MEMORY; at += LARGE)
        see(at, 0);
}

void pages_init(uint64_t size)
{
    uint64_t *root = paging_physical(KVM_KEEP_IMAGE + KVM_IMAGE_TABLES);
    if (!CHECK(kvm_memory, size % LARGE == 0 && size <= KVM_KEEP_MEMORY_MAX))
        kvm_stop(KVM_KEEP_STOP_BLOCK);
    for (unsigned i = 0; i < GIBS; i++)
        top[i] = image_physical(directory[i]) | PAGING_PRESENT | PAGING_WRITE | PAGING_SEEN;
    root[KVM_PHYSICAL >> 39 & (ENTRIES - 1)] =
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
    if (page % LARGE == 0)
        see(page, PAGING_WRITE);
    pages.next += PAGE_SIZE;
    return page;
}

void pages_give(uint64_t page)
{
    *(uint64_t *)paging_physical(page) = pages.given;
    pages.given = page;
    count(-1);
}
