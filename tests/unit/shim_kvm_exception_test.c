/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of exceptions and calls before the core sees them, and the probe. */
/* links: shim/kvm/exception.c shim/kvm/probe.c shim/x86/cpuid.c tests/unit/shim_kvm.c */
#include "shim/kvm/probe.h"
#include "shim/kvm/statement.h"
#include "tests/unit/shim_kvm.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UD 6u
#define GP 13u

struct frame kvm_frame;
struct kernel kvm_kernel;
const uint8_t kvm_probe_gate[1] = {0};

static const uint8_t *code; /* at rip; null: exec may not read there */
static struct fault told;
static unsigned faults, calls, ports, clocks;

int user_read(struct kernel *k, uint64_t from, void *to, size_t size)
{
    (void)k;
    (void)from;
    if (code == NULL)
        return -14;
    memcpy(to, code, size);
    return 0;
}

void kernel_fault(struct kernel *k, struct frame *f, const struct fault *x)
{
    (void)k;
    (void)f;
    faults++;
    told = *x;
}

void kernel_syscall(struct kernel *k, struct frame *f)
{
    (void)k;
    (void)f;
    calls++;
}

int64_t kernel_port(struct kernel *k, const struct port_call *call)
{
    (void)k;
    ports++;
    return (int64_t)(uint64_t)call + 1;
}

uint64_t clock_now(struct kernel *k, enum port_clock which)
{
    (void)k;
    clocks++;
    return 100 + (uint64_t)which;
}

int64_t statement_make(struct kernel *k, uint64_t report_data, uint64_t to, uint64_t size)
{
    (void)k;
    return (int64_t)(report_data * 100 + to * 10 + size);
}

struct cpuid machine_cpuid(uint32_t leaf, uint32_t subleaf) { return cpuid_answer(leaf, subleaf); }

static uint32_t vector_after(uint32_t vector, uint32_t error, const uint8_t *bytes)
{
    code = bytes;
    kvm_exception(vector, error, 0x1234);
    return told.vector;
}

static void cpuid_is_what_it_is_in_an_enclave(void **state)
{
    (void)state;
    static const uint8_t cpuid[] = {0x0f, 0xa2};
    static const uint8_t other[] = {0x0f, 0xa3};
    assert_int_equal(vector_after(GP, 0, cpuid), UD);
    assert_int_equal(vector_after(GP, 8, cpuid), GP);
    assert_int_equal(vector_after(GP, 0, other), GP);
    assert_int_equal(vector_after(GP, 0, NULL), GP);
    assert_int_equal(vector_after(14, 0, cpuid), 14);
    assert_int_equal(told.address, 0x1234);
    assert_int_equal(vector_after(UD, 0, other), UD);
}

static void calls_go_where_they_belong(void **state)
{
    (void)state;
    kvm_frame = (struct frame){.rax = KVM_CALL_PORT, .rdi = 41};
    kvm_call();
    assert_int_equal(kvm_frame.rax, 42);
    kvm_frame = (struct frame){.rax = KVM_CALL_CLOCK, .rdi = PORT_CLOCK_MONOTONIC};
    kvm_call();
    assert_int_equal(kvm_frame.rax, 101);
    kvm_frame = (struct frame){.rax = KVM_CALL_CLOCK, .rdi = 7777};
    kvm_call();
    assert_int_equal(kvm_frame.rax, 101);
    kvm_frame = (struct frame){.rax = KVM_CALL_EVIDENCE, .rdi = 1, .rsi = 2, .rdx = 3};
    kvm_call();
    assert_int_equal(kvm_frame.rax, 123);
    kvm_frame = (struct frame){.rax = KVM_CALL_PROBED};
    kvm_call();
    assert_int_equal(calls, 1);
    assert_int_equal(ports, 1);
    assert_int_equal(clocks, 2);
}

/* The last test: from here on the shim is one of a probe. */
static void a_probe_goes_one_way(void **state)
{
    (void)state;
    const unsigned before = faults;
    probe_start(&kvm_frame);
    kvm_frame.rax = KVM_CALL_PROBED; /* without the exception */
    assert_int_equal(STOPPED(kvm_call()), KVM_KEEP_STOP_CPU);
    probe_start(&kvm_frame);
    assert_int_equal(STOPPED(kvm_exception(14, 0, 0)), KVM_KEEP_STOP_CPU);
    probe_start(&kvm_frame);
    const uint64_t rip = kvm_frame.rip;
    assert_int_equal(STOPPED(kvm_exception(GP, 0, 0)), -1);
    assert_int_equal(kvm_frame.rip, rip + 2);
    assert_int_equal(STOPPED(kvm_exception(GP, 0, 0)), KVM_KEEP_STOP_CPU); /* twice */
    kvm_frame.rax = KVM_CALL_PROBED;
    assert_int_equal(STOPPED(kvm_call()), KVM_KEEP_STOP_ENDED);
    kvm_frame.rbx = 0; /* the processor's own answer */
    assert_int_equal(STOPPED(kvm_call()), KVM_KEEP_STOP_CPU);
    assert_int_equal(faults, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpuid_is_what_it_is_in_an_enclave),
        cmocka_unit_test(calls_go_where_they_belong),
        cmocka_unit_test(a_probe_goes_one_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
