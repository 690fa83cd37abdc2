/* SPDX-License-Identifier: Apache-2.0 */
/* Entering and leaving an enclave [SDM 38.4 EENTER, ERESUME, EEXIT; 36.4 AEX]: checks,
 * general registers, and what the host is told. Vector state is in xstate.c. */
#define _GNU_SOURCE
#include "sim/sgx/entry.h"

#include "base/wipe.h"

#include <string.h>

#define RFLAGS_FIXED 0x202u /* IF and the bit that is always one */
/* CF PF AF ZF SF DF OF NT RF AC ID [SDM 38.4 ERESUME] */
#define RFLAGS_RESTORED 0x254cd5u

struct model_cpu model_cpu;

/* ---- the SSA frame ---- */

static uint64_t frame_at(const struct thread *t, uint32_t cssa)
{
    return machine.secs.base + t->tcs.ossa +
           (uint64_t)SGX_PAGE * machine.secs.ssa_frame_size * cssa;
}

static uint64_t gpr_at(uint64_t frame)
{
    return frame + (uint64_t)SGX_PAGE * machine.secs.ssa_frame_size - sizeof(struct sgx_gpr);
}

/* Where of the signal's frame the kernel has put the XSAVE area. */
static uint8_t *area_of(ucontext_t *uc) { return (uint8_t *)uc->uc_mcontext.fpregs; }

/* ---- in ---- */

struct thread *thread_at(uint64_t address)
{
    for (size_t i = 0; i < machine.thread_count; i++)
        if (machine.threads[i].address == address)
            return &machine.threads[i];
    return NULL;
}

/* The checks of EENTER and ERESUME alike [SDM 38.4]. */
static struct thread *check_thread(struct exception *e)
{
    uint64_t tcs = model_cpu.rbx;
    if ((tcs & (SGX_PAGE - 1)) != 0) {
        raise_general_protection(e);
        return NULL;
    }
    struct thread *t = in_elrange(tcs) ? thread_at(tcs) : NULL;
    if (t == NULL || epcm_type(*entry_of(tcs)) != SGX_PT_TCS ||
        (entry_of(tcs)->bits & (SGX_PENDING | SGX_MODIFIED)) != 0) {
        uint32_t code = in_elrange(tcs) ? fault_code(*entry_of(tcs), SGX_R) : SGX_PF_USER;
        raise_page_fault(e, tcs, code);
        return NULL;
    }
    const uint64_t places = t->tcs.ossa | t->tcs.ofsbase | t->tcs.ogsbase;
    if ((places & (SGX_PAGE - 1)) != 0 || (t->tcs.flags & ~1ull) != 0 || !machine.initialised ||
        t->active) {
        raise_general_protection(e);
        return NULL;
    }
    return t;
}

static bool check_frame(uint64_t frame, struct exception *e)
{
    for (uint32_t i = 0; i < machine.secs.ssa_frame_size; i++) {
        uint64_t page = frame + (uint64_t)i * SGX_PAGE;
        if (!in_elrange(page)) {
            raise_page_fault(e, page, SGX_PF_USER);
            return false;
        }
        if (!leaf_is_present(page, SGX_W, e) || !leaf_is_permitted(page, SGX_R, e) ||
            !leaf_is_permitted(page, SGX_W, e))
            return false;
    }
    return true;
}

static bool is_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static void activate(struct thread *t)
{
    t->active = true;
    t->tcs.aep = model_cpu.rcx;
    machine.current = t;
    xstate_load_outside(t);
}

bool aex_enter(struct exception *e)
{
    struct thread *t = check_thread(e);
    if (t == NULL)
        return false;
    uint64_t entry = machine.secs.base + t->tcs.oentry;
    if (t->tcs.cssa >= t->tcs.nssa || !is_canonical(entry))
        return raise_general_protection(e) == 0;
    uint64_t frame = frame_at(t, t->tcs.cssa);
    if (!check_frame(frame, e))
        return false;
    activate(t);
    const uint64_t outside[2] = {model_cpu.rsp, model_cpu.rbp};
    memory_write(gpr_at(frame) + offsetof(struct sgx_gpr, ursp), outside, sizeof(outside));
    model_cpu.rsp = machine.entry_stack != 0 ? machine.entry_stack : model_cpu.rsp;
    model_cpu.rip = entry;
    model_cpu.rax = t->tcs.cssa;
    model_cpu.rcx = (uintptr_t)model_exit_point;
    model_cpu.fs = machine.secs.base + t->tcs.ofsbase;
    model_cpu.gs = machine.secs.base + t->tcs.ogsbase;
    model_cpu.mask = 0;
    machine.count.eenter++;
    return true;
}

bool aex_resume(struct exception *e)
{
    struct thread *t = check_thread(e);
    if (t == NULL)
        return false;
    if (t->tcs.cssa == 0)
        return raise_general_protection(e) == 0;
    uint64_t frame = frame_at(t, t->tcs.cssa - 1);
    if (!check_frame(frame, e))
        return false;
    struct sgx_gpr gpr;
    memory_read(gpr_at(frame), &gpr, sizeof(gpr));
    if (!is_canonical(gpr.rip) || !is_canonical(gpr.fsbase) || !is_canonical(gpr.gsbase) ||
        !xstate_load(frame))
        return raise_general_protection(e) == 0;
    t->tcs.cssa--;
    activate(t);
    memcpy(&model_cpu, &gpr, offsetof(struct sgx_gpr, ursp));
    model_cpu.rflags = (gpr.rflags & RFLAGS_RESTORED) | RFLAGS_FIXED;
    model_cpu.fs = gpr.fsbase;
    model_cpu.gs = gpr.gsbase;
    model_cpu.mask = machine.secs.attributes.xfrm;
    wipe(&gpr, sizeof(gpr));
    machine.count.eresume++;
    return true;
}

/* ---- out ---- */

/* The enclave's registers are not in the host's memory any more. */
static void deactivate(void)
{
    machine.current->active = false;
    machine.current = NULL;
    model_cpu.inside = 0;
    wipe(&model_cpu, offsetof(struct model_cpu, host_fs));
    wipe(model_cpu.xsave, sizeof(model_cpu.xsave));
    model_cpu.saved_fs = 0;
    model_cpu.saved_gs = 0;
    memory_hide();
}

/* By GPRSGX's order. */
static const int order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                            REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static uint32_t exit_info(const struct exception *e)
{
    if (e == NULL)
        return 0;
    bool extended = (machine.secs.miscselect & SGX_MISC_EXINFO) != 0;
    switch (e->vector) {
    case VECTOR_BP:
        return SGX_EXIT_VALID | SGX_EXIT_SOFTWARE | e->vector;
    case VECTOR_GP:
    case VECTOR_PF:
        return extended ? SGX_EXIT_VALID | SGX_EXIT_HARDWARE | e->vector : 0;
    case VECTOR_DE:
    case VECTOR_DB:
    case VECTOR_BR:
    case VECTOR_UD:
    case VECTOR_MF:
    case VECTOR_AC:
    case VECTOR_XM:
        return SGX_EXIT_VALID | SGX_EXIT_HARDWARE | e->vector;
    default:
        return 0;
    }
}

static void save_exinfo(uint64_t gpr, const struct exception *e)
{
    if (e == NULL || (e->vector != VECTOR_PF && e->vector != VECTOR_GP) ||
        (machine.secs.miscselect & SGX_MISC_EXINFO) == 0)
        return;
    const struct sgx_exinfo info = {.maddr = e->address, .errcd = e->error};
    memory_write(gpr - sizeof(info), &info, sizeof(info));
}

/* Everything of GPRSGX but URSP and URBP, which are as EENTER left them. */
static void save_gpr(uint64_t at, const gregset_t g, const struct exception *e)
{
    struct sgx_gpr gpr;
    memory_read(at, &gpr, sizeof(gpr));
    uint64_t registers[ARRAY_COUNT(order)];
    for (size_t i = 0; i < ARRAY_COUNT(order); i++)
        registers[i] = (uint64_t)g[order[i]];
    memcpy(&gpr, registers, sizeof(registers));
    wipe(registers, sizeof(registers));
    gpr.rflags = (uint64_t)g[REG_EFL] & ~(uint64_t)RFLAGS_TF;
    gpr.rip = (uint64_t)g[REG_RIP];
    gpr.exit_info = exit_info(e);
    gpr.fsbase = model_cpu.saved_fs;
    gpr.gsbase = model_cpu.saved_gs;
    memory_write(at, &gpr, sizeof(gpr));
    wipe(&gpr, sizeof(gpr));
}

/* The synthetic state [SDM 36.4.1], at AEP. */
static void synthesise(ucontext_t *uc, const struct thread *t, const uint64_t outside[2])
{
    greg_t *g = uc->uc_mcontext.gregs;
    for (size_t i = 0; i < ARRAY_COUNT(order); i++)
        g[order[i]] = 0;
    g[REG_RAX] = SGX_ERESUME;
    g[REG_RBX] = (greg_t)t->address;
    g[REG_RCX] = (greg_t)t->tcs.aep;
    g[REG_RSP] = (greg_t)outside[0];
    g[REG_RBP] = (greg_t)outside[1];
    g[REG_RIP] = (greg_t)t->tcs.aep;
    g[REG_EFL] = RFLAGS_FIXED;
    g[REG_CR2] = 0;
    xstate_cleanse(area_of(uc), 0);
}

/* To the host: what the kernel tells of an exception. */
static void leave_to_host(ucontext_t *uc, const struct exception *e)
{
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)model_fault_point;
    uc->uc_mcontext.gregs[REG_RDI] = (greg_t)e->vector;
    uc->uc_mcontext.gregs[REG_RSI] = (greg_t)e->error;
    uc->uc_mcontext.gregs[REG_RDX] = (greg_t)(e->address & ~(uint64_t)(SGX_PAGE - 1));
}

void aex_exit(ucontext_t *uc, const struct exception *e)
{
    struct thread *t = machine.current;
    uint64_t frame = frame_at(t, t->tcs.cssa);
    uint64_t gpr = gpr_at(frame);
    uint64_t outside[2];
    save_gpr(gpr, uc->uc_mcontext.gregs, e);
    save_exinfo(gpr, e);
    xstate_save(frame, area_of(uc));
    xstate_keep_outside(t, area_of(uc));
    memory_read(gpr + offsetof(struct sgx_gpr, ursp), outside, sizeof(outside));
    t->tcs.cssa++;
    synthesise(uc, t, outside);
    deactivate();
    if (e != NULL)
        leave_to_host(uc, e);
    else if (machine.own_aep)
        leave_to_host(uc, &(struct exception){.vector = VECTOR_INTERRUPT});
}

/* What the enclave left in registers goes out with it, but for state outside XFRM. */
void aex_leave(ucontext_t *uc)
{
    greg_t *g = uc->uc_mcontext.gregs;
    struct thread *t = machine.current;
    for (int i = 0; i <= REG_EFL; i++)
        machine.left[i] = (uint64_t)g[i];
    xstate_keep_outside(t, area_of(uc));
    xstate_cleanse(area_of(uc), machine.secs.attributes.xfrm);
    g[REG_RIP] = g[REG_RBX];
    g[REG_RCX] = (greg_t)t->tcs.aep;
    g[REG_EFL] &= ~(greg_t)RFLAGS_TF;
    g[REG_RAX] = SGX_EEXIT;
    deactivate();
    machine.count.eexit++;
}
