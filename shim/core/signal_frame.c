/* SPDX-License-Identifier: Apache-2.0 */
/* A signal's frame on exec's stack; see signal_frame.h. From low to high:
 *
 *     return address        to the restorer
 *     ucontext              flags, link, stack, registers, mask
 *     siginfo
 *     (padding)
 *     XSAVE area            64-byte aligned; software's words at 464; then a mark
 *
 * [Linux arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h] */
#include "shim/core/signal_frame.h"

#include "shim/core/check.h"
#include "shim/core/kernel.h"
#include "shim/core/string.h"
#include "shim/x86/xsave.h"

#define FP_XSTATE_MAGIC1  0x46505853u
#define FP_XSTATE_MAGIC2  0x46505845u
#define SOFTWARE_WORDS    464u
#define UC_FP_XSTATE      1u
#define UC_SIGCONTEXT_SS  2u
#define UC_STRICT_RESTORE 4u

#define USER_CS 0x33u
#define USER_SS 0x2bu

/* Carry, parity, adjust, zero, sign, direction, overflow; bit 1 is always set. */
#define RFLAGS_USER  0xcd5u
#define RFLAGS_FIXED 2u

struct context {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, vector, old_mask, cr2;
    uint64_t vector_state; /* address of the XSAVE area, 0: initial state */
    uint64_t reserved[8];
};
_Static_assert(sizeof(struct context) == 256, "struct sigcontext_64");

struct info {
    int32_t number;
    int32_t error;
    int32_t code;
    int32_t zero;
    uint64_t address;
    uint8_t rest[104];
};
_Static_assert(sizeof(struct info) == 128, "siginfo_t");

struct signal_frame {
    uint64_t restorer;
    uint64_t uc_flags;
    uint64_t uc_link;
    struct signal_stack stack;
    struct context context;
    uint64_t mask;
    struct info info;
};
_Static_assert(offsetof(struct signal_frame, context) == 48, "struct rt_sigframe");
_Static_assert(sizeof(struct signal_frame) == 440, "struct rt_sigframe");

struct software_words {
    uint32_t magic;
    uint32_t extended_size;
    uint64_t components;
    uint32_t size;
    uint32_t zero[7];
};
_Static_assert(sizeof(struct software_words) == 48, "struct _fpx_sw_bytes");

/* ---- there ---- */

static bool push_vectors(struct kernel *k, uint64_t at)
{
    const struct software_words words = {
        .magic = FP_XSTATE_MAGIC1,
        .extended_size = XSAVE_SIZE + sizeof(uint32_t),
        .components = XSAVE_COMPONENTS,
        .size = XSAVE_SIZE,
    };
    const uint32_t mark = FP_XSTATE_MAGIC2;
    struct xsave state;
    memset(&state, 0, sizeof(state));
    xsave(&state);
    memcpy(state.bytes + SOFTWARE_WORDS, &words, sizeof(words));
    return user_write(k, at, &state, sizeof(state)) == 0 &&
           user_write(k, at + sizeof(state), &mark, sizeof(mark)) == 0;
}

static struct context save(const struct frame *f, const struct signal_info *info, uint64_t mask,
                           uint64_t vectors)
{
    return (struct context){
        .r8 = f->r8,
        .r9 = f->r9,
        .r10 = f->r10,
        .r11 = f->r11,
        .r12 = f->r12,
        .r13 = f->r13,
        .r14 = f->r14,
        .r15 = f->r15,
        .rdi = f->rdi,
        .rsi = f->rsi,
        .rbp = f->rbp,
        .rbx = f->rbx,
        .rdx = f->rdx,
        .rax = f->rax,
        .rcx = f->rcx,
        .rsp = f->rsp,
        .rip = f->rip,
        .rflags = f->rflags,
        .cs = USER_CS,
        .ss = USER_SS,
        .error = info->error,
        .vector = info->vector,
        .old_mask = mask,
        .cr2 = info->address,
        .vector_state = vectors,
    };
}

bool signal_frame_push(struct kernel *k, struct frame *f, uint64_t top,
                       const struct signal_info *info, const struct signal_action *a)
{
    if (top < PAGE_SIZE)
        return false;
    const uint64_t vectors = (top - XSAVE_SIZE - sizeof(uint32_t)) & ~63ull;
    const uint64_t at = ((vectors - sizeof(struct signal_frame)) & ~15ull) - 8;
    const struct signals *s = &k->signals;
    const struct signal_frame frame = {
        .restorer = a->restorer,
        .uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE,
        .stack = s->stack,
        .context = save(f, info, s->blocked, vectors),
        .mask = s->blocked,
        .info = {.number = info->number, .code = info->code, .address = info->address},
    };
    if (!push_vectors(k, vectors) || user_write(k, at, &frame, sizeof(frame)) < 0)
        return false;
    f->rsp = at;
    f->rip = a->handler;
    f->rdi = (uint64_t)info->number;
    f->rsi = at + offsetof(struct signal_frame, info);
    f->rdx = at + offsetof(struct signal_frame, uc_flags);
    f->rax = 0;
    f->rflags = RFLAGS_FIXED;
    return true;
}

/* ---- and back ---- */

/* What XRSTOR would fault on is refused. [SDM 1 13.8.1] */
static bool vectors_ok(const struct xsave *state)
{
    uint64_t present;
    uint32_t mxcsr;
    memcpy(&present, state->bytes + XSAVE_HEADER, sizeof(present));
    memcpy(&mxcsr, state->bytes + XSAVE_MXCSR, sizeof(mxcsr));
    uint8_t reserved = 0;
    for (unsigned i = XSAVE_HEADER + sizeof(present); i < XSAVE_HEADER_END; i++)
        reserved |= state->bytes[i];
    return CHECK(xstate_components, (present & ~(uint64_t)XSAVE_COMPONENTS) == 0) &&
           CHECK(xstate_mxcsr, (mxcsr & MXCSR_RESERVED) == 0) &&
           CHECK(xstate_reserved, reserved == 0);
}

static bool pop_vectors(struct kernel *k, uint64_t at)
{
    struct xsave state;
    if (at == 0) {
        xsave_initial(&state);
    } else if (user_read(k, at, &state, sizeof(state)) < 0) {
        return false;
    }
    if (!vectors_ok(&state))
        return false;
    xrstor(&state);
    return true;
}

static struct frame restore(const struct context *c)
{
    return (struct frame){
        .rax = c->rax,
        .rcx = c->rcx,
        .rdx = c->rdx,
        .rbx = c->rbx,
        .rsp = c->rsp,
        .rbp = c->rbp,
        .rsi = c->rsi,
        .rdi = c->rdi,
        .r8 = c->r8,
        .r9 = c->r9,
        .r10 = c->r10,
        .r11 = c->r11,
        .r12 = c->r12,
        .r13 = c->r13,
        .r14 = c->r14,
        .r15 = c->r15,
        .rflags = CHECKED(return_flags, (c->rflags & RFLAGS_USER) | RFLAGS_FIXED, c->rflags),
        .rip = c->rip,
    };
}

bool signal_frame_pop(struct kernel *k, struct frame *f, uint64_t *mask)
{
    struct signal_frame frame;
    const uint64_t at = f->rsp - sizeof(frame.restorer); /* the handler's return took it */
    const struct space *s = &k->memory.space;
    if (user_read(k, at, &frame, sizeof(frame)) < 0)
        return false;
    const struct frame back = restore(&frame.context);
    const struct range *code = space_find(s, back.rip);
    if (!CHECK(return_code, code != NULL && code->prot & PROT_X) ||
        !CHECK(return_stack, back.rsp >= s->start && back.rsp <= s->end))
        return false;
    if (!pop_vectors(k, frame.context.vector_state))
        return false;
    *f = back;
    *mask = frame.mask;
    return true;
}
