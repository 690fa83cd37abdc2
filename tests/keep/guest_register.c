/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of registers: what exec had, it has again, whatever the shim or the host did
 * meanwhile. register_probe.S fills all of them, does one thing, and compares. */
#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

/* Each returns 0 when every register is as it was: bit 0 general, bit 1 vectors,
 * bit 2 MXCSR and x87 control word, bit 3 flags. `page` is absent memory. */
int probe_syscall(uint64_t number, uint64_t argument);
int probe_touch(volatile uint8_t *page);
/* At the very start: 0 when MXCSR, x87 and vectors are as after reset. */
int probe_initial(void);

static void across_syscall(void)
{
    uint64_t time[2];
    for (int i = 0; i < 50; i++)
        check(probe_syscall(__NR_getpid, 0) == 0);
    check(probe_syscall(1000, 0) == 0);
    /* one that leaves the keep, too */
    for (int i = 0; i < 50; i++) {
        check(sys2(__NR_clock_gettime, 1, time) == 0);
        check(probe_syscall(__NR_write, 2) == 0);
    }
}

static void across_touch(void)
{
    uint8_t *at = map(64 * PAGE, 3);
    for (int i = 0; i < 64; i++)
        check(probe_touch(at + i * PAGE) == 0);
}

/* A call with flags set that would trouble the shim: DF, NT, AC. What is known of its answer
 * is more than one byte: it is by many that a copy the wrong way differs. */
static void flags_in_call(void)
{
    uint64_t time[2] = {0, 0};
    int64_t result = __NR_clock_gettime;
    __asm__ volatile("pushq $0x44402\n\tpopfq\n\tsyscall\n\tpushq $2\n\tpopfq"
                     : "+a"(result)
                     : "D"(0), "S"(time)
                     : "rcx", "r11", "memory", "cc");
    check(result == 0 && time[0] > 1000000000); /* s since 1970 */
}

/* SX1: the direction flag is exec's, and nobody else's: string operations of the shim go
 * forward all the same. */
static void direction(void)
{
    uint8_t *at = map(64 * PAGE, 3);
    for (size_t i = 0; i < 64 * PAGE; i += 16 * PAGE) { /* pages come 16 at a time */
        __asm__ volatile("std\n\tmovb $7, (%0)\n\tcld" : : "r"(at + i) : "memory");
        check(at[i] == 7 && at[i + 1] == 0 && at[i + PAGE - 1] == 0);
        memset(at + i, 7, 16 * PAGE);
    }
    for (size_t i = 0; i < 64 * PAGE; i++)
        check(at[i] == 7);
    flags_in_call();
}

static void initial(void) { check(probe_initial() == 0); }

const struct test register_tests[] = {
    {"across_syscall", across_syscall},
    {"across_touch", across_touch},
    {"initial", initial},
    {"direction", direction},
    {NULL, NULL},
};
