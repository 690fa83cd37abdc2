/* SPDX-License-Identifier: Apache-2.0 */
/* The test guest's start and its few services; see guest.h. */
#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

static struct {
    port_entry *port;
    evidence_entry *evidence;
    clock_entry *clock;
    const struct boot_record *boot;
} guest;

int64_t sys(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    uint64_t result = number;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return (int64_t)result;
}

int64_t port(const struct port_call *call) { return guest.port(call); }
port_entry *port_function(void) { return guest.port; }
evidence_entry *evidence_function(void) { return guest.evidence; }
clock_entry *clock_function(void) { return guest.clock; }

uint8_t *map(size_t size, int prot)
{
    enum { PRIVATE_ANONYMOUS = 0x22 };
    int64_t at = sys(__NR_mmap, 0, size, (uint64_t)prot, PRIVATE_ANONYMOUS, UINT64_MAX, 0);
    return at < 0 && at > -4096 ? NULL : (uint8_t *)at;
}

static size_t length(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0')
        n++;
    return n;
}

void say(const char *text)
{
    port(&(struct port_call){
        .verb = PORT_LOG, .arg = {PORT_LOG_ERROR}, .in = text, .in_size = length(text)});
}

void say_number(const char *text, int64_t number)
{
    char line[128];
    char digits[24];
    size_t size = 0;
    size_t count = 0;
    uint64_t n = number < 0 ? -(uint64_t)number : (uint64_t)number;
    for (; text[size] != '\0' && size < 90; size++)
        line[size] = text[size];
    line[size++] = ' ';
    if (number < 0)
        line[size++] = '-';
    do
        digits[count++] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    while (count > 0)
        line[size++] = digits[--count];
    line[size] = '\0';
    say(line);
}

void end(int status)
{
    port(&(struct port_call){.verb = PORT_EXIT, .arg = {PORT_END_DONE, (uint64_t)status}});
    say("survived the end");
    for (;;)
        __asm__ volatile("ud2");
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static void run_from(const struct test *tests, const char *name)
{
    for (; tests->name != NULL; tests++) {
        if (!same(tests->name, name))
            continue;
        tests->run();
        say("passed");
        end(0);
    }
}

static void find(const uint64_t *stack)
{
    const uint64_t *at = stack + 1 + *stack + 1; /* argc, argv, null */
    while (*at != 0)
        at++;
    for (at++; at[0] != 0; at += 2) {
        if (at[0] == AT_ENARX_PORT)
            guest.port = (port_entry *)at[1];
        if (at[0] == AT_ENARX_EVIDENCE)
            guest.evidence = (evidence_entry *)at[1];
        if (at[0] == AT_ENARX_CLOCK)
            guest.clock = (clock_entry *)at[1];
        if (at[0] == AT_ENARX_BOOT)
            guest.boot = (const struct boot_record *)at[1];
    }
}

/* Tables of functions hold addresses: they are filled in here [ELF-64 5.1]. */
struct rela {
    uint64_t offset;
    uint64_t type;
    uint64_t addend;
};
extern const struct rela guest_rela[];
extern const struct rela guest_rela_end[];
extern uint8_t guest_base[];

static void relocate(void)
{
    for (const struct rela *r = guest_rela; r < guest_rela_end; r++)
        *(uint64_t *)(guest_base + r->offset) = (uint64_t)guest_base + r->addend;
}

__attribute__((used, noreturn)) static void start(const uint64_t *stack)
{
    char name[64] = {0};
    relocate();
    find(stack);
    port(&(struct port_call){.verb = PORT_EXCHANGE,
                             .arg = {PORT_BLOB_MANIFEST},
                             .out = name,
                             .out_size = sizeof(name) - 1});
    run_from(memory_tests, name);
    run_from(signal_tests, name);
    run_from(register_tests, name);
    run_from(call_tests, name);
    run_from(pointer_tests, name);
    run_from(fatal_tests, name);
    run_from(ring_tests, name);
    say("no such test");
    end(2);
}

__asm__(".globl _start\n"
        "_start: mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call start\n"
        "    ud2\n");

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    return to;
}
