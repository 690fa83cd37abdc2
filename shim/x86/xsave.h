/* SPDX-License-Identifier: Apache-2.0 */
/* Vector and floating-point state in memory: x87, SSE and AVX, and nothing else.
 *
 *     0     legacy area: x87, MXCSR, xmm registers
 *     512   header: which components hold more than their initial state
 *     576   upper halves of the ymm registers
 *
 * [SDM 1 13.4] */
#ifndef SHIM_X86_XSAVE_H
#define SHIM_X86_XSAVE_H

#include "base/attr.h"
#include "shim/core/string.h"

#include <stdint.h>

#define XSAVE_COMPONENTS 7u
#define XSAVE_SIZE       832u
#define XSAVE_MXCSR      24u
#define XSAVE_HEADER     512u
#define XSAVE_HEADER_END 576u
#define MXCSR_RESERVED   0xffff0000u

struct xsave {
    uint8_t bytes[XSAVE_SIZE];
} aligned_to(64);

/* As after reset: no component holds anything [SDM 1 10.2.3, 13.6]. */
static maybe_unused void xsave_initial(struct xsave *to)
{
    memset(to, 0, sizeof(*to));
    to->bytes[XSAVE_MXCSR] = 0x80; /* 0x1f80 */
    to->bytes[XSAVE_MXCSR + 1] = 0x1f;
}

static inline void xsave(struct xsave *to)
{
    __asm__ volatile("xsave64 %0" : "+m"(*to) : "a"(XSAVE_COMPONENTS), "d"(0) : "memory");
}

/* Faults on a header or an MXCSR that is not valid: check first. A call, after which
 * a compiler that uses vector registers expects nothing in them. */
static not_inlined maybe_unused void xrstor(const struct xsave *from)
{
    __asm__ volatile("xrstor64 %0" : : "m"(*from), "a"(XSAVE_COMPONENTS), "d"(0) : "memory");
}

#endif
