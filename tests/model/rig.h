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

/* A test whose body runs so. */
#define TEST(name)                 \
    static void name##_body(void); \
    static void name(void **state) \
    {                              \
        (void)state;               \
        rig_run(name##_body);      \
    }                              \
    static void name##_body(void)

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

/* Its first frames [SDM 35.9]. */
#define SSA       (rig.base + ENCLAVE_SSA)
#define GPR(n)    ((struct sgx_gpr *)(SSA + ((n) + 1) * 4096 - sizeof(struct sgx_gpr)))
#define EXINFO(n) ((struct sgx_exinfo *)((uint8_t *)GPR(n) - sizeof(struct sgx_exinfo)))

/* Where something of the image lies in the enclave. */
uint64_t rig_place(const uint8_t *in_image);

/* The enclave's handler gets exceptions, and goes on so many bytes further. */
void rig_report_to_handler(uint64_t skip);

/* Every register that DO_REGISTERS loads is to have a value of its own. */
void rig_fill(void);

/* ERESUME: 0 when it came to an exit, or the vector. */
int rig_resume(void);

/* EACCEPT or another leaf with SECINFO flags, in the enclave: its EAX, or -vector. */
long rig_leaf(unsigned leaf, uint64_t flags, uint64_t rcx, uint64_t rdx);

#endif
