/* SPDX-License-Identifier: Apache-2.0 */
/* Pages and registers of an enclave, for the core. Every change that the host had a
 * hand in is accepted page by page; what the processor does not confirm stops the
 * keep. Which pages are present is noted here, a bit a page. */
#include "shim/core/machine.h"

#include "shim/core/check.h"
#include "shim/core/port.h"
#include "shim/core/shared.h"
#include "shim/sgx/leaf.h"
#include "shim/sgx/sgx.h"
#include "shim/sgx/tables.h"

_Static_assert(PROT_R == SGX_R && PROT_W == SGX_W && PROT_X == SGX_X, "the same bits");

#define RW (PROT_R | PROT_W)

static struct sgx_secinfo secinfo(uint64_t flags) { return (struct sgx_secinfo){.flags = flags}; }

static uint64_t index_of(uint64_t page) { return (page - (uint64_t)sgx_base) / PAGE_SIZE; }

/* ---- which pages are present ---- */

/* The notes' own pages come when they are first written; a page of theirs that is
 * absent says that all are. */
static uint8_t notes_present[TABLES_NOTES_SIZE / PAGE_SIZE / 8];

static uint64_t *notes_word(uint64_t index)
{
    return (uint64_t *)((uint64_t)sgx_base + TABLES_NOTES) + index / 64;
}

static bool notes_there(uint64_t index)
{
    const uint64_t page = index / 8 / PAGE_SIZE;
    return notes_present[page / 8] >> page % 8 & 1;
}

bool machine_present(uint64_t page)
{
    const uint64_t index = index_of(page);
    return notes_there(index) && *notes_word(index) >> index % 64 & 1;
}

static void accept_new(uint64_t page)
{
    const struct sgx_secinfo s = secinfo(SGX_TYPE(SGX_PT_REG) | SGX_PENDING | SGX_R | SGX_W);
    const uint32_t result = leaf_accept(&s, page);
    if (!CHECK(accept_new, result == SGX_SUCCESS))
        sgx_stop(SGX_KEEP_STOP_MEMORY);
}

static void note(uint64_t page, bool present)
{
    const uint64_t index = index_of(page);
    if (!notes_there(index)) {
        const uint64_t own = index / 8 / PAGE_SIZE;
        accept_new((uint64_t)sgx_base + TABLES_NOTES + own * PAGE_SIZE);
        notes_present[own / 8] |= (uint8_t)(1u << own % 8);
    }
    if (present)
        *notes_word(index) |= 1ull << index % 64;
    else
        *notes_word(index) &= ~(1ull << index % 64);
}

/* The first page from `at` on that is present, or not; `end`: none. Whole words and
 * whole pages of notes are skipped where they have nothing. */
static uint64_t next_present(uint64_t at, uint64_t end)
{
    while (at < end) {
        const uint64_t index = index_of(at);
        uint64_t step = 1;
        if (!notes_there(index))
            step = PAGE_SIZE * 8 - index % (PAGE_SIZE * 8);
        else if (*notes_word(index) >> index % 64 == 0)
            step = 64 - index % 64;
        else if (machine_present(at))
            return at;
        at += step * PAGE_SIZE;
    }
    return end;
}

static uint64_t next_absent(uint64_t at, uint64_t end)
{
    while (at < end && machine_present(at))
        at += PAGE_SIZE;
    return at;
}

/* ---- changes ---- */

void machine_add(uint64_t start, uint64_t end, unsigned prot)
{
    for (uint64_t page = start; page < end; page += PAGE_SIZE) {
        if (prot != RW) {
            machine_publish(page, tables_zero_page(), prot);
            continue;
        }
        accept_new(page);
        note(page, true);
    }
}

void machine_publish(uint64_t page, const void *from, unsigned prot)
{
    const struct sgx_secinfo s = secinfo(SGX_TYPE(SGX_PT_REG) | prot);
    const uint32_t result = leaf_accept_copy(&s, page, from);
    if (!CHECK(accept_copy, result == SGX_SUCCESS))
        sgx_stop(SGX_KEEP_STOP_MEMORY);
    note(page, true);
}

/* The host's part. What it answers is of no interest: EACCEPT tells. */
static void ask(enum sgx_keep_memory operation, uint64_t start, uint64_t end, uint64_t prot)
{
    const struct port_call call = {
        .verb = PORT_MEMORY,
        .arg = {operation, start, (end - start) / PAGE_SIZE, prot},
    };
    (void)port_carry(sgx_kernel.block, &call);
}

static void accept(uint64_t start, uint64_t end, uint64_t flags)
{
    const struct sgx_secinfo s = secinfo(flags);
    for (uint64_t page = start; page < end; page += PAGE_SIZE) {
        const uint32_t result = leaf_accept(&s, page);
        if (!CHECK(accept_change, result == SGX_SUCCESS))
            sgx_stop(SGX_KEEP_STOP_MEMORY);
    }
}

/* First less, then more: never writable and executable at once. */
static void change(uint64_t start, uint64_t end, unsigned from, unsigned to)
{
    const unsigned less = from & to;
    if (!CHECK(restrict_first, less == from)) {
        ask(SGX_KEEP_RESTRICT, start, end, less);
        accept(start, end, SGX_TYPE(SGX_PT_REG) | SGX_PR | less);
    }
    if (less == to)
        return;
    const struct sgx_secinfo s = secinfo(SGX_TYPE(SGX_PT_REG) | to);
    for (uint64_t page = start; page < end; page += PAGE_SIZE)
        leaf_extend_permission(&s, page);
}

void machine_protect(uint64_t start, uint64_t end, unsigned from, unsigned to)
{
    if (from == to)
        return;
    for (uint64_t at = next_present(start, end); at < end; at = next_present(at, end)) {
        const uint64_t stop = next_absent(at, end);
        change(at, stop, from, to);
        at = stop;
    }
}

void machine_drop(uint64_t start, uint64_t end)
{
    for (uint64_t at = next_present(start, end); at < end; at = next_present(at, end)) {
        const uint64_t stop = next_absent(at, end);
        ask(SGX_KEEP_TRIM, at, stop, 0);
        accept(at, stop, SGX_TYPE(SGX_PT_TRIM) | SGX_MODIFIED);
        ask(SGX_KEEP_REMOVE, at, stop, 0);
        for (; at < stop; at += PAGE_SIZE)
            note(at, false);
    }
}

/* ---- exec's file ---- */

void machine_read_exec(const struct shared *exec, size_t offset, void *to, size_t size)
{
    shared_read(exec, offset, to, size);
}

/* ---- exec's memory is the enclave's, and so is CPUID's answer ---- */

void machine_user_begin(void) {}
void machine_user_end(void) {}
struct cpuid machine_cpuid(uint32_t leaf, uint32_t subleaf) { return cpuid_answer(leaf, subleaf); }
