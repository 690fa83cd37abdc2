/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile host does to an SGX keep besides. */
#define _GNU_SOURCE
#include "tests/keep/attacks.h"
#include "tests/keep/host_sgx.h"

#include "sim/sgx/machine.h"
#include "sim/sgx/test.h"

#include <errno.h>
#include <sys/ucontext.h>
#include <unistd.h>

/* ---- the arguments of the start ---- */

static void set_arg(struct host *h, uint64_t to)
{
    if (sgx_host.args[h->value] != to)
        host_made();
    sgx_host.args[h->value] = to;
}

static void arg_inside(struct host *h) { set_arg(h, sgx_host.base + SGX_KEEP_ARENA); }
static void arg_at_base(struct host *h) { set_arg(h, sgx_host.base); }
static void arg_straddles(struct host *h) { set_arg(h, sgx_host.base - SGX_PAGE); }
static void arg_at_the_end(struct host *h) { set_arg(h, sgx_host.base + SGX_KEEP_SIZE - SGX_PAGE); }
static void arg_wraps(struct host *h) { set_arg(h, UINT64_MAX - SGX_PAGE + 1); }
static void arg_unaligned(struct host *h) { set_arg(h, sgx_host.args[h->value] + 8); }
static void arg_null(struct host *h) { set_arg(h, 0); }

/* It was made elsewhere: nothing measures where. */
static void elsewhere(struct host *h)
{
    if (machine.secs.base == h->attack->base && h->attack->base != SGX_KEEP_BASE)
        host_made();
}

/* ---- quotes ---- */

static bool is_signing(const struct port_frame *f)
{
    return f->verb == PORT_QUOTE && f->arg[0] == SGX_KEEP_QUOTE_SIGN;
}

/* Of another enclave: a bit of the measurement. */
static int64_t quote_other(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (is_signing(f)) {
        h->block[PORT_DATA_OFFSET + (f->in_size + 63) / 64 * 64 + 48 + 64] ^= 1;
        host_made();
    }
    return attack_exits(h, f, honest);
}

static int64_t quote_short(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (!is_signing(f))
        return attack_exits(h, f, honest);
    host_made();
    return honest - 1;
}

/* ---- entries that are not in order ---- */

static bool was_interrupted(void)
{
    return sgx_host.run.function != SGX_EEXIT && sgx_host.run.exception_vector == VECTOR_INTERRUPT;
}

/* EENTER where ERESUME belongs: the exception again. */
static void enter_twice(struct host *h)
{
    (void)h;
    if (sgx_host.resumes != 10 || sgx_host.leaf != SGX_ERESUME)
        return;
    sgx_host.leaf = SGX_EENTER;
    host_made();
}

static bool has_stopped(void)
{
    return sgx_host.run.function == SGX_EEXIT && sgx_host.exit.rdi == SGX_KEEP_EXIT_DEAD;
}

/* Then, when it has stopped: whoever was interrupted is resumed as if nothing had been. */
static void resume_stopped(struct host *h)
{
    if (!h->done && sgx_host.resumes == 10)
        sgx_host.leaf = SGX_EENTER;
    if (!h->done || !has_stopped())
        return;
    sgx_host.leaf = SGX_ERESUME;
    host_made();
}

/* The same at any time after a start: at CSSA 1 only after an exception. */
static void resume_nothing(struct host *h)
{
    if (sgx_host.run.function != SGX_EEXIT || sgx_host.exit.rdi != SGX_KEEP_EXIT_PORT ||
        h->ports != 2)
        return;
    sgx_host.leaf = SGX_ERESUME;
    host_made();
}

/* An exception that did not happen: an interrupt's frame, offered as one. */
static void claim_prepare(struct host *h)
{
    (void)h;
    model_set_interrupts(true);
    model_set_own_aep(true);
    ualarm(20000, 300);
}

static void claim(struct host *h)
{
    (void)h;
    if (was_interrupted() && sgx_host.leaf == SGX_EENTER)
        host_made();
}

static void stepping_prepare(struct host *h)
{
    model_set_stepping(true);
    model_set_own_aep(true);
    model_set_single_step_attack((unsigned)h->value);
}

/* Interrupts of exec are as they should be; one of the handler is an entry, and so is
 * one of what that entry meets, down to CSSA `value2` + 1. From exec's first exit on:
 * what the shim does before takes long in steps. */
static void nest(struct host *h)
{
    if (h->exits == 0)
        stepping_prepare(h);
    if (!was_interrupted())
        return;
    const uint32_t depth = machine.threads[0].tcs.cssa;
    sgx_host.deep = depth > h->value2;
    sgx_host.leaf = depth > 1 ? SGX_EENTER : SGX_ERESUME;
    if (!sgx_host.deep)
        return;
    model_set_single_step_attack(0);
    host_made();
}

/* One is enough. */
static void claim_once(struct host *h)
{
    claim(h);
    if (was_interrupted())
        model_set_single_step_attack(0);
}

/* At the `value`th instruction after the answer to the second call, in the shim or just
 * behind it. */
static void own_aep_prepare(struct host *h)
{
    (void)h;
    model_set_own_aep(true);
}

static void claim_at(struct host *h)
{
    claim_once(h);
    if (sgx_host.run.function != SGX_EEXIT || h->ports != 2 || h->done)
        return;
    h->done = true;
    model_set_stepping(true);
    model_set_single_step_attack((unsigned)h->value);
}

/* While exec itself runs, a while after its second call. */
static void claim_later_prepare(struct host *h)
{
    (void)h;
    model_set_interrupts(true);
    model_set_own_aep(true);
}

static void claim_later(struct host *h)
{
    claim(h);
    if (sgx_host.run.function == SGX_EEXIT && h->ports == 2 && !h->done)
        h->done = ualarm(200000, 0) < UINT32_MAX;
}

/* ---- pages taken away ---- */

/* Every page of exec's memory that is there; not the shim's own, whose loss at the
 * shim's hands cannot be told to anybody. */
static void take_pages(struct host *h)
{
    if (sgx_host.resumes < 30 || h->done)
        return;
    for (uint64_t page = SGX_KEEP_EXEC / SGX_PAGE; page < SGX_KEEP_SIZE / SGX_PAGE; page++) {
        struct epcm_entry *entry = &machine.epcm[page];
        if (!epcm_exists(*entry))
            continue;
        entry->bits &= (uint16_t) ~(SGX_PERMISSION << EPCM_PTE_SHIFT);
        memory_sync(page, 1, SGX_W);
        host_made();
    }
    h->done = true;
}

/* ---- what a lying kernel does with EAUG, EMODPR and EMODT ---- */

static void lie_prepare(struct host *h)
{
    model_set_hostile((enum model_lie)h->value, (unsigned)h->value2);
}

static unsigned lied(void) { return model_has_lied() ? 1 : 0; }

/* ---- registers ---- */

/* Where there is nothing, and where the enclave's own code is. */
static void stack_nowhere(struct host *h)
{
    (void)h;
    model_set_entry_stack(0x1000);
}
static void stack_inside(struct host *h)
{
    (void)h;
    model_set_entry_stack(sgx_host.base + SGX_KEEP_IMAGE);
}

/* Each entry was with that stack. */
static unsigned entries(void)
{
    return machine.entry_stack != 0 ? (unsigned)model_counters()->eenter : 0;
}

/* All registers but those that an exit is made with: RAX, RBX, RDI, and the stack's. */
static bool are_general_registers_clear(void)
{
    static const int clear[] = {REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13,
                                REG_R14, REG_R15, REG_RSI, REG_RDX, REG_RCX};
    static const uint64_t flags = 0x10202; /* RF, IF and the bit that is always set */
    uint64_t all = machine.left[REG_EFL] & ~flags;
    for (size_t i = 0; i < sizeof(clear) / sizeof(clear[0]); i++)
        all |= machine.left[clear[i]];
    return all == 0;
}

/* Nothing of exec's leaves in a register. */
static void look(struct host *h)
{
    (void)h;
    if (sgx_host.run.function != SGX_EEXIT)
        return;
    host_made();
    if (!are_general_registers_clear())
        host_fail("a register holds something at an exit");
    if (!registers_are_clear())
        host_fail("the vector state holds something at an exit");
}

/* ---- the enclave's memory ---- */

static void strict_prepare(struct host *h)
{
    (void)h;
    model_set_strict(true);
}

/* The kernel reads a path there, and says when it cannot. */
static bool is_readable(uint64_t address)
{
    return access((const char *)address, F_OK) == 0 || errno != EFAULT;
}

/* In no mode of the model's alone: it lends out nothing of what the enclave holds. */
static void strict_exited(struct host *h)
{
    (void)h;
    host_made();
    if (is_readable(sgx_host.base + SGX_KEEP_IMAGE) || is_readable(sgx_host.base + SGX_KEEP_EXEC))
        host_fail("the enclave's memory can be read");
}

static void stepping_only(struct host *h)
{
    (void)h;
    model_set_stepping(true);
}

/* All that exec did and an enclave may not, but system calls. */
static unsigned illegal(void) { return (unsigned)model_counters()->aex_other; }

/* What the technology alone has: of others, why not. */
#define ADDRESSES "where an enclave lies and what it is told; a machine has addresses of its own"
#define REGISTERS "what is in registers at an exit; the host of a machine reads them all"
#define ENTRIES   "entries, exceptions and state frames of an enclave"
#define QUOTES    "quotes; a machine's host makes statements"
#define PAGES     "pages that the kernel adds to an enclave, and their permissions"

const struct attack sgx_attacks[] = {
    {.name = "strict", .boundary = PAGES, .prepare = strict_prepare, .exited = strict_exited},
    {.name = "cpuid_faults", .prepare = stepping_only, .made = illegal, .slow = true},
    {.name = "dirty", .dirty = true},
    {.name = "look", .boundary = REGISTERS, .exited = look},
    {.name = "base", .boundary = ADDRESSES, .base = 5 * SGX_KEEP_SIZE, .start = elsewhere},
    {.name = "arg_inside", .boundary = ADDRESSES, .start = arg_inside},
    {.name = "arg_at_base", .boundary = ADDRESSES, .start = arg_at_base},
    {.name = "arg_straddles", .boundary = ADDRESSES, .start = arg_straddles},
    {.name = "arg_at_the_end", .boundary = ADDRESSES, .start = arg_at_the_end},
    {.name = "arg_wraps", .boundary = ADDRESSES, .start = arg_wraps},
    {.name = "arg_unaligned", .boundary = ADDRESSES, .start = arg_unaligned},
    {.name = "arg_null", .boundary = ADDRESSES, .start = arg_null},
    {.name = "quote_other", .boundary = QUOTES, .answer = quote_other},
    {.name = "quote_short", .boundary = QUOTES, .answer = quote_short},
    {.name = "enter_twice", .boundary = ENTRIES, .exited = enter_twice},
    {.name = "resume_stopped", .boundary = ENTRIES, .exited = resume_stopped, .again = true},
    {.name = "resume_nothing", .boundary = ENTRIES, .exited = resume_nothing},
    {.name = "claim", .boundary = ENTRIES, .prepare = claim_prepare, .exited = claim},
    {.name = "claim_stepping",
     .boundary = ENTRIES,
     .prepare = stepping_prepare,
     .exited = claim_once,
     .slow = true},
    {.name = "claim_at", .boundary = ENTRIES, .prepare = own_aep_prepare, .exited = claim_at},
    {.name = "claim_later",
     .boundary = ENTRIES,
     .prepare = claim_later_prepare,
     .exited = claim_later},
    {.name = "nest", .boundary = ENTRIES, .exited = nest, .slow = true},
    {.name = "stack_nowhere", .boundary = ENTRIES, .prepare = stack_nowhere, .made = entries},
    {.name = "stack_inside", .boundary = ENTRIES, .prepare = stack_inside, .made = entries},
    {.name = "take_pages", .exited = take_pages},
    {.name = "lie", .boundary = PAGES, .prepare = lie_prepare, .made = lied},
    {.name = NULL},
};
