/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of system calls and port calls from inside. */
#include "shim/core/syscalls.h"
#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

#define ENOSYS 38
#define EFAULT 14
#define EINVAL 22

static bool is_answered(uint64_t number)
{
#define CASE(name) case __NR_##name:
    switch (number) {
        SYSCALL_TABLE(CASE)
        return true;
    default:
        return false;
    }
#undef CASE
}

static void hello(void) { say("Hello from the keep"); }

/* SX10: a second or so without a call or a fault. */
static void spin(void)
{
    say("spinning");
    for (volatile uint32_t i = 0; i < 1000000000; i++)
        ;
}

/* SB11: what the table lacks is no system call. */
static void unknown(void)
{
    for (uint64_t n = 0; n < 1024; n++) {
        if (!is_answered(n))
            check(sys0(n) == -ENOSYS);
    }
    check(sys0(UINT64_MAX) == -ENOSYS);
    check(sys0(1ull << 32 | __NR_getpid) == -ENOSYS);
}

/* HO12: text of exec's own. */
static void writes(void)
{
    static const char text[] = "a local run's text";
    check(sys3(__NR_write, 2, text, sizeof(text) - 1) == sizeof(text) - 1);
}

/* In a deployment only; "survived" is what no keep may say. */
static void own_words(void)
{
    static const char text[] = "the text has survived";
    for (int i = 0; i < 200; i++)
        check(sys3(__NR_write, 1 + i % 2, text, sizeof(text) - 1) == sizeof(text) - 1);
}

/* The verbs that are the shim's own. */
static void verbs(void)
{
    check(port(&(struct port_call){.verb = PORT_MEMORY, .arg = {1, 0, 1, 7}}) == -EINVAL);
    check(port(&(struct port_call){.verb = PORT_QUOTE, .arg = {1}}) == -EINVAL);
    check(port(&(struct port_call){.verb = PORT_VERB_COUNT}) == -EINVAL);
    check(port(&(struct port_call){.verb = UINT32_MAX}) == -EINVAL);
}

/* SX13: whatever the host says, time does not go back. */
static void clocks(void)
{
    uint64_t last[2] = {0, 0};
    for (int i = 0; i < 3000; i++) {
        for (uint64_t id = 0; id < 2; id++) {
            uint64_t time[2];
            check(sys2(__NR_clock_gettime, id, time) == 0);
            const uint64_t now = time[0] * 1000000000u + time[1];
            check(time[1] < 1000000000u && now >= last[id]);
            last[id] = clock_function() != NULL ? clock_function()(id) : now;
            check(last[id] >= now);
        }
    }
    check(sys2(__NR_clock_gettime, 99, last) == -EINVAL);
}

/* SB13 */
static void random_numbers(void)
{
    uint64_t a[8];
    uint64_t b[8];
    check(sys3(__NR_getrandom, a, sizeof(a), 0) == sizeof(a));
    check(sys3(__NR_getrandom, b, sizeof(b), 0) == sizeof(b));
    for (size_t i = 0; i < 8; i++)
        check(a[i] != b[i] && a[i] != 0);
}

static void futex(void)
{
    uint32_t word = 5;
    const uint64_t short_time[2] = {0, 2000000};
    check(sys3(__NR_futex, &word, 129, 1) == 0);                /* wake */
    check(sys4(__NR_futex, &word, 128, 6, 0) == -11);           /* another value */
    check(sys4(__NR_futex, &word, 128, 5, short_time) == -110); /* nobody comes */
}

/* Evidence carries what the guest asks for, and goes nowhere but to its memory. */
static void evidence(void)
{
    enum { REPORT_DATA = 48 + 320 }; /* in a quote of version 3 */
    static uint8_t data[REPORT_DATA_BYTES] = {1, 2, 3};
    static uint8_t quote[PAGE];
    check(evidence_function() != NULL);
    check(evidence_function()(data, quote, sizeof(quote)) == 48 + 384);
    for (size_t i = 0; i < sizeof(data); i++)
        check(quote[REPORT_DATA + i] == data[i]);
    check(evidence_function()((void *)8, quote, sizeof(quote)) == -EFAULT);
    check(evidence_function()(data, (void *)evidence_function(), 512) == -EFAULT);
    check(evidence_function()(data, quote, SIZE_MAX) < 0);
}

/* What the host hands back is not about this keep: there is no evidence then. */
static void no_evidence(void)
{
    static uint8_t data[REPORT_DATA_BYTES] = {1, 2, 3};
    static uint8_t quote[PAGE];
    check(evidence_function()(data, quote, sizeof(quote)) < 0);
}

/* The same of a virtual machine, whose host only says something. */
static void statement(void)
{
    enum { SIZE = 112, REPORT_DATA = 48 };
    static uint8_t data[REPORT_DATA_BYTES] = {1, 2, 3};
    static uint8_t said[PAGE];
    check(evidence_function() != NULL);
    check(evidence_function()(data, said, sizeof(said)) == SIZE);
    for (size_t i = 0; i < sizeof(data); i++)
        check(said[REPORT_DATA + i] == data[i]);
    check(evidence_function()((void *)8, said, sizeof(said)) == -EFAULT);
    check(evidence_function()(data, (void *)evidence_function(), 512) == -EFAULT);
    check(evidence_function()(data, said, SIZE - 1) < 0);
    check(evidence_function()(data, (void *)(UINT64_MAX - 8), SIZE_MAX) == -EFAULT);
}

/* SX12: the processor as the shim describes it. */
static void cpuid(void)
{
    uint32_t a = 0;
    uint32_t b;
    uint32_t c = 0;
    uint32_t d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    check(b == 0x756e6547 && d == 0x49656e69 && c == 0x6c65746e);
    a = 7;
    c = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    check((b & 1u << 16) == 0 && (b & 1u << 5) != 0); /* AVX-512 no, AVX2 yes */
    a = 1;
    c = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    check((c & 1u << 27) != 0 && (c & 1u << 28) != 0); /* OSXSAVE, AVX: else nobody uses it */
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    check((a & 7) == 7); /* x87, SSE, AVX */
    a = 0x40000000;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    check((a | b | c | d) == 0);
}

/* Every verb many times: a host that lies must be noticed. What the host may say
 * is checked by the shim; what it gives is looked at here. */
static void every_verb(void)
{
    uint8_t *buffer = map(PORT_CHUNK, 3);
    for (int round = 0; round < 200; round++) {
        for (uint32_t verb = PORT_LOG + 1; verb < PORT_QUOTE; verb++) {
            struct port_call call = {.verb = verb, .out = buffer, .out_size = 64};
            if (verb == PORT_WRITE || verb == PORT_STORE)
                call = (struct port_call){.verb = verb, .in = buffer, .in_size = 64};
            if (verb == PORT_POLL)
                call.in = buffer, call.in_size = 64;
            if (verb == PORT_CLOSE || verb == PORT_SHUTDOWN || verb == PORT_LISTEN ||
                verb == PORT_ACCEPT || verb == PORT_CONNECT || verb == PORT_CLOCK)
                call.out = NULL, call.out_size = 0;
            const int64_t result = port(&call);
            check(result > -4096);
            if (verb == PORT_READ || verb == PORT_WRITE || verb == PORT_STORE)
                check(result <= 64);
            if (verb == PORT_POLL)
                check(result <= 8);
            if (verb == PORT_CLOSE || verb == PORT_SHUTDOWN)
                check(result <= 0);
            if (verb == PORT_ACCEPT || verb == PORT_LISTEN || verb == PORT_CONNECT)
                check(result <= (int64_t)PORT_HANDLE_MAX);
        }
    }
}

const struct test call_tests[] = {
    {"hello", hello},
    {"unknown", unknown},
    {"writes", writes},
    {"own_words", own_words},
    {"spin", spin},
    {"verbs", verbs},
    {"clocks", clocks},
    {"random", random_numbers},
    {"futex", futex},
    {"evidence", evidence},
    {"no_evidence", no_evidence},
    {"statement", statement},
    {"cpuid", cpuid},
    {"every_verb", every_verb},
    {NULL, NULL},
};
