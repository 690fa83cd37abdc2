/* SPDX-License-Identifier: Apache-2.0 */
/* An enclave in the model, entered as a loader does. */
#ifndef TESTS_MODEL_RIG_H
#define TESTS_MODEL_RIG_H

#include "sim/sgx/model.h"
#include "sim/sgx/test.h"
#include "tests/model/enclave.h"

#include <stdbool.h>
#include <stdint.h>

/* What happened, exit by exit. */
struct exit {
    uint32_t function;
    uint16_t vector;
    uint16_t error;
    uint64_t address;
    long rdi, rsi, rdx, rsp, r8, r9;
};

#define EXITS_MAX 64u

struct rig {
    uint64_t base;
    uint64_t tcs;
    struct exit exits[EXITS_MAX];
    unsigned count;
    bool reports;  /* exceptions go to the enclave's handler, then ERESUME */
    bool gives_up; /* the first exception ends the run */
};

extern struct rig rig;

/* Around all tests of a program. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* In a child process: fails the test unless `body` returns. */
void rig_run(void (*body)(void));

/* In the child: prints and ends it. */
#define CHECK(what) ((what) ? (void)0 : rig_fail(__FILE__, __LINE__, #what))
_Noreturn void rig_fail(const char *file, int line, const char *what);

/* Opens the model, makes the enclave and initialises it. */
void rig_start(void);

/* One entry: the enclave does `what`. 0, or what the vDSO's function returned. */
int rig_do(unsigned what, uint64_t rax, uint64_t rbx, uint64_t rcx, uint64_t rdx);

/* The data page. */
volatile uint64_t *rig_word(unsigned offset);
uint8_t *rig_data(unsigned offset);

/* EACCEPT or another leaf with SECINFO flags, in the enclave: its EAX, or -vector. */
long rig_leaf(unsigned leaf, uint64_t flags, uint64_t rcx, uint64_t rdx);

#endif
