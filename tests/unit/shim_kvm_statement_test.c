/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's statement against a host that lies: only one with the report data that was
 * asked for counts. */
/* links: shim/kvm/statement.c shim/core/port.c shim/core/shared.c base/cur.c */
#include "shim/kvm/statement.h"

#include "base/attr.h"
#include "include/kvm_keep.h"
#include "shim/core/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t block_memory[PORT_BLOCK_SIZE] aligned_to(4096);
static struct kernel kernel = {.block = (struct shared *)block_memory};

static struct {
    int64_t result; /* 0: as it should be */
    size_t flip;    /* byte of the statement that is changed; SIZE_MAX: none */
    unsigned calls;
} host;

static uint8_t data[REPORT_DATA_BYTES] = {1, 2, 3, [63] = 4};
static struct kvm_statement got;
static bool unreadable, unwritable;

int user_read(struct kernel *k, uint64_t from, void *to, size_t size)
{
    (void)k;
    if (unreadable)
        return -EFAULT;
    memcpy(to, (const void *)from, size);
    return 0;
}

int user_write(struct kernel *k, uint64_t to, const void *from, size_t size)
{
    (void)k;
    if (unwritable)
        return -EFAULT;
    memcpy((void *)to, from, size);
    return 0;
}

no_return void port_attacked(uint32_t verb, int64_t result)
{
    fail_msg("verb %u: %lld", verb, (long long)result);
    abort();
}

void port_enter(struct shared *at)
{
    struct port_frame frame;
    struct kvm_statement s = {
        .magic = KVM_STATEMENT_MAGIC, .version = KVM_STATEMENT_VERSION, .measurement = {9}};
    shared_read(at, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    assert_int_equal(frame.verb, PORT_QUOTE);
    assert_int_equal(frame.in_size, sizeof(s.report_data));
    assert_int_equal(frame.out_size, sizeof(s));
    shared_read(at, PORT_DATA_OFFSET, s.report_data, sizeof(s.report_data));
    if (host.flip < sizeof(s))
        ((uint8_t *)&s)[host.flip] ^= 1;
    shared_write(at, PORT_DATA_OFFSET + 64, &s, sizeof(s));
    const int64_t result = host.result != 0 ? host.result : (int64_t)sizeof(s);
    shared_write(at, PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &result,
                 sizeof(result));
    host.calls++;
}

static int64_t make(size_t size)
{
    memset(&got, 0, sizeof(got));
    return statement_make(&kernel, (uint64_t)data, (uint64_t)&got, size);
}

static int prepare(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.flip = SIZE_MAX;
    unreadable = unwritable = false;
    return 0;
}

static void it_carries_what_was_asked_for(void **state)
{
    (void)state;
    assert_int_equal(make(sizeof(got)), sizeof(got));
    assert_memory_equal(got.magic, "ENARXKVM", 8);
    assert_memory_equal(got.report_data, data, sizeof(data));
    assert_int_equal(got.measurement[0], 9);
    assert_int_equal(make(65536), sizeof(got));
}

static void another_one_is_none(void **state)
{
    (void)state;
    const struct kvm_statement nothing = {.version = 0};
    for (size_t i = 0; i < sizeof(got); i++) {
        const bool of_the_host = i >= offsetof(struct kvm_statement, measurement) &&
                                 i < offsetof(struct kvm_statement, report_data);
        host.flip = i;
        assert_int_equal(make(sizeof(got)), of_the_host ? (int64_t)sizeof(got) : -EIO);
        if (!of_the_host)
            assert_memory_equal(&got, &nothing, sizeof(got));
    }
}

static void a_part_of_one_is_none(void **state)
{
    (void)state;
    data[63] = 0; /* so that what is missing is right */
    host.result = sizeof(got) - 1;
    assert_int_equal(make(sizeof(got)), -EIO);
    data[63] = 4;
    host.result = -EINVAL;
    assert_int_equal(make(sizeof(got)), -EINVAL);
}

static void exec_s_memory_is_asked_about(void **state)
{
    (void)state;
    assert_int_equal(make(sizeof(got) - 1), -EINVAL);
    unreadable = true;
    assert_int_equal(make(sizeof(got)), -EFAULT);
    assert_int_equal(host.calls, 0);
    unreadable = false;
    unwritable = true;
    assert_int_equal(make(sizeof(got)), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_carries_what_was_asked_for, prepare),
        cmocka_unit_test_setup(another_one_is_none, prepare),
        cmocka_unit_test_setup(a_part_of_one_is_none, prepare),
        cmocka_unit_test_setup(exec_s_memory_is_asked_about, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
