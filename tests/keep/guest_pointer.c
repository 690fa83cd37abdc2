/* SPDX-License-Identifier: Apache-2.0 */
/* SB1: whatever the guest asks the shim to read or write for it, by a system call, a call of
 * the port, evidence or a signal, has to be the guest's own, from its first byte to its last. */
#include "tests/keep/guest_pointers.h"

#include "include/kvm_keep.h"
#include "include/sgx_keep.h"
#include "shim/core/syscalls.h"

static const struct pointer pointers[] = {
#define ROWS(name) POINTERS_##name
    SYSCALL_TABLE(ROWS)
#undef ROWS
};

#define POINTERS (sizeof(pointers) / sizeof(pointers[0]))

static uint8_t *own; /* zeroes */

static void refused(const char *what, uint64_t which, uint64_t at, int64_t answer, int64_t wanted)
{
    if (answer == wanted)
        return;
    say_number(what, (int64_t)which);
    say_number("at", (int64_t)at);
    say_number("FAIL: it answers", answer);
    end(1);
}

/* ---- system calls ---- */

static int64_t call_with(const struct pointer *p, uint64_t at)
{
    uint64_t a[5];
    for (size_t i = 0; i < 5; i++)
        a[i] = p->argument[i] == OWN ? (uint64_t)own : p->argument[i];
    a[p->place] = at;
    return sys(p->call, a[0], a[1], a[2], a[3], a[4], 0);
}

static void call_refuses(const struct pointer *p, uint64_t at)
{
    if (at % p->unit != 0 || (at == 0 && p->may_be_null))
        return;
    const int64_t wanted = p->use == USE_NOTHING ? call_with(p, 0) : p->answer;
    refused("call", p->call, at, call_with(p, at), wanted);
}

/* ---- calls of the port ---- */

#define PORT_SIZE 64u

/* Two are the shim's own, whatever they are given. */
static int64_t port_answer(uint32_t verb)
{
    return verb == PORT_QUOTE || verb == PORT_MEMORY ? -EINVAL : -EFAULT;
}

static void port_reads(uint64_t at)
{
    for (uint32_t verb = 0; verb < PORT_VERB_COUNT; verb++) {
        const struct port_call call = {.verb = verb, .in = (void *)at, .in_size = PORT_SIZE};
        refused("verb, input", verb, at, port(&call), port_answer(verb));
    }
}

static void port_writes(uint64_t at)
{
    for (uint32_t verb = 0; verb < PORT_VERB_COUNT; verb++) {
        const struct port_call call = {.verb = verb, .out = (void *)at, .out_size = PORT_SIZE};
        refused("verb, output", verb, at, port(&call), port_answer(verb));
    }
}

/* ---- evidence, where a keep has some ---- */

#define EVIDENCE_SIZE sizeof(struct kvm_statement) /* no evidence is less */

static void evidence_reads(uint64_t at)
{
    if (evidence_function() != NULL)
        refused("report data", 0, at, evidence_function()((void *)at, own, PAGE), -EFAULT);
}

static void evidence_writes(uint64_t at)
{
    if (evidence_function() != NULL)
        refused("evidence", 0, at, evidence_function()(own, (void *)at, EVIDENCE_SIZE), -EFAULT);
}

/* ---- a byte that is not the guest's ---- */

/* At the start, in the middle and at the end of what the shim would touch. */
#define AROUND(byte, size, refuses)             \
    do {                                        \
        refuses((byte));                        \
        refuses((byte) - (uint64_t)(size) / 2); \
        refuses((byte) - (uint64_t)(size) + 1); \
    } while (0)

static void calls_refuse(uint64_t byte, enum use use)
{
    for (const struct pointer *p = pointers; p < pointers + POINTERS; p++) {
#define REFUSES(at) call_refuses(p, at)
        if (p->use == use)
            AROUND(byte, p->size, REFUSES);
#undef REFUSES
    }
}

static void refuses_call(uint64_t at)
{
    refused("a call", 0, at, port((const struct port_call *)at), -EFAULT);
}

void check_unreadable(uint64_t byte)
{
    calls_refuse(byte, USE_READ);
    AROUND(byte, sizeof(struct port_call), refuses_call);
    AROUND(byte, PORT_SIZE, port_reads);
    AROUND(byte, REPORT_DATA_BYTES, evidence_reads);
}

void check_unwritable(uint64_t byte)
{
    calls_refuse(byte, USE_WRITE);
    AROUND(byte, PORT_SIZE, port_writes);
    AROUND(byte, EVIDENCE_SIZE, evidence_writes);
}

void check_foreign(uint64_t byte)
{
    own = own != NULL ? own : map(PAGE, 3);
    check_unreadable(byte);
    check_unwritable(byte);
    calls_refuse(byte, USE_KEEP);
    calls_refuse(byte, USE_NOTHING);
    for (const struct pointer *p = pointers; p < pointers + POINTERS; p++) {
        if (p->use == USE_PAGES)
            call_refuses(p, byte / PAGE * PAGE);
    }
}

/* ---- places ---- */

/* The shim's, of an enclave and of a machine, or nobody's, on both; and the host's. */
static const uint64_t foreign[] = {
    0,                  /* nothing */
    SGX_KEEP_IMAGE,     /* an enclave's shim */
    SGX_KEEP_TABLES,    /* and its tables; the gate of a machine's shim */
    SGX_KEEP_EXEC - 1,  /* the last byte before exec */
    1ull << 42,         /* behind all of exec's */
    0x00007ffffffff000, /* the last page of the lower half */
    0x0000800000000000, /* no address */
    1ull << 63,         /* nor this */
    0xffff800000000000, /* physical memory as a machine's shim sees it */
    KVM_KEEP_SHIM,      /* a machine's shim */
    KVM_KEEP_SHIM + KVM_IMAGE_DATA,
    UINT64_MAX,
};

/* SB1: a page that is the guest's has one before and one behind that are not, then one
 * that it may only read. */
static void pointers_own(void)
{
    enum { NONE = 0, R = 1, RW = 3 };
    own = map(PAGE, RW);
    uint8_t *at = map(5 * PAGE, RW);
    memset(at, 0x5a, 5 * PAGE);
    check(sys3(__NR_mprotect, at, PAGE, NONE) == 0);
    check(sys3(__NR_mprotect, at + 2 * PAGE, PAGE, NONE) == 0);
    check(sys3(__NR_mprotect, at + 4 * PAGE, PAGE, R) == 0);
    const uint64_t none[] = {(uint64_t)at + PAGE - 1, (uint64_t)at + 2 * PAGE,
                             (uint64_t)at + 3 * PAGE - 1};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        check_unreadable(none[i]);
        check_unwritable(none[i]);
    }
    check_unwritable((uint64_t)at + 4 * PAGE);
    check_unwritable((uint64_t)at + 5 * PAGE - 1);
    check_unwritable((uint64_t)pointers);                /* constants */
    check_unwritable((uint64_t)(uintptr_t)pointers_own); /* code */
    for (size_t i = PAGE; i < 2 * PAGE; i++)             /* nor a part of it */
        check(at[i] == 0x5a && at[i + 2 * PAGE] == 0x5a);
    for (size_t i = 0; i < PAGE; i++)
        check(own[i] == 0);
}

static void pointers_foreign(void)
{
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        check_foreign(foreign[i]);
    check_foreign((uint64_t)(uintptr_t)port_function()); /* what the shim lets it run */
}

/* Sizes that lead there from its own. */
static void pointers_long(void)
{
    static const uint64_t sizes[] = {1ull << 63, UINT64_MAX - PAGE + 1, UINT64_MAX,
                                     UINT64_MAX - 2 * PAGE};
    own = map(PAGE, 3);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct port_call out = {.verb = PORT_READ, .out = own, .out_size = sizes[i]};
        const struct port_call in = {.verb = PORT_WRITE, .in = own, .in_size = sizes[i]};
        check(port(&out) == -EINVAL && port(&in) == -EINVAL);
        check(sys2(__NR_munmap, own, sizes[i]) == -EINVAL);
        check(sys3(__NR_mprotect, own, sizes[i], 1) == -ENOMEM);
        check(sys3(__NR_madvise, own, sizes[i], DONT_NEED) == -EINVAL);
        check(sys4(__NR_mremap, own, sizes[i], PAGE, 1) == -EINVAL);
        check(sys4(__NR_mremap, own, PAGE, sizes[i], 1) == -ENOMEM);
        check(sys(__NR_mmap, (uint64_t)own, sizes[i], 3, AT, UINT64_MAX, 0) == -ENOMEM);
        check(sys(__NR_mmap, 0, sizes[i], 3, ANYWHERE, UINT64_MAX, 0) == -ENOMEM);
    }
    own[0] = 1;
}

/* ---- signals ---- */

/* Words of the ucontext that a handler gets [Linux uapi asm/sigcontext.h]. */
enum { CONTEXT = 5, RSP = CONTEXT + 15, RIP, VECTORS = CONTEXT + 23 };

#define SIGILL      4
#define SA_SIGINFO  4u
#define SA_ONSTACK  0x08000000u
#define SA_RESTORER 0x04000000u

__asm__("pointer_restorer: mov $15, %eax\n"
        "    syscall\n");
extern const uint8_t pointer_restorer[];

/* Memory of the shim's that it writes to itself. */
static uint64_t shims(void)
{
    const bool machine = (uint64_t)(uintptr_t)port_function() / PAGE == SGX_KEEP_TABLES / PAGE;
    return (machine ? KVM_KEEP_SHIM + KVM_IMAGE_DATA : SGX_KEEP_TABLES) + PAGE / 2;
}

static unsigned forged; /* the word that leads to the shim's */

static void forge(int number, const void *info, uint64_t *context)
{
    (void)number;
    (void)info;
    context[RIP] += 2;
    context[forged] = shims();
}

static void take(uint64_t flags)
{
    const uint64_t a[4] = {(uint64_t)(uintptr_t)forge, flags | SA_SIGINFO | SA_RESTORER,
                           (uint64_t)(uintptr_t)pointer_restorer, 0};
    check(sys4(__NR_rt_sigaction, SIGILL, a, 0, 8) == 0);
}

/* Back from a handler by a frame that leads to the shim's: stack, code, vectors. */
static void return_by(unsigned word)
{
    forged = word;
    take(0);
    __asm__ volatile("ud2" : : : "memory");
    say("survived");
}

static void return_to_stack(void) { return_by(RSP); }
static void return_to_code(void) { return_by(RIP); }
static void return_with_vectors(void) { return_by(VECTORS); }

/* The frame itself is there. */
static void return_from(void)
{
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "mov $15, %%eax\n\t"
                     "syscall\n\t"
                     "ud2"
                     :
                     : "r"(shims())
                     : "memory");
}

/* A signal is taken where RSP leads, or on the stack that was told for it. */
static void signal_on_stack(void)
{
    take(0);
    __asm__ volatile("mov %0, %%rsp\n\tud2" : : "r"(shims()) : "memory");
}

static void signal_on_other(void)
{
    const uint64_t stack[3] = {shims() - PAGE / 2, 0, 2 * PAGE};
    check(sys2(__NR_sigaltstack, stack, 0) == 0);
    take(SA_ONSTACK);
    __asm__ volatile("ud2" : : : "memory");
    say("survived");
}

const struct test pointer_tests[] = {
    {"pointers_own", pointers_own},       {"pointers_foreign", pointers_foreign},
    {"pointers_long", pointers_long},     {"return_to_stack", return_to_stack},
    {"return_to_code", return_to_code},   {"return_with_vectors", return_with_vectors},
    {"return_from", return_from},         {"signal_on_stack", signal_on_stack},
    {"signal_on_other", signal_on_other}, {NULL, NULL},
};
