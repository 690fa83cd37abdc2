/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile exec: any sequence of system calls, accesses, exceptions and calls of the
 * port, with any arguments, under a host that lies now and then. Whatever it does, no
 * page is writable and executable, the map and the pages agree, and what is the shim's
 * stays as it is. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S base/cur.c */
#include "base/cur.h"
#include "shim/core/syscalls.h"
#include "shim/core/tree.h"
#include "tests/fuzz/target.h"
#include "tests/unit/shim_keep.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <asm/unistd_64.h>

#define STEPS_MAX 64u
#define P         PAGE_SIZE

/* Pages of the shim's own, beside exec's. */
#define OWN      (KEEP_RUN + 2 * TREE_RUN_BYTES)
#define OWN_SIZE (16u * P)

static struct kernel k;
static struct frame f;
static uint64_t answers[4]; /* of the last calls: addresses, for the most part */

static const uint16_t numbers[] = {
#define NUMBER(name) __NR_##name,
    SYSCALL_TABLE(NUMBER)
#undef NUMBER
};

/* A word of exec's choice: something that a check may have forgotten. */
static uint64_t word(struct cur *c)
{
    const uint8_t kind = cur_u8(c);
    const uint64_t base = (uint64_t)keep.base;
    const uint64_t start = k.memory.space.start;
    const uint64_t places[] = {0,
                               base + OWN,
                               base + KEEP_RUN,
                               start,
                               start + 5 * P,
                               start + 23 * P,
                               k.memory.brk_start,
                               k.memory.brk_end,
                               base + KEEP_ARENA,
                               f.rsp,
                               base + KEEP_SIZE,
                               (uint64_t)keep.block,
                               answers[0],
                               answers[1],
                               answers[2],
                               answers[3]};
    switch (kind >> 4) {
    case 0:
        return kind & 15;
    case 1:
        return (uint64_t)(kind & 15) * P;
    case 2:
        return 1ull << (cur_u8(c) & 63);
    case 3:
        return -(uint64_t)(kind & 15) * P;
    case 4:
        return cur_le64(c);
    case 5:
        return cur_u8(c);
    case 6:
        return cur_le16(c);
    case 7: /* wraps around, or ends at the end */
        return -places[kind & 15];
    default:
        return places[kind & 15] +
               (kind & 0x80 ? (uint64_t)(int8_t)cur_u8(c) * (kind & 0x40 ? P : 8) : 0);
    }
}

static void call(struct cur *c)
{
    const uint8_t number = cur_u8(c);
    const uint64_t n = sizeof(numbers) / sizeof(numbers[0]);
    f.rax = number < 0xf8 ? numbers[number % n] : word(c);
    f.rdi = word(c);
    f.rsi = word(c);
    f.rdx = word(c);
    f.r10 = word(c);
    f.r8 = word(c);
    f.rax = kernel_call(&k, &f);
    if (f.rax - (uint64_t)keep.base < KEEP_SIZE) {
        memmove(answers + 1, answers, sizeof(answers) - sizeof(answers[0]));
        answers[0] = f.rax;
    }
    signal_flush(&k, &f);
}

/* exec puts something into its memory, where it may. */
static void store(struct cur *c)
{
    const uint64_t at = word(c);
    const uint64_t value = word(c);
    const uint64_t offset = at - (uint64_t)keep.base;
    if (offset >= KEEP_EXEC && offset < KEEP_SIZE - 8 && at % 8 == 0 && keep_store(&k, &f, at, 0))
        memcpy((void *)at, &value, sizeof(value));
}

static void exception(struct cur *c)
{
    const struct fault x = {.vector = cur_u8(c) % 16, .error = cur_u8(c), .address = word(c)};
    kernel_fault(&k, &f, &x);
}

static void port(struct cur *c) { (void)kernel_port(&k, (const struct port_call *)word(c)); }

static void step(struct cur *c)
{
    const uint8_t what = cur_u8(c);
    if (what < 160)
        call(c);
    else if (what < 200)
        store(c);
    else if (what < 224)
        exception(c);
    else if (what < 240)
        port(c);
    else if (what < 248)
        f.rsp = word(c);
    else if (what < 252)
        f.rip = word(c);
    else {
        keep.lies = what & 1;
        keep.result = (int64_t)word(c);
    }
}

static void run(struct cur *c)
{
    for (unsigned i = 0; i < STEPS_MAX && cur_left(c) > 0; i++)
        step(c);
}

static void begin(void)
{
    static uint8_t *own;
    if (own == NULL) {
        keep_init(&k);
        own = keep.base + OWN;
        machine_add((uint64_t)own, (uint64_t)own + OWN_SIZE, PROT_R | PROT_W);
        memset(own, 0xa5, OWN_SIZE);
    }
    keep_restart(&k, &f);
    keep.poll_waits = true;
    memset(answers, 0, sizeof(answers));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cur c;
    begin();
    c = cur_init((struct bytes){.data = data, .size = size});
    keep.calls = KEEP_CALLS_MAX - 1000;
    (void)ENDING((run(&c), 0)); /* any end will do */
    __asm__ volatile("ldmxcsr %0; fninit" : : "m"((uint32_t){0x1f80}));
    keep_check(&k);
    for (unsigned i = 0; i < OWN_SIZE; i++) {
        if (keep.base[OWN + i] != 0xa5)
            abort();
    }
    return 0;
}
