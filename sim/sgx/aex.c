/* SPDX-License-Identifier: Apache-2.0 */
/* Entering and leaving an enclave [SDM 38.4 EENTER, ERESUME, EEXIT; 36.4 AEX].
 *
 * State that XFRM leaves out, AVX-512's, cannot be used in an enclave; here it can,
 * because CPUID says so to whoever asks and nothing faults. So the model keeps it,
 * per TCS and level of CSSA, in memory of its own, and the host never sees it: code
 * that wrongly uses it computes right. PKRU and the like stay the host's. */
#define _GNU_SOURCE
#include "sim/sgx/entry.h"

#include "base/wipe.h"

#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RFLAGS_FIXED 0x202u /* IF and the bit that is always one */
#define RFLAGS_TF    0x100u
/* CF PF AF ZF SF DF OF NT RF AC ID [SDM 38.4 ERESUME] */
#define RFLAGS_RESTORED 0x254cd5u

#define XSAVE_BV           XSAVE_LEGACY
#define XSAVE_COMP         (XSAVE_LEGACY + 8u)
#define XSAVE_LEGACY_SAVED 464u /* what is behind is software's [SDM 1 13.4.1] */
#define XSAVE_MXCSR        24u
#define MXCSR_RESERVED     0xffff0000u
#define MXCSR_INITIAL      0x1f80u
#define FCW_INITIAL        0x37fu

/* AVX-512: opmask, ZMM_Hi256, Hi16_ZMM. */
#define OUTSIDE_FIRST 5u
#define OUTSIDE_END   8u

static struct {
    uint32_t size;    /* of an area with all that XCR0 enables */
    uint64_t outside; /* components kept aside */
    struct {
        uint32_t offset;
        uint32_t size;
    } component[OUTSIDE_END];
} xstate;

struct model_cpu model_cpu;

static uint64_t read_xcr0(void)
{
    uint32_t low;
    uint32_t high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

int aex_init(void)
{
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_OSXSAVE) == 0 ||
        (read_xcr0() & MODEL_XFRM) != MODEL_XFRM)
        return -ENOTSUP;
    __cpuid_count(0xd, 0, a, b, c, d);
    xstate.size = (b + 63) & ~63u;
    for (unsigned i = OUTSIDE_FIRST; i < OUTSIDE_END; i++) {
        if ((read_xcr0() & 1u << i) == 0)
            continue;
        __cpuid_count(0xd, i, a, b, c, d);
        xstate.component[i].size = a;
        xstate.component[i].offset = b;
        xstate.outside |= 1u << i;
    }
    return 0;
}

int aex_add_thread(struct thread *thread)
{
    size_t size = (size_t)xstate.size * thread->tcs.nssa;
    thread->outside = size == 0 ? NULL : aligned_alloc(64, size);
    if (thread->outside == NULL)
        return size == 0 ? 0 : -ENOMEM;
    memset(thread->outside, 0, size);
    return 0;
}

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

static uint64_t xfrm(void) { return machine.secs.attributes.xfrm; }

/* Where of the signal's frame the kernel has put the XSAVE area. */
static uint8_t *area_of(ucontext_t *uc) { return (uint8_t *)uc->uc_mcontext.fpregs; }

static uint64_t area_bv(const uint8_t *area)
{
    uint64_t bv;
    memcpy(&bv, area + XSAVE_BV, sizeof(bv));
    return bv;
}

static void set_area_bv(uint8_t *area, uint64_t bv) { memcpy(area + XSAVE_BV, &bv, sizeof(bv)); }

static void save_xstate(uint64_t frame, const uint8_t *area)
{
    uint64_t header[3] = {area_bv(area) & xfrm()};
    memory_write(frame, area, XSAVE_LEGACY_SAVED);
    memory_write(frame + XSAVE_BV, header, sizeof(header));
    if ((xfrm() & SGX_XFRM_AVX) != 0)
        memory_write(frame + XSAVE_AVX, area + XSAVE_AVX, XSAVE_AVX_SIZE);
}

/* XRSTOR's checks [SDM 1 13.8]. */
static bool load_xstate(uint64_t frame)
{
    uint8_t *area = model_cpu.xsave;
    uint64_t reserved[2];
    uint32_t mxcsr;
    memory_read(frame, area, XSAVE_SIZE);
    memcpy(reserved, area + XSAVE_COMP, sizeof(reserved));
    memcpy(&mxcsr, area + XSAVE_MXCSR, sizeof(mxcsr));
    if ((area_bv(area) & ~xfrm()) != 0 || reserved[0] != 0 || reserved[1] != 0 ||
        (mxcsr & MXCSR_RESERVED) != 0)
        return false;
    memset(area + XSAVE_BV + 24, 0, XSAVE_HEADER - 24);
    return true;
}

/* ---- state that XFRM leaves out ---- */

static uint8_t *outside_of(const struct thread *t)
{
    return t->outside == NULL ? NULL : t->outside + (size_t)xstate.size * t->tcs.cssa;
}

static void keep_outside(const struct thread *t, const uint8_t *area)
{
    uint8_t *kept = outside_of(t);
    if (kept == NULL)
        return;
    set_area_bv(kept, area_bv(area) & xstate.outside);
    for (unsigned i = OUTSIDE_FIRST; i < OUTSIDE_END; i++)
        memcpy(kept + xstate.component[i].offset, area + xstate.component[i].offset,
               xstate.component[i].size);
}

static void load_outside(const struct thread *t)
{
    model_cpu.area = outside_of(t);
    model_cpu.outside = model_cpu.area == NULL ? 0 : xstate.outside;
}

/* What goes to the host: the components of `keep`, all else initial. */
static void cleanse_area(uint8_t *area, uint64_t keep)
{
    set_area_bv(area, area_bv(area) & keep);
    for (unsigned i = OUTSIDE_FIRST; i < OUTSIDE_END; i++)
        if ((keep & 1u << i) == 0)
            memset(area + xstate.component[i].offset, 0, xstate.component[i].size);
    if ((keep & SGX_XFRM_AVX) == 0)
        memset(area + XSAVE_AVX, 0, XSAVE_AVX_SIZE);
    if ((keep & SGX_XFRM_SSE) != 0)
        return;
    const uint16_t fcw = FCW_INITIAL;
    const uint32_t mxcsr = MXCSR_INITIAL;
    memset(area, 0, XSAVE_MXCSR);
    memset(area + XSAVE_MXCSR + 8, 0, XSAVE_LEGACY_SAVED - XSAVE_MXCSR - 8);
    memcpy(area, &fcw, sizeof(fcw));
    memcpy(area + XSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
}

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
    load_outside(t);
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
        !load_xstate(frame))
        return raise_general_protection(e) == 0;
    t->tcs.cssa--;
    activate(t);
    memcpy(&model_cpu, &gpr, offsetof(struct sgx_gpr, ursp));
    model_cpu.rflags = (gpr.rflags & RFLAGS_RESTORED) | RFLAGS_FIXED;
    model_cpu.fs = gpr.fsbase;
    model_cpu.gs = gpr.gsbase;
    model_cpu.mask = xfrm();
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
    cleanse_area(area_of(uc), 0);
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
    save_xstate(frame, area_of(uc));
    keep_outside(t, area_of(uc));
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
    keep_outside(t, area_of(uc));
    cleanse_area(area_of(uc), xfrm());
    g[REG_RIP] = g[REG_RBX];
    g[REG_RCX] = (greg_t)t->tcs.aep;
    g[REG_EFL] &= ~(greg_t)RFLAGS_TF;
    g[REG_RAX] = SGX_EEXIT;
    deactivate();
    machine.count.eexit++;
}
