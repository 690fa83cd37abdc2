/* SPDX-License-Identifier: Apache-2.0 */
/* What an exception in exec means. It becomes a system call or a signal only if the
 * shim agrees that it happened: a page fault if exec's map forbids the access, an
 * invalid opcode if one of three is there, a division error if a division is.
 * Anything else is the host's doing, or a fault that exec must not have: the end. */
#include "shim/core/check.h"
#include "shim/core/kernel.h"

/* [SDM 3A 6.3.1] */

/* #PF error code, and the part of it that exec is told [SDM 3A 4.7]. */
#define ERROR_WRITE 2u
#define ERROR_USER  4u
#define ERROR_FETCH 16u
#define ERROR_TOLD  (ERROR_WRITE | ERROR_FETCH)

/* [Linux uapi asm-generic/siginfo.h] */
#define ILL_ILLOPN  2
#define FPE_INTDIV  1
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2

/* The bytes at rip, as many as exec may execute. */
static size_t fetch(struct kernel *k, uint64_t rip, uint8_t *code, size_t size)
{
    size_t count = 0;
    while (count < size && user_ok(k, rip + count, 1, PROT_X)) {
        machine_user_begin();
        code[count] = *(const uint8_t *)(rip + count);
        machine_user_end();
        count++;
    }
    return count;
}

static void emulate_syscall(struct kernel *k, struct frame *f)
{
    f->rip += 2;
    f->rcx = f->rip; /* [SDM 2B SYSCALL] */
    f->r11 = f->rflags;
    kernel_syscall(k, f);
}

static void emulate_cpuid(struct frame *f)
{
    const struct cpuid c = machine_cpuid((uint32_t)f->rax, (uint32_t)f->rcx);
    f->rax = c.eax;
    f->rbx = c.ebx;
    f->rcx = c.ecx;
    f->rdx = c.edx;
    f->rip += 2;
}

static void invalid_opcode(struct kernel *k, struct frame *f)
{
    uint8_t code[2];
    const size_t size = fetch(k, f->rip, code, sizeof(code));
    const unsigned opcode = size == 2 ? (unsigned)code[0] << 8 | code[1] : 0;
    switch (opcode) {
    case 0x0f05:
        emulate_syscall(k, f);
        return;
    case 0x0fa2:
        emulate_cpuid(f);
        return;
    case 0x0f0b: /* ud2 */
        signal_raise(
            k, f,
            &(struct signal_info){
                .number = SIGILL, .code = ILL_ILLOPN, .address = f->rip, .vector = VECTOR_UD});
        return;
    default:
        if (!CHECK(fault_opcode, false))
            machine_stop(STOP_FATAL);
    }
}

/* DIV or IDIV, behind an operand-size and a REX prefix [SDM 2A DIV, IDIV]. */
static bool is_division(const uint8_t *code, size_t size)
{
    size_t at = 0;
    if (at < size && code[at] == 0x66)
        at++;
    if (at < size && (code[at] & 0xf0) == 0x40)
        at++;
    return at + 1 < size && (code[at] & 0xfe) == 0xf6 && (code[at + 1] >> 3 & 7) >= 6;
}

static void divide_error(struct kernel *k, struct frame *f)
{
    uint8_t code[4];
    if (!CHECK(fault_division, is_division(code, fetch(k, f->rip, code, sizeof(code)))))
        machine_stop(STOP_FATAL);
    signal_raise(k, f,
                 &(struct signal_info){
                     .number = SIGFPE, .code = FPE_INTDIV, .address = f->rip, .vector = VECTOR_DE});
}

static void page_fault(struct kernel *k, struct frame *f, const struct fault *x)
{
    const unsigned prot = x->error & ERROR_FETCH   ? PROT_X
                          : x->error & ERROR_WRITE ? PROT_W
                                                   : PROT_R;
    const enum touch touch = memory_touch(&k->memory, x->address, prot);
    if (touch == TOUCH_SUPPLIED)
        return;
    if (!CHECK(fault_present, touch != TOUCH_PRESENT))
        machine_stop(STOP_FAULT);
    signal_raise(k, f,
                 &(struct signal_info){
                     .number = SIGSEGV,
                     .code = touch == TOUCH_UNMAPPED ? SEGV_MAPERR : SEGV_ACCERR,
                     .address = x->address,
                     .vector = VECTOR_PF,
                     .error = (x->error & ERROR_TOLD) | ERROR_USER,
                 });
}

void kernel_fault(struct kernel *k, struct frame *f, const struct fault *x)
{
    switch (x->vector) {
    case VECTOR_UD:
        invalid_opcode(k, f);
        return;
    case VECTOR_PF:
        page_fault(k, f, x);
        return;
    case VECTOR_DE:
        divide_error(k, f);
        return;
    default:
        if (!CHECK(fault_vector, false))
            machine_stop(STOP_FATAL);
    }
}
