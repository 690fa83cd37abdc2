/* SPDX-License-Identifier: Apache-2.0 */
/* What a test guest has instead of a C library: it takes exec's place in a keep and
 * runs the test that the manifest names. Each test reports by PORT_LOG, and ends the
 * keep with status 0 when all its checks held, 1 when one did not. */
#ifndef TESTS_KEEP_GUEST_H
#define TESTS_KEEP_GUEST_H

#include "include/port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096u

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);

/* One test of the table in guest.c. */
struct test {
    const char *name;
    void (*run)(void);
};

int64_t sys(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
            uint64_t f);
#define sys0(n)             sys(n, 0, 0, 0, 0, 0, 0)
#define sys1(n, a)          sys(n, (uint64_t)(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b)       sys(n, (uint64_t)(a), (uint64_t)(b), 0, 0, 0, 0)
#define sys3(n, a, b, c)    sys(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)
#define sys4(n, a, b, c, d) sys(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), 0, 0)

int64_t port(const struct port_call *call);
port_entry *port_function(void);
evidence_entry *evidence_function(void);
clock_entry *clock_function(void);

/* Memory of the guest's own: read and write, zeroed. Null: refused. */
uint8_t *map(size_t size, int prot);

void say(const char *text);
void say_number(const char *text, int64_t number);

/* Ends the keep. */
__attribute__((noreturn)) void end(int status);

#define check(condition)                       \
    do {                                       \
        if (!(condition)) {                    \
            say_number("FAIL line", __LINE__); \
            say(#condition);                   \
            end(1);                            \
        }                                      \
    } while (0)

/* SB1: every call of the shim's is refused that would touch this byte, which the guest may
 * not read, or not write, or has no part in at all. */
void check_unreadable(uint64_t byte);
void check_unwritable(uint64_t byte);
void check_foreign(uint64_t byte);

/* The file that holds a test: FILE_tests, ended by a null name. */
extern const struct test memory_tests[];
extern const struct test signal_tests[];
extern const struct test register_tests[];
extern const struct test call_tests[];
extern const struct test pointer_tests[];
extern const struct test fatal_tests[];
extern const struct test ring_tests[];

#endif
