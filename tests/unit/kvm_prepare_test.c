/* SPDX-License-Identifier: Apache-2.0 */
/* Starts of machines in which one call of the kernel's fails, each in turn, for a keep and for
 * the probe: what failed is told, nothing else is tried, and neither process, nor descriptor,
 * nor machine is left. Where no call fails the answers are made up here, so that this needs no
 * KVM: it shows what we do about failures, and nothing of KVM itself. */
#define clock_ms stopped_clock /* nobody loses patience where the machine is slow */
#include "host/kvm/probe.c"
#undef clock_ms

/* links: host/kvm/keep.c host/kvm/vm.c host/kvm/room.c host/kvm/interrupt.c host/kvm/turn.c */
/* links: host/kvm/floor.c host/kvm/window.c host/kvm/statement.c host/kvm/statistics.c host/inside.c host/probe.c */
/* links: host/keep.c host/usher.c host/usher_order.c host/usher_rules.c host/place.c */
/* links: host/endpoint.c host/fault.c host/signals.c host/clock.c host/sandbox.c */
/* links: host/port_host.c host/port_usher.c host/handles.c shim/core/shared.c */
/* links: base/cur.c base/put.c base/escape.c base/wipe.c tests/unit/descriptors.c tests/unit/kvm_kernel.c */
/* libs: -lseccomp -Wl,--wrap=open,--wrap=ioctl,--wrap=mmap,--wrap=madvise,--wrap=calloc */
/* libs: -Wl,--wrap=sigaction,--wrap=pipe2,--wrap=fork */
#include "host/kvm/keep.h"
#include "host/kvm/room.h"
#include "host/signals.h"
#include "tests/unit/descriptors.h"
#include "tests/unit/kvm_kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

/* ---- what a start calls, in its order ---- */

struct step {
    const char *call;
    const char *says; /* when it fails; null: it goes on without */
};

#define PROCESSOR_STATE "its processor's state"

/* Making a machine, which the probe does too. */
#define MACHINE                                                                                   \
    {"open", "/dev/kvm"}, {"KVM_CREATE_VM", "making a virtual machine"},                          \
        {"KVM_SET_IDENTITY_MAP_ADDR", "the machine's spare pages"},                               \
        {"KVM_SET_TSS_ADDR", "the machine's spare pages"}, {"mmap", "memory for the shim"},       \
        {"madvise", NULL}, {"madvise", NULL}, {"KVM_SET_USER_MEMORY_REGION", "giving it memory"}, \
        {"KVM_GET_VCPU_MMAP_SIZE", "making its processor"},                                       \
        {"KVM_CREATE_VCPU", "making its processor"}, {"mmap", PROCESSOR_STATE},                   \
        {"calloc", "memory"}, {"KVM_GET_SUPPORTED_CPUID", "its processor's features"},            \
        {"KVM_SET_CPUID2", "its processor's features"},                                           \
        {"KVM_SET_XCRS", PROCESSOR_STATE ": x87, SSE and AVX"},                                   \
        {"KVM_GET_SREGS", PROCESSOR_STATE}, {"KVM_SET_SREGS", PROCESSOR_STATE},                   \
    {                                                                                             \
        "KVM_SET_REGS", PROCESSOR_STATE                                                           \
    }
/* Whether it is ignored, then its handler. */
#define SIGNAL \
    {"sigaction", "handlers of signals"}, { "sigaction", "handlers of signals" }

static const struct step of_a_keep[] = {
    MACHINE,
    {"mmap", "addresses for its memory"},
    {"madvise", NULL},
    {"madvise", NULL},
    {"KVM_SET_USER_MEMORY_REGION", "giving it memory"},
    {"KVM_GET_STATS_FD", NULL},
    SIGNAL,
    SIGNAL,
    SIGNAL,
    SIGNAL,
};

static const struct step of_the_probe[] = {
    {"pipe2", "no pipe for it"},
    {"fork", "no process for it"},
    MACHINE,
    {"KVM_RUN", "running it"},
};

uint64_t stopped_clock(void) { return 0; }

static const int errors[] = {ENOMEM, EMFILE, ENOSPC, EINVAL};

/* ---- starts ---- */

static uint8_t file[4096];
static const struct keep asked = {.boot = {.memory_size = 64 << 20, .cpus = 1}, .code_fd = -1};

struct bytes kvm_shim_file(void) { return (struct bytes){file, sizeof(file)}; }
struct bytes exec_image_tree(void) { return (struct bytes){file, 64}; }

extern const uint8_t shim_kvm_digest[32];
const uint8_t shim_kvm_digest[32] = {0};

int exec_image_open(struct elf_image *image)
{
    image->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return image->fd < 0 ? -errno : 0;
}

static int prepare(struct keep *keep)
{
    kernel->armed = true;
    const int error = kvm_prepare(keep);
    kernel->armed = false;
    return error;
}

static no_return void enter(maybe_unused struct keep *keep)
{
    kernel->entered = true;
    _exit(0);
}

/* What it says on standard error. */
static void start_keep(char *said, size_t size)
{
    const struct backend backend = {.prepare = prepare, .enter = enter};
    struct keep keep = asked;
    struct outcome outcome = {.ending = ENDED_EXIT};
    const int log = memfd_create("log", MFD_CLOEXEC);
    const int was = dup(STDERR_FILENO);
    assert_true(log >= 0 && was >= 0 && dup2(log, STDERR_FILENO) >= 0);
    const int error = keep_run(&backend, &keep, &outcome);
    dup2(was, STDERR_FILENO);
    close(was);
    const ssize_t n = pread(log, said, size - 1, 0);
    close(log);
    said[n > 0 ? n : 0] = '\0';
    assert_int_equal(error, 0);
    assert_int_equal(outcome.ending, ENDED_FAILED); /* enter() reports no end either */
}

/* Nobody's child lives on: those of children would be ours. */
static void nothing_is_left(size_t descriptors)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(count_descriptors(), descriptors);
}

/* The call in question failed, and was the last when nothing goes on without it. */
static void failed_as(const struct step *step, uint32_t nth)
{
    assert_non_null(kernel->failed);
    assert_string_equal(kernel->failed, step->call);
    if (step->says != NULL)
        assert_int_equal(kernel->calls, nth + 1);
}

static void a_keep_fails(uint32_t nth, int error)
{
    char said[512];
    char expected[256] = "";
    const struct step *step = &of_a_keep[nth];
    const size_t descriptors = count_descriptors();
    kernel_set(nth, error);
    start_keep(said, sizeof(said));
    failed_as(step, nth);
    assert_int_equal(kernel->entered, step->says == NULL);
    if (step->says != NULL)
        snprintf(expected, sizeof(expected), "enarx: cannot start the keep: %s: %s\n", step->says,
                 strerror(strcmp(step->call, "calloc") == 0 ? ENOMEM : error));
    assert_string_equal(said, expected);
    nothing_is_left(descriptors);
}

static void each_call_of_a_keep(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(errors); i++) {
        for (uint32_t nth = 0; nth < ARRAY_COUNT(of_a_keep); nth++)
            a_keep_fails(nth, errors[i]);
    }
}

/* So there was no other call to fail. */
static void a_keep_whose_calls_are_answered_begins(void **state)
{
    (void)state;
    char said[512];
    const size_t descriptors = count_descriptors();
    kernel_set(KERNEL_NONE, 0);
    start_keep(said, sizeof(said));
    assert_string_equal(said, "");
    assert_true(kernel->entered);
    assert_int_equal(kernel->calls, ARRAY_COUNT(of_a_keep));
    nothing_is_left(descriptors);
}

/* HO5: no address leads to more of the host's memory than these. */
static void it_has_two_slots(void **state)
{
    (void)state;
    char said[512];
    kernel_set(KERNEL_NONE, 0);
    start_keep(said, sizeof(said));
    assert_int_equal(kernel->slots, 2);
    assert_int_equal(kernel->slot[0].guest_phys_addr, KVM_KEEP_IMAGE);
    assert_int_equal(kernel->slot[0].memory_size, KVM_KEEP_FIRST_SIZE);
    assert_int_equal(kernel->slot[1].guest_phys_addr, KVM_KEEP_MEMORY);
    assert_int_equal(kernel->slot[1].memory_size, kvm_room(asked.boot.memory_size, 0));
    assert_int_not_equal(kernel->slot[0].slot, kernel->slot[1].slot);
}

/* All that the processor has but what makes machines. */
static void it_makes_no_machines_of_its_own(void **state)
{
    (void)state;
    char said[512];
    kernel_set(KERNEL_NONE, 0);
    start_keep(said, sizeof(said));
    assert_int_equal(kernel->leaves, 4);
    assert_int_equal(kernel->leaf[0].ecx, UINT32_MAX);
    assert_int_equal(kernel->leaf[1].ecx, UINT32_MAX & ~(1u << 5)); /* VMX */
    assert_int_equal(kernel->leaf[1].edx, UINT32_MAX);
    assert_int_equal(kernel->leaf[2].ecx, UINT32_MAX);
    assert_int_equal(kernel->leaf[3].ecx, UINT32_MAX & ~(1u << 2)); /* SVM */
    assert_int_equal(kernel->leaf[3].edx, UINT32_MAX);
}

static struct probe probed(void)
{
    struct probe row;
    kernel->armed = true;
    assert_int_equal(probe_guest(&row), 1);
    kernel->armed = false;
    return row;
}

static void the_probe_fails(uint32_t nth, int error)
{
    char expected[256] = "works";
    const struct step *step = &of_the_probe[nth];
    const size_t descriptors = count_descriptors();
    kernel_set(nth, error);
    const struct probe row = probed();
    failed_as(step, nth);
    assert_int_equal(row.ok, step->says == NULL);
    if (step->says != NULL)
        snprintf(expected, sizeof(expected), "%s: %s", step->says,
                 strerror(strcmp(step->call, "calloc") == 0 ? ENOMEM : error));
    assert_string_equal(row.why, expected);
    nothing_is_left(descriptors);
}

static void each_call_of_the_probe(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(errors); i++) {
        for (uint32_t nth = 0; nth < ARRAY_COUNT(of_the_probe); nth++)
            the_probe_fails(nth, errors[i]);
    }
    kernel_set(KERNEL_NONE, 0);
    assert_true(probed().ok);
    assert_int_equal(kernel->calls, ARRAY_COUNT(of_the_probe));
}

/* Whoever runs us may ignore some, and so would a keep. */
static void ignore_no_signal(void)
{
    for (int number = 1; number < NSIG; number++) {
        if (signals_has(number))
            (void)signal(number, SIG_DFL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_of_a_keep),
        cmocka_unit_test(a_keep_whose_calls_are_answered_begins),
        cmocka_unit_test(it_has_two_slots),
        cmocka_unit_test(it_makes_no_machines_of_its_own),
        cmocka_unit_test(each_call_of_the_probe),
    };
    kernel_open();
    ignore_no_signal();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
