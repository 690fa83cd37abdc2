/* SPDX-License-Identifier: Apache-2.0 */
/* The enclave's memory: one reservation, whose protections follow the EPCM. Equal
 * neighbours are one mapping to the kernel, so that their number stays small. */
#define _GNU_SOURCE
#include "sim/sgx/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Pages that a fault makes accessible at most, each way. */
#define AROUND 512u

/* vm.mmap_min_addr is less [Linux Documentation/admin-guide/sysctl/vm.rst]. */
#define LOWEST (1ull << 20)

static void *at(uint64_t page) { return (void *)(machine.secs.base + page * SGX_PAGE); }

/* Runs that the veil has to cover when it comes down again. */
#define EXECUTABLE_MAX 64u
static struct {
    struct {
        uint64_t page;
        uint64_t count;
    } runs[EXECUTABLE_MAX];
    size_t count;
} executable;

/* A run too many goes under one that is there already. */
static void note_executable(uint64_t page, uint64_t count)
{
    size_t last = executable.count < EXECUTABLE_MAX ? executable.count++ : EXECUTABLE_MAX - 1;
    uint64_t end = page + count;
    if (last == EXECUTABLE_MAX - 1 && executable.runs[last].count != 0) {
        uint64_t before = executable.runs[last].page;
        end =
            end > before + executable.runs[last].count ? end : before + executable.runs[last].count;
        page = page < before ? page : before;
    }
    executable.runs[last].page = page;
    executable.runs[last].count = end - page;
}

static void protect(uint64_t page, uint64_t count, int protection)
{
    if (machine.stepping && (protection & PROT_EXEC) != 0 && page >= machine.measured_end)
        note_executable(page, count);
    if (mprotect(at(page), count * SGX_PAGE, protection) == 0)
        return;
    perror("enarx: the SGX model cannot protect the enclave's memory");
    abort();
}

/* The page that is touched gives the whole range its anonymous memory's identity,
 * without which mappings that meet later would not become one. */
static void unify(void *base, uint64_t size)
{
    if (mprotect(base, size, PROT_READ | PROT_WRITE) < 0)
        return;
    *(volatile uint8_t *)base = 0;
    (void)!mprotect(base, size, PROT_NONE);
}

/* What lies below is ELRANGE all the same, where nothing but the EPC's pages can be
 * accessed [SDM 3D 36.3]: taken where it is allowed, out of reach where it is not. */
static void close_lowest(uint64_t size)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    if (size > 0)
        (void)!mmap(NULL, size, PROT_NONE, flags, -1, 0);
}

int memory_reserve(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const uint64_t size = machine.secs.size;
    machine.lowest_page = machine.secs.base == 0 ? LOWEST / SGX_PAGE : 0;
    void *from = at(machine.lowest_page);
    const uint64_t left = size - machine.lowest_page * SGX_PAGE;
    void *found = mmap(from, left, PROT_NONE, flags | MAP_FIXED_NOREPLACE, -1, 0);
    if (found == MAP_FAILED)
        return -errno;
    machine.epcm =
        mmap(NULL, size / SGX_PAGE * sizeof(*machine.epcm), PROT_READ | PROT_WRITE, flags, -1, 0);
    if (machine.epcm == MAP_FAILED)
        return -errno;
    close_lowest(size - left);
    unify(from, left);
    return 0;
}

static unsigned permissions(struct epcm_entry page)
{
    return epcm_permissions(page) & epcm_pte(page);
}

static int protection(uint64_t page, unsigned want)
{
    unsigned allowed = permissions(machine.epcm[page]);
    if (machine.veiled && page >= machine.measured_end)
        allowed &= ~SGX_X;
    if ((allowed & (SGX_W | SGX_X)) == (SGX_W | SGX_X))
        allowed &= want == SGX_X ? ~SGX_W : ~SGX_X;
    return ((allowed & SGX_R) != 0 ? PROT_READ : 0) | ((allowed & SGX_W) != 0 ? PROT_WRITE : 0) |
           ((allowed & SGX_X) != 0 ? PROT_EXEC : 0);
}

void memory_sync(uint64_t page, uint64_t count, unsigned want)
{
    if (machine.strict && machine.current == NULL)
        return;
    for (uint64_t i = 0; i < count;) {
        uint64_t from = i;
        int same = protection(page + from, want);
        while (i < count && protection(page + i, want) == same)
            i++;
        protect(page + from, i - from, same);
    }
}

void memory_sync_around(uint64_t page, unsigned want)
{
    uint64_t pages = machine.secs.size / SGX_PAGE;
    unsigned same = permissions(machine.epcm[page]);
    uint64_t first = page;
    uint64_t end = page + 1;
    while (first > 0 && page - first < AROUND && permissions(machine.epcm[first - 1]) == same)
        first--;
    while (end < pages && end - page < AROUND && permissions(machine.epcm[end]) == same)
        end++;
    memory_sync(first, end - first, want);
}

void memory_clear(uint64_t page, uint64_t count)
{
    if (madvise(at(page), count * SGX_PAGE, MADV_DONTNEED) < 0)
        abort();
}

/* True when host code can do that to the page as it is protected now. */
static bool is_open(struct epcm_entry page, unsigned access)
{
    unsigned allowed = permissions(page);
    if ((allowed & (SGX_W | SGX_X)) == (SGX_W | SGX_X))
        return false; /* either way */
    return !machine.strict && (allowed & access) != 0;
}

static void open_page(uint64_t page) { protect(page, 1, PROT_READ | PROT_WRITE); }

static void close_page(uint64_t page)
{
    if (machine.strict && machine.current == NULL)
        protect(page, 1, PROT_NONE);
    memory_sync(page, 1, SGX_W);
}

void memory_read(uint64_t address, void *to, size_t size)
{
    uint64_t page = page_of(address);
    bool open = is_open(machine.epcm[page], SGX_R);
    if (!open)
        open_page(page);
    memcpy(to, (const void *)address, size);
    if (!open)
        close_page(page);
}

void memory_write(uint64_t address, const void *from, size_t size)
{
    uint64_t page = page_of(address);
    bool open = is_open(machine.epcm[page], SGX_W);
    if (!open)
        open_page(page);
    memcpy((void *)address, from, size);
    if (!open)
        close_page(page);
}

/* The protection that the page is to have may not be that which it has. */
void memory_replace(uint64_t address, const uint8_t content[static SGX_PAGE])
{
    open_page(page_of(address));
    memcpy((void *)address, content, SGX_PAGE);
    close_page(page_of(address));
}

void memory_veil(bool on)
{
    machine.veiled = on;
    if (!on)
        return; /* the faults say what is to be executable */
    for (size_t i = 0; i < executable.count; i++)
        memory_sync(executable.runs[i].page, executable.runs[i].count, SGX_W);
    memset(&executable, 0, sizeof(executable));
}

void memory_hide(void)
{
    if (machine.strict)
        protect(machine.lowest_page, machine.secs.size / SGX_PAGE - machine.lowest_page, PROT_NONE);
}
