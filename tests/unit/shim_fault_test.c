/* SPDX-License-Identifier: Apache-2.0 */
/* What an exception becomes: a page, a system call, a signal, or the end. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "shim/x86/cpuid.h"
#include "tests/unit/shim_keep.h"

#define RW   (PROT_READ | PROT_WRITE)
#define RX   (PROT_READ | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define P    PAGE_SIZE

static struct kernel k;
static struct frame f;
static uint64_t code; /* a page of it, then nothing */

#define HANDLER  0x4242
#define RESTORER 0x4343

static int setup(void **state)
{
    (void)state;
    keep_start(&k, &f);
    code = keep_room(&k, P);
    for (unsigned n = 1; n < SIGNAL_COUNT; n++)
        k.signals.actions[n] = (struct signal_action){
            .handler = HANDLER, .flags = 0x04000000 /* SA_RESTORER */, .restorer = RESTORER};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep_check(&k);
    keep_fini();
    return 0;
}

/* Code as a compiler leaves it. */
static void put_code(uint64_t at, const void *bytes, size_t size)
{
    assert_int_equal(SYS(&k, mprotect, code, P, RW), 0);
    memcpy((void *)at, bytes, size);
    assert_int_equal(SYS(&k, mprotect, code, P, RX), 0);
    f.rip = at;
}

static enum ending raise(uint32_t vector, uint32_t error, uint64_t address)
{
    const struct fault x = {.vector = vector, .error = error, .address = address};
    return ENDING((kernel_fault(&k, &f, &x), 0));
}

/* The signal that exec is in the handler of; 0: none. [Linux uapi siginfo.h] */
struct told {
    int number, code;
    uint64_t address;
};

static struct told told(void)
{
    struct told t = {0};
    if (f.rip != HANDLER)
        return t;
    t.number = *(int *)f.rsi;
    t.code = *(int *)(f.rsi + 8);
    t.address = *(uint64_t *)(f.rsi + 16);
    assert_int_equal(t.number, f.rdi);
    return t;
}

/* In the ucontext: error, vector, cr2 [Linux uapi sigcontext.h]. */
static uint64_t context(size_t word) { return *(uint64_t *)(f.rdx + 40 + 8 * word); }

enum { CONTEXT_RIP = 16, CONTEXT_ERROR = 19, CONTEXT_VECTOR = 20, CONTEXT_CR2 = 22 };

/* ---- #UD ---- */

static void only_three_opcodes_may_be_invalid(void **state)
{
    (void)state;
    const struct frame before = f;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second += first == 0x0f ? 1 : 51) {
            const uint8_t bytes[2] = {(uint8_t)first, (uint8_t)second};
            const unsigned opcode = first << 8 | second;
            const bool known = opcode == 0x0f05 || opcode == 0x0fa2 || opcode == 0x0f0b;
            f = before;
            f.rax = __NR_getpid;
            put_code(code + 16, bytes, 2);
            if (raise(6, 0, 0) != (known ? WENT_ON : STOPPED_FATAL))
                fail_msg("opcode %04x", opcode);
            memset(&k.signals.blocked, 0, sizeof(k.signals.blocked));
        }
    }
}

static void a_system_call_is_answered(void **state)
{
    (void)state;
    put_code(code + 16, "\x0f\x05", 2);
    f.rax = __NR_getpid;
    f.rcx = f.r11 = 0;
    f.rflags = 0x246;
    struct frame expected = f;
    expected.rax = 1;
    expected.rip += 2;
    expected.rcx = expected.rip;
    expected.r11 = 0x246;
    assert_int_equal(raise(6, 0, 0), WENT_ON);
    assert_memory_equal(&f, &expected, sizeof(f));
}

static void cpuid_is_answered(void **state)
{
    (void)state;
    put_code(code + 16, "\x0f\xa2", 2);
    f.rax = 0xffffffff00000004; /* the upper halves do not count */
    f.rcx = 0xffffffff00000002;
    struct frame expected = f;
    const struct cpuid c = cpuid_answer(4, 2);
    expected.rax = c.eax;
    expected.rbx = c.ebx;
    expected.rcx = c.ecx;
    expected.rdx = c.edx;
    expected.rip += 2;
    assert_int_equal(raise(6, 0, 0), WENT_ON);
    assert_memory_equal(&f, &expected, sizeof(f));
}

static void a_trap_is_a_signal(void **state)
{
    (void)state;
    put_code(code + 16, "\x0f\x0b", 2);
    assert_int_equal(raise(6, 0, 0), WENT_ON);
    const struct told t = told();
    assert_int_equal(t.number, SIGILL);
    assert_int_equal(t.code, 2); /* ILL_ILLOPN */
    assert_true(t.address == code + 16);
    assert_true(context(CONTEXT_RIP) == code + 16);
    assert_int_equal(context(CONTEXT_VECTOR), 6);
}

/* The bytes are looked at only as far as exec may execute them. */
static void code_is_what_exec_may_execute(void **state)
{
    (void)state;
    put_code(code + P - 1, "\x0f", 1); /* the second byte is not there */
    assert_int_equal(raise(6, 0, 0), STOPPED_FATAL);
    put_code(code + P - 2, "\x0f\x05", 2);
    f.rax = __NR_getpid;
    assert_int_equal(raise(6, 0, 0), WENT_ON);
    assert_int_equal(SYS(&k, mprotect, code, P, PROT_READ), 0);
    f.rip = code + P - 2;
    assert_int_equal(raise(6, 0, 0), STOPPED_FATAL);
    const uint64_t nowhere[] = {0, (uint64_t)keep.base + KEEP_RUN, k.memory.space.end - 1,
                                UINT64_MAX, 1ull << 47};
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        f.rip = nowhere[i];
        assert_int_equal(raise(6, 0, 0), STOPPED_FATAL);
    }
}

/* ---- #DE ---- */

static void a_division_is_told_by_its_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes; /* as an assembler makes them */
        size_t size;
        bool division;
    } cases[] = {
        {"\xf7\xf9", 2, true},          /* idiv %ecx */
        {"\xf7\xf1", 2, true},          /* div %ecx */
        {"\xf6\xf1", 2, true},          /* div %cl */
        {"\xf6\x7d\x08", 3, true},      /* idivb 8(%rbp) */
        {"\x48\xf7\xf9", 3, true},      /* idiv %rcx */
        {"\x41\xf7\xf8", 3, true},      /* idiv %r8d */
        {"\x49\xf7\xf0", 3, true},      /* div %r8 */
        {"\x66\xf7\xf9", 3, true},      /* idiv %cx */
        {"\x66\x41\xf7\xf0", 4, true},  /* div %r8w */
        {"\x48\xf7\x34\x24", 4, true},  /* divq (%rsp) */
        {"\xf7\xe1", 2, false},         /* mul %ecx */
        {"\xf7\xe9", 2, false},         /* imul %ecx */
        {"\xf7\xd1", 2, false},         /* not %ecx */
        {"\xf7\xc1\x01\x00", 4, false}, /* test */
        {"\xf8\xf1", 2, false},         {"\x90\xf7\xf9", 3, false},
        {"\x48\x66\xf7\xf9", 4, false}, /* a prefix after REX voids it: no compiler's */
        {"\x48\x48\xf7\xf9", 4, false}, {"\xcd\x00\x90", 3, false}, /* int 0 */
    };
    const struct frame before = f;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f = before;
        put_code(code + 16, "\x90\x90\x90\x90", 4);
        put_code(code + 16, cases[i].bytes, cases[i].size);
        if (raise(0, 0, 0) != (cases[i].division ? WENT_ON : STOPPED_FATAL))
            fail_msg("case %zu", i);
        k.signals.blocked = 0;
        if (!cases[i].division)
            continue;
        const struct told t = told();
        assert_int_equal(t.number, SIGFPE);
        assert_int_equal(t.code, 1); /* FPE_INTDIV */
        assert_true(t.address == code + 16);
        assert_int_equal(context(CONTEXT_VECTOR), 0);
    }
    f = before; /* cut off by the end of what is executable */
    put_code(code + P - 1, "\xf7", 1);
    assert_int_equal(raise(0, 0, 0), STOPPED_FATAL);
    put_code(code + P - 2, "\x48\xf7", 2);
    assert_int_equal(raise(0, 0, 0), STOPPED_FATAL);
    put_code(code + P - 2, "\xf7\xf9", 2);
    assert_int_equal(raise(0, 0, 0), WENT_ON);
}

/* ---- #PF ---- */

static void a_page_not_there_yet_is_supplied(void **state)
{
    (void)state;
    const uint64_t at = (uint64_t)SYS(&k, mmap, 0, P, RW, ANON, -1);
    const struct frame before = f;
    assert_int_equal(raise(14, 6, at + 77), WENT_ON);
    assert_memory_equal(&f, &before, sizeof(f)); /* it goes on where it was */
    assert_int_equal(*keep_page(at), PRESENT | RW);
    assert_int_equal(raise(14, 20, k.memory.exec_base + 6 * P), WENT_ON);
    assert_int_equal(*keep_page(k.memory.exec_base + 6 * P), PRESENT | RX);
    assert_memory_equal(&f, &before, sizeof(f));
}

/* A host that takes a page away, or claims a fault that was none. */
static void a_page_that_is_there_and_allowed_stops(void **state)
{
    (void)state;
    const uint64_t at = keep_room(&k, 3 * P);
    assert_int_equal(SYS(&k, mprotect, at + P, P, PROT_READ), 0);
    assert_int_equal(SYS(&k, mprotect, at + 2 * P, P, RX), 0);
    for (uint32_t error = 0; error < 2; error++) { /* absent or not, as the host has it */
        assert_int_equal(raise(14, error | 4, at), STOPPED_FAULT);
        assert_int_equal(raise(14, error | 6, at), STOPPED_FAULT);
        assert_int_equal(raise(14, error | 6, at + P - 1), STOPPED_FAULT);
        assert_int_equal(raise(14, error | 4, at + P), STOPPED_FAULT);
        assert_int_equal(raise(14, error | 4, at + 2 * P), STOPPED_FAULT);
        assert_int_equal(raise(14, error | 20, at + 2 * P), STOPPED_FAULT);
        assert_int_equal(raise(14, error | 0x8004, at), STOPPED_FAULT); /* the SGX bit */
    }
}

static void what_the_map_forbids_is_a_signal(void **state)
{
    (void)state;
    enum { MAPERR = 1, ACCERR = 2 };
    const uint64_t at = keep_room(&k, 4 * P);
    assert_int_equal(SYS(&k, mprotect, at + P, P, PROT_READ), 0);
    assert_int_equal(SYS(&k, mprotect, at + 2 * P, P, PROT_NONE), 0);
    assert_int_equal(SYS(&k, mprotect, at + 3 * P, P, RX), 0);
    const struct {
        uint64_t address;
        uint32_t error;
        int code;
        uint32_t told; /* of the error: what a program can know */
    } cases[] = {
        {at + 4 * P, 4, MAPERR, 4},
        {at + 4 * P + 1, 6, MAPERR, 6},
        {at + 4 * P, 20, MAPERR, 20},
        {0, 4, MAPERR, 4},
        {8, 6, MAPERR, 6},
        {UINT64_MAX, 4, MAPERR, 4},
        {(uint64_t)keep.base + KEEP_RUN, 4, MAPERR, 4}, /* the shim's */
        {k.memory.space.end, 4, MAPERR, 4},
        {at + P, 7, ACCERR, 6},
        {at + P + 123, 6, ACCERR, 6},
        {at + P, 21, ACCERR, 20},
        {at, 21, ACCERR, 20},
        {at + 2 * P, 5, ACCERR, 4},
        {at + 2 * P + 4095, 7, ACCERR, 6},
        {at + 3 * P, 7, ACCERR, 6},
        {at + 3 * P, 0x8007, ACCERR, 6},
        {k.memory.exec_base, 7, ACCERR, 6},
        {k.memory.exec_base + 23 * P, 21, ACCERR, 20},
    };
    const struct frame before = f;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f = before;
        k.signals.blocked = 0;
        assert_int_equal(raise(14, cases[i].error, cases[i].address), WENT_ON);
        const struct told t = told();
        if (t.number != SIGSEGV || t.code != cases[i].code || t.address != cases[i].address ||
            context(CONTEXT_CR2) != cases[i].address ||
            (context(CONTEXT_ERROR) & ~1ull) != cases[i].told || context(CONTEXT_VECTOR) != 14)
            fail_msg("case %zu: signal %d, code %d, address %lx, error %lx", i, t.number, t.code,
                     t.address, context(CONTEXT_ERROR));
    }
}

/* ---- the rest ---- */

static void every_other_vector_stops(void **state)
{
    (void)state;
    for (uint32_t vector = 0; vector < 600; vector++) {
        if (vector == 0 || vector == 6 || vector == 14)
            continue;
        assert_int_equal(raise(vector, 0, code), STOPPED_FATAL);
    }
    assert_int_equal(raise(UINT32_MAX, 0, code), STOPPED_FATAL);
    assert_int_equal(raise(0x106, 0, code), STOPPED_FATAL); /* no bits are cut off */
}

static void without_a_handler_exec_has_failed(void **state)
{
    (void)state;
    k.signals.actions[SIGSEGV].handler = 0;
    assert_int_equal(raise(14, 4, 0), EXITED);
    assert_string_equal(keep.log, "the keep failed: exec was ended by signal 11");
    k.signals.actions[SIGILL].handler = 1; /* SIG_IGN: a fault cannot be ignored */
    put_code(code, "\x0f\x0b", 2);
    assert_int_equal(raise(6, 0, 0), EXITED);
    k.signals.actions[SIGFPE].flags = 0; /* no way back */
    put_code(code, "\xf7\xf9", 2);
    assert_int_equal(raise(0, 0, 0), EXITED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_three_opcodes_may_be_invalid, setup, teardown),
        cmocka_unit_test_setup_teardown(a_system_call_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(cpuid_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_trap_is_a_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(code_is_what_exec_may_execute, setup, teardown),
        cmocka_unit_test_setup_teardown(a_division_is_told_by_its_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_not_there_yet_is_supplied, setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_that_is_there_and_allowed_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_map_forbids_is_a_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(every_other_vector_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_handler_exec_has_failed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
