/* SPDX-License-Identifier: Apache-2.0 */
/* Vector and floating-point state of an enclave, in its SSA and out of it [SDM 1 13; 36.4].
 *
 * State that XFRM leaves out, AVX-512's, cannot be used in an enclave; here it can,
 * because CPUID says so to whoever asks and nothing faults. So the model keeps it,
 * per TCS and level of CSSA, in memory of its own, and the host never sees it: code
 * that wrongly uses it computes right. PKRU and the like stay the host's. */
#include "sim/sgx/entry.h"

#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static uint64_t read_xcr0(void)
{
    uint32_t low;
    uint32_t high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

int xstate_init(void)
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

int xstate_add_thread(struct thread *thread)
{
    size_t size = (size_t)xstate.size * thread->tcs.nssa;
    thread->outside = size == 0 ? NULL : aligned_alloc(64, size);
    if (thread->outside == NULL)
        return size == 0 ? 0 : -ENOMEM;
    memset(thread->outside, 0, size);
    return 0;
}

static uint64_t xfrm(void) { return machine.secs.attributes.xfrm; }

static uint64_t area_bv(const uint8_t *area)
{
    uint64_t bv;
    memcpy(&bv, area + XSAVE_BV, sizeof(bv));
    return bv;
}

static void set_area_bv(uint8_t *area, uint64_t bv) { memcpy(area + XSAVE_BV, &bv, sizeof(bv)); }

void xstate_save(uint64_t frame, const uint8_t *area)
{
    uint64_t header[3] = {area_bv(area) & xfrm()};
    memory_write(frame, area, XSAVE_LEGACY_SAVED);
    memory_write(frame + XSAVE_BV, header, sizeof(header));
    if ((xfrm() & SGX_XFRM_AVX) != 0)
        memory_write(frame + XSAVE_AVX, area + XSAVE_AVX, XSAVE_AVX_SIZE);
}

/* XRSTOR's checks [SDM 1 13.8]. */
bool xstate_load(uint64_t frame)
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

void xstate_keep_outside(const struct thread *t, const uint8_t *area)
{
    uint8_t *kept = outside_of(t);
    if (kept == NULL)
        return;
    set_area_bv(kept, area_bv(area) & xstate.outside);
    for (unsigned i = OUTSIDE_FIRST; i < OUTSIDE_END; i++)
        memcpy(kept + xstate.component[i].offset, area + xstate.component[i].offset,
               xstate.component[i].size);
}

void xstate_load_outside(const struct thread *t)
{
    model_cpu.area = outside_of(t);
    model_cpu.outside = model_cpu.area == NULL ? 0 : xstate.outside;
}

void xstate_cleanse(uint8_t *area, uint64_t keep)
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
