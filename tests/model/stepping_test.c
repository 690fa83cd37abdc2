/* SPDX-License-Identifier: Apache-2.0 */
/* The enclave of the model amid signals, step by step, and with its memory taken away. */
/* links: tests/model/rig.c tests/model/sign.c tests/model/enclave.S sim/sgx/entry.S */
/* links: sim/sgx/xstate.c sim/sgx/aex.c sim/sgx/driver.c sim/sgx/epcm.c sim/sgx/illegal.c sim/sgx/kernel.c */
/* links: sim/sgx/keys.c sim/sgx/leaf.c sim/sgx/leaf_accept.c sim/sgx/leaf_key.c sim/sgx/measure.c */
/* links: sim/sgx/memory.c sim/sgx/secs.c sim/sgx/signals.c sim/sgx/sigstruct.c sim/sgx/step.c */
/* links: sim/sgx/trap.c crypto/cmac.c crypto/digest.c base/wipe.c base/cur.c base/put.c */
/* links: host/newfile.c host/user_dir.c host/fault.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "tests/model/rig.h"

#include "sim/sgx/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* No TF trap, no lost count: an interrupt is not seen by anybody. */
TEST(interrupts)
{
    const struct itimerval often = {{0, 200}, {0, 200}};
    const struct itimerval never = {0};
    rig_start();
    model_set_interrupts(true);
    setitimer(ITIMER_REAL, &often, NULL);
    CHECK(rig_do(DO_SPIN, 0, 0, 300000000, 0) == 0);
    setitimer(ITIMER_REAL, &never, NULL);
    CHECK(rig.count == 1 && *rig_word(DATA_RAX) == 300000000);
    CHECK(model_counters()->aex_interrupt > 10);
    CHECK(model_counters()->aex_interrupt == model_counters()->eresume);
    CHECK(GPR(0)->exit_info == 0);
    model_set_interrupts(false);
}

static void breakpoint_body(void)
{
    rig_start();
    rig_do(DO_BREAK, 0, 0, 0, 0);
}

static int died_of(void (*body)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

/* The vDSO never gets #BP [Linux asm/sgx.h]. */
static void breakpoint(void **state)
{
    (void)state;
    assert_int_equal(died_of(breakpoint_body), SIGTRAP);
}

static void killed_body(void)
{
    const struct itimerval once = {{0, 0}, {0, 20000}};
    rig_start();
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &once, NULL);
    rig_do(DO_SPIN, 0, 0, 1ull << 60, 0);
}

static void segv_sent_body(void)
{
    rig_start();
    pid_t parent = getpid();
    if (fork() == 0) {
        usleep(20000);
        kill(parent, SIGSEGV);
        _exit(0);
    }
    rig_do(DO_SPIN, 0, 0, 1ull << 60, 0);
}

static void signals_end_it(void **state)
{
    (void)state;
    assert_int_equal(died_of(killed_body), SIGALRM);
    assert_int_equal(died_of(segv_sent_body), SIGSEGV);
}

static void strict_body(void)
{
    rig_start();
    CHECK(rig_do(DO_NOTHING, 0, 0, 0, 0) == 0);
    model_set_strict(true);
    (void)*rig_word(DATA_EXIT);
}

static void strict_code_body(void)
{
    rig_start();
    model_set_strict(true);
    (void)*(volatile uint8_t *)rig.base;
}

/* While outside, the enclave's memory is not there; inside, all works. */
static void strict_mode(void **state)
{
    (void)state;
    assert_int_equal(died_of(strict_body), SIGSEGV);
    assert_int_equal(died_of(strict_code_body), SIGSEGV);
}

static int handle_strictly(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                           struct sgx_enclave_run *run)
{
    (void)rsi, (void)rdx, (void)rsp, (void)r8, (void)r9;
    rig.count++;
    if (run->function != SGX_EEXIT)
        return SGX_EENTER;
    return rdi == LEFT_HANDLED ? SGX_ERESUME : 0;
}

static void strict_round_body(void)
{
    rig_start();
    rig_fill();
    *rig_word(DATA_SKIP) = 2;
    *rig_word(DATA_WHAT) = DO_REGISTERS;
    model_set_strict(true);
    struct sgx_enclave_run run = {.tcs = rig.base + ENCLAVE_TCS,
                                  .user_handler = (uintptr_t)handle_strictly};
    CHECK(sgx_model.entry()(1, 2, 3, SGX_EENTER, 8, 9, &run) == 0);
    CHECK(rig.count == 3);
    model_set_strict(false);
    memory_sync(0, 16, SGX_W);
    CHECK(memcmp(rig_data(DATA_OUT), rig_data(DATA_IN), 128) == 0);
    CHECK(memcmp(rig_data(DATA_YMM_OUT), rig_data(DATA_YMM_IN), 512) == 0);
}

static void strict_round(void **state)
{
    (void)state;
    rig_run(strict_round_body);
}

TEST(stepping_sees_cpuid)
{
    rig_start();
    rig.gives_up = true;
    if (!model_cpuid_faults())
        CHECK(rig_do(DO_CPUID, 0, 0, 0, 0) == 0);
    model_set_stepping(true);
    CHECK(model_cpuid_faults());
    CHECK(rig_do(DO_CPUID, 5, 0, 0, 0) == -5);
    CHECK(rig.exits[0].vector == 6);
    CHECK(GPR(0)->rip == rig_place(enclave_cpuid) && GPR(0)->rax == 5);
    CHECK((GPR(0)->rflags & 0x100) == 0);
}

TEST(stepping_hides)
{
    rig_start();
    model_set_stepping(true);
    CHECK(rig_do(DO_FLAGS, 0, 0, 0, 0) == 0);
    CHECK((*rig_word(DATA_RAX) & 0x100) == 0 && (*rig_word(DATA_FLAGS) & 0x100) == 0);
    CHECK(rig_do(DO_SPIN, 0, 0, 100, 0) == 0 && *rig_word(DATA_RAX) == 100);
    CHECK(model_counters()->traps > 300); /* still stepping */
}

/* What comes first after ERESUME is looked at as well. */
TEST(stepping_looks_ahead)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
    model_set_stepping(true);
    GPR(0)->rip = rig_place(enclave_cpuid);
    CHECK(rig_resume() == 6);
    CHECK(GPR(0)->rip == rig_place(enclave_cpuid));
}

static void outside(void) {}

TEST(stepping_keeps_inside)
{
    rig_start();
    rig.gives_up = true;
    model_set_stepping(true);
    CHECK(rig_do(DO_CALL, 0, 0, (uintptr_t)outside, 0) == -5);
    CHECK(rig.exits[0].vector == 13 && GPR(0)->rip == (uintptr_t)outside);
}

TEST(syscall_in_stepping)
{
    rig_start();
    model_set_stepping(true);
    rig_report_to_handler(2);
    CHECK(rig_do(DO_SYSCALL, 39, 0, 0, 0) == 0);
    CHECK(rig.exits[0].vector == 6 && GPR(0)->rip == rig_place(enclave_syscall) + 2);
}

/* An interrupt at every instruction, as a hostile kernel can arrange. */
TEST(single_step_attack)
{
    rig_start();
    rig_fill();
    rig_report_to_handler(2);
    model_set_stepping(true);
    model_set_single_step_attack(1);
    CHECK(rig_do(DO_REGISTERS, 0, 0, 0, 0) == 0);
    CHECK(rig.count == 3 && model_counters()->aex_interrupt > 100);
    CHECK(memcmp(rig_data(DATA_OUT), rig_data(DATA_IN), 128) == 0);
    CHECK(memcmp(rig_data(DATA_YMM_OUT), rig_data(DATA_YMM_IN), 512) == 0);
    if (*rig_word(DATA_AVX512) != 0)
        CHECK(memcmp(rig_data(DATA_ZMM2), rig_data(DATA_ZMM), 64) == 0);
}

static uint64_t fake_syscall(void)
{
    uint64_t result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(39) : "rcx", "r11", "memory");
    return result;
}

/* Code outside that runs in enclave mode is found at its first system call. */
TEST(outside_code_is_found)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_CALL, 0, 0, (uintptr_t)fake_syscall, 0) == -5);
    CHECK(rig.exits[0].vector == 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupts),
        cmocka_unit_test(breakpoint),
        cmocka_unit_test(signals_end_it),
        cmocka_unit_test(strict_mode),
        cmocka_unit_test(strict_round),
        cmocka_unit_test(stepping_sees_cpuid),
        cmocka_unit_test(stepping_hides),
        cmocka_unit_test(stepping_looks_ahead),
        cmocka_unit_test(stepping_keeps_inside),
        cmocka_unit_test(syscall_in_stepping),
        cmocka_unit_test(single_step_attack),
        cmocka_unit_test(outside_code_is_found),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
