/* SPDX-License-Identifier: Apache-2.0 */
/* Into the enclave of the model and out of it: registers, frames, and who may. What is
 * expected is the manual's [SDM 3D 36, 38], unless a test says otherwise. */
/* links: tests/model/rig.c tests/model/sign.c tests/model/enclave.S sim/sgx/entry.S */
/* links: sim/sgx/xstate.c sim/sgx/aex.c sim/sgx/driver.c sim/sgx/epcm.c sim/sgx/illegal.c sim/sgx/kernel.c */
/* links: sim/sgx/keys.c sim/sgx/leaf.c sim/sgx/leaf_accept.c sim/sgx/leaf_key.c sim/sgx/measure.c */
/* links: sim/sgx/memory.c sim/sgx/secs.c sim/sgx/signals.c sim/sgx/sigstruct.c sim/sgx/step.c */
/* links: sim/sgx/trap.c crypto/cmac.c crypto/digest.c base/wipe.c base/cur.c base/put.c */
/* links: host/newfile.c host/user_dir.c host/fault.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "tests/model/rig.h"

#include "sim/sgx/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t heap_page = ENCLAVE_HEAP;

TEST(enters_and_exits)
{
    rig_start();
    CHECK(rig_do(DO_NOTHING, 0, 0, 0, 0) == 0);
    CHECK(rig.count == 1);
    CHECK(rig.exits[0].function == SGX_EEXIT);
    CHECK(rig.exits[0].rdi == LEFT_DONE);
    CHECK(rig.exits[0].rsi == 2); /* passed through */
    CHECK((uint64_t)rig.exits[0].rsp == *rig_word(DATA_URSP));
    CHECK(*rig_word(DATA_CSSA) == 0);
    CHECK(*rig_word(DATA_FS) == rig.base + ENCLAVE_DATA);
    CHECK(*rig_word(DATA_EXIT) == (uintptr_t)model_exit_point);
    CHECK(model_counters()->eenter == 1 && model_counters()->eexit == 1);
}

TEST(syscall_is_undefined)
{
    rig_start();
    rig_report_to_handler(2);
    CHECK(rig_do(DO_SYSCALL, 39, 0, 0, 0) == 0);
    CHECK(rig.count == 3);
    CHECK(rig.exits[0].function == SGX_ERESUME); /* what ENCLU at AEP would do */
    CHECK(rig.exits[0].vector == 6 && rig.exits[0].error == 0 && rig.exits[0].address == 0);
    CHECK(rig.exits[1].rdi == LEFT_HANDLED && rig.exits[2].rdi == LEFT_DONE);
    CHECK(GPR(0)->rip == rig_place(enclave_syscall) + 2);
    CHECK(GPR(0)->rax == 39);
    CHECK(GPR(0)->exit_info == 0x80000306);
    CHECK(*rig_word(DATA_CSSA) == 1);
    CHECK(model_counters()->aex_syscall == 1 && model_counters()->eresume == 1);
}

/* SSA frame and ERESUME: every register as it was. */
TEST(registers_survive)
{
    rig_start();
    rig_fill();
    rig_report_to_handler(2);
    CHECK(rig_do(DO_REGISTERS, 0, 0, 0, 0) == 0);
    CHECK(rig.count == 3);
    CHECK(memcmp(rig_data(DATA_OUT), rig_data(DATA_IN), 128) == 0);
    CHECK(((*rig_word(DATA_OUT + 128) ^ *rig_word(DATA_IN + 128)) & 0xcd5) == 0);
    CHECK(memcmp(rig_data(DATA_YMM_OUT), rig_data(DATA_YMM_IN), 512) == 0);
    CHECK(*(uint32_t *)rig_data(DATA_MXCSR2) == 0x7f80);
    CHECK(memcmp(rig_data(DATA_OPERAND), "\x35\xc2\x68\x21\xa2\xda\x0f\xc9\x00\x40", 10) ==
          0); /* pi */
    if (*rig_word(DATA_AVX512) != 0) {
        CHECK(memcmp(rig_data(DATA_ZMM2), rig_data(DATA_ZMM), 64) == 0);
        CHECK(*rig_word(DATA_K2) == *rig_word(DATA_K));
    }
}

/* [SDM 35.9; SDM 1 13.4] */
TEST(frame_layout)
{
    rig_start();
    rig_fill();
    memset((void *)SSA, 0xee, 4096);
    rig.gives_up = true;
    CHECK(rig_do(DO_REGISTERS, 0, 0, 0, 0) == -5);
    const uint8_t *frame = (const uint8_t *)SSA;
    const uint8_t *g = frame + 4096 - 184;
    CHECK(memcmp(g, rig_data(DATA_IN), 128) == 0);
    uint64_t words[23];
    memcpy(words, g, 184);
    CHECK(((words[16] ^ *rig_word(DATA_IN + 128)) & 0xfd7) == 0); /* RFLAGS */
    CHECK(words[17] > rig.base && words[17] < rig.base + 4096);   /* RIP */
    CHECK(memcmp((const void *)words[17], "\x0f\x0b", 2) == 0);
    CHECK(words[18] == *rig_word(DATA_URSP));    /* URSP */
    CHECK((uint32_t)words[20] == 0x80000306);    /* EXITINFO */
    CHECK(words[21] == rig.base + ENCLAVE_DATA); /* FSBASE */
    CHECK(words[22] == rig.base + ENCLAVE_STACK);
    uint64_t header[3];
    memcpy(header, frame + 512, 24);
    CHECK(header[0] == 7 && header[1] == 0 && header[2] == 0);
    CHECK(memcmp(frame + 160, rig_data(DATA_YMM_IN), 16) == 0); /* XMM0 */
    CHECK(memcmp(frame + 576, rig_data(DATA_YMM_IN) + 16, 16) == 0);
    CHECK(memcmp(frame + 24, "\x80\x7f\x00\x00", 4) == 0);
    for (unsigned i = 832; i < 4096 - 184; i++) /* #UD has no EXINFO */
        CHECK(frame[i] == 0xee);
}

static bool holds(const uint8_t *at, size_t size, const uint8_t *what, size_t length)
{
    return memmem(at, size, what, length) != NULL;
}

/* Nothing of the enclave is left where the host would see it. */
TEST(registers_are_cleansed)
{
    stack_t stack;
    uint64_t r15;
    rig_start();
    rig_fill();
    rig.gives_up = true;
    CHECK(rig_do(DO_REGISTERS, 0, 0, 0, 0) == -5);
    CHECK(rig.exits[0].rdi == 6 && rig.exits[0].rsi == 0 && rig.exits[0].rdx == 0);
    CHECK(rig.exits[0].r8 == 0 && rig.exits[0].r9 == 0);
    r15 = 0x5e11000000000000u + 15 * 0x111111111u;
    sigaltstack(NULL, &stack);
    for (unsigned i = 0; i < 32; i++)
        CHECK(!holds(stack.ss_sp, stack.ss_size, rig_data(DATA_YMM_IN) + 16 * i, 16));
    CHECK(!holds(stack.ss_sp, stack.ss_size, (const uint8_t *)&r15, 8));
    CHECK(!holds((const uint8_t *)&model_cpu, sizeof(model_cpu), (const uint8_t *)&r15, 8));
    CHECK(!holds((const uint8_t *)&model_cpu, sizeof(model_cpu), rig_data(DATA_YMM_IN), 16));
}

TEST(vector_registers_are_initial_outside)
{
    uint8_t ymm[32] = {1};
    uint32_t mxcsr = 0;
    rig_start();
    rig_fill();
    rig.gives_up = true;
    /* without the handler: no code between the exit and the reading */
    struct sgx_enclave_run run = {.tcs = rig.base + ENCLAVE_TCS};
    *rig_word(DATA_WHAT) = DO_REGISTERS;
    CHECK(sgx_model.entry()(0, 0, 0, SGX_EENTER, 0, 0, &run) == 0);
    __asm__ volatile("vmovdqu %%ymm9, %0; stmxcsr %1" : "=m"(ymm), "=m"(mxcsr));
    for (unsigned i = 0; i < 32; i++)
        CHECK(ymm[i] == 0);
    CHECK(mxcsr == 0x1f80);
    CHECK(run.function == SGX_ERESUME && run.exception_vector == 6);
}

TEST(frames_nest)
{
    rig_start();
    rig_report_to_handler(2);
    *rig_word(DATA_NEST) = 2;
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == 0);
    /* #UD at 0, 1 and 2; handled at 3; ERESUME to 2, 1 and 0 */
    CHECK(model_counters()->aex_other == 3 && model_counters()->eresume == 3);
    CHECK(rig.exits[0].vector == 6 && rig.exits[1].vector == 6 && rig.exits[2].vector == 6);
    CHECK(rig.exits[rig.count - 1].rdi == LEFT_DONE);
    CHECK(rig_resume() == 13); /* CSSA is 0 */
}

/* CSSA = NSSA: no more EENTER [SDM 38.4 EENTER]. */
TEST(frames_end)
{
    rig_start();
    rig.gives_up = true;
    for (unsigned i = 0; i < 4; i++) {
        *rig_word(DATA_NEST) = 9;
        CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
        CHECK(rig.exits[0].function == SGX_ERESUME);
        CHECK(rig.exits[0].vector == 6 && *rig_word(DATA_CSSA) == i);
    }
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
    CHECK(rig.exits[0].function == SGX_EENTER && rig.exits[0].vector == 13);
    CHECK(*rig_word(DATA_CSSA) == 3);
}

static int enter(uint64_t tcs)
{
    struct sgx_enclave_run run = {.tcs = tcs};
    *rig_word(DATA_WHAT) = DO_NOTHING;
    CHECK(sgx_model.entry()(0, 0, 0, SGX_EENTER, 0, 0, &run) == 0);
    if (run.function == SGX_EEXIT)
        return 0;
    CHECK(run.function == SGX_EENTER);
    return run.exception_vector << 16 | run.exception_error_code;
}

TEST(entry_checks)
{
    rig_start();
    CHECK(enter(rig.base + ENCLAVE_TCS + 8) == 13 << 16);
    CHECK(enter(rig.base + ENCLAVE_DATA) >> 16 == 14);
    CHECK(enter(rig.base + heap_page) >> 16 == 14);
    CHECK(enter(0x1000) >> 16 == 14);
    CHECK(enter(rig.base + ENCLAVE_TCS) == 0);
    thread_at(rig.base + ENCLAVE_TCS)->active = true; /* as if another CPU were in it */
    CHECK(enter(rig.base + ENCLAVE_TCS) == 13 << 16);
    CHECK(enter(rig.base + ENCLAVE_TCS2) == 0);
    struct sgx_enclave_run run = {.tcs = rig.base + ENCLAVE_TCS};
    CHECK(sgx_model.entry()(0, 0, 0, SGX_EEXIT, 0, 0, &run) == -22);
    run.reserved[215] = 1;
    CHECK(sgx_model.entry()(0, 0, 0, SGX_EENTER, 0, 0, &run) == -22);
}

/* The frame's state is the enclave's to change, within limits [SDM 38.4 ERESUME]. */
TEST(resume_checks)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
    struct sgx_gpr good = *GPR(0);
    GPR(0)->rip = 1ull << 63;
    CHECK(rig_resume() == 13);
    *GPR(0) = good;
    GPR(0)->fsbase = 1ull << 50;
    CHECK(rig_resume() == 13);
    *GPR(0) = good;
    ((uint64_t *)SSA)[64] = 8; /* XSTATE_BV beyond XFRM */
    CHECK(rig_resume() == 13);
    ((uint64_t *)SSA)[64] = 7;
    ((uint64_t *)SSA)[65] = 1; /* XCOMP_BV */
    CHECK(rig_resume() == 13);
    ((uint64_t *)SSA)[65] = 0;
    ((uint32_t *)SSA)[6] = 0x10000; /* MXCSR */
    CHECK(rig_resume() == 13);
    ((uint32_t *)SSA)[6] = 0x1f80;
    GPR(0)->rflags |= 0x3100; /* neither TF nor IOPL come in */
    GPR(0)->rip += 2;
    CHECK(rig_resume() == 0);
    CHECK(rig_resume() == 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enters_and_exits),
        cmocka_unit_test(syscall_is_undefined),
        cmocka_unit_test(registers_survive),
        cmocka_unit_test(frame_layout),
        cmocka_unit_test(registers_are_cleansed),
        cmocka_unit_test(vector_registers_are_initial_outside),
        cmocka_unit_test(frames_nest),
        cmocka_unit_test(frames_end),
        cmocka_unit_test(entry_checks),
        cmocka_unit_test(resume_checks),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
