/* SPDX-License-Identifier: Apache-2.0 */
/* The probe's guest: how it ends becomes a row, and one that does not end is killed. The
 * machine is a fake that each test makes. Its user's time passes only while the guest hangs:
 * however slow this machine is, a guest that comes to its end is waited for. */
#include "host/kvm/probe.c"

/* links: host/probe.c host/kvm/floor.c host/kvm/turn.c */
/* libs: -Wl,--wrap=poll */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static int open_result, run_result;
static struct kvm_left run_left;
static enum { COMES_BACK, COMES_LATE, HANGS, COMPUTES } run_does;
static uint64_t now;

uint64_t clock_ms(void) { return now; }

int __real_poll(struct pollfd *rows, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *rows, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *rows, nfds_t count, int timeout)
{
    if (run_does != HANGS)
        return __real_poll(rows, count, -1);
    now += (uint64_t)timeout;
    return 0;
}

int kvm_vm_open(struct kvm_vm *vm, struct bytes shim, uint64_t memory_size)
{
    assert_int_equal(memory_size, 0);
    (void)shim;
    *vm = (struct kvm_vm){.failed = open_result < 0 ? "making a virtual machine" : NULL};
    return open_result;
}

int kvm_vm_run(struct kvm_vm *vm, struct kvm_left *left)
{
    (void)vm;
    if (run_does == COMES_LATE)
        usleep(2 * TIME_LIMIT_MS * 1000);
    if (run_does == HANGS)
        pause();
    for (volatile unsigned i = 0; run_does == COMPUTES; i++)
        ;
    *left = run_left;
    return run_result;
}

struct bytes kvm_shim_file(void) { return (struct bytes){0}; }

static int set_up(void **state)
{
    (void)state;
    open_result = run_result = 0;
    alarm(60); /* a probe that waits for ever fails */
    run_does = COMES_BACK;
    now = 1;
    run_left = (struct kvm_left){.reason = KVM_EXIT_IO,
                                 .out = true,
                                 .port = KVM_KEEP_PORT,
                                 .size = 4,
                                 .count = 1,
                                 .value = KVM_KEEP_EXIT_DEAD | KVM_KEEP_STOP_ENDED << 8};
    return 0;
}

static struct probe probed(void)
{
    struct probe row;
    assert_int_equal(probe_guest(&row), 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no process is left */
    return row;
}

static void a_guest_that_comes_back_is_well(void **state)
{
    (void)state;
    const struct probe row = probed();
    assert_true(row.ok);
    assert_string_equal(row.why, "works");
}

static void a_guest_that_does_not_is_told(void **state)
{
    (void)state;
    run_left.value = KVM_KEEP_EXIT_DEAD | KVM_KEEP_STOP_CPU << 8;
    struct probe row = probed();
    assert_false(row.ok);
    assert_non_null(strstr(row.why, "the processor lacks what a keep needs"));
    run_left = (struct kvm_left){.reason = KVM_EXIT_SHUTDOWN};
    row = probed();
    assert_false(row.ok);
    assert_non_null(strstr(row.why, "triple fault"));
    run_result = -EINVAL;
    row = probed();
    assert_false(row.ok);
    assert_non_null(strstr(row.why, "running it: Invalid argument"));
}

static void a_machine_that_cannot_be_made_is_told(void **state)
{
    (void)state;
    open_result = -ENOMEM;
    const struct probe row = probed();
    assert_false(row.ok);
    assert_non_null(strstr(row.why, "making a virtual machine: Cannot allocate memory"));
}

/* It was not its turn on the processor, or the machine's kernel had other things to do. */
static void one_that_is_late_is_well(void **state)
{
    (void)state;
    run_does = COMES_LATE;
    assert_true(probed().ok);
}

static void one_that_hangs_is_killed(void **state)
{
    (void)state;
    run_does = HANGS;
    const struct probe row = probed();
    assert_false(row.ok);
    assert_non_null(strstr(row.why, "none in 250 ms"));
    assert_int_equal(now, 1 + PATIENCE_MS);
}

static uint64_t used_ms(void)
{
    struct rusage u;
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &u), 0);
    return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
           (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

/* Before its user's patience is: by the time on the processor that it has used. */
static void one_that_computes_is_ended(void **state)
{
    (void)state;
    run_does = COMPUTES;
    const uint64_t before = used_ms();
    assert_false(probed().ok);
    assert_in_range(used_ms() - before, TIME_LIMIT_MS / 2, PATIENCE_MS - 1);
    assert_int_equal(now, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_guest_that_comes_back_is_well, set_up),
        cmocka_unit_test_setup(a_guest_that_does_not_is_told, set_up),
        cmocka_unit_test_setup(a_machine_that_cannot_be_made_is_told, set_up),
        cmocka_unit_test_setup(one_that_is_late_is_well, set_up),
        cmocka_unit_test_setup(one_that_hangs_is_killed, set_up),
        cmocka_unit_test_setup(one_that_computes_is_ended, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
