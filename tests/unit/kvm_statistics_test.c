/* SPDX-License-Identifier: Apache-2.0 */
/* KVM's own counts, from a file as the kernel makes it [Linux virt/kvm/api.rst 4.134], and
 * from what is none. */
#define _GNU_SOURCE
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static int given; /* what KVM_GET_STATS_FD gives */
static int give_statistics(int processor, unsigned long request, void *argument)
{
    assert_int_equal(processor, 77);
    assert_int_equal(request, KVM_GET_STATS_FD);
    assert_null(argument);
    return given;
}

#define ioctl give_statistics
#include "host/kvm/statistics.c"
#undef ioctl

#define NAME_SIZE 48u

static const char *const shown[] = {"pf_fixed", "irq_exits", "halt_poll_ns", "exits", "pf_taken"};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

/* Each value is a hundred times its place; those after the first two are four words on. */
static int make_file(uint32_t name_size, uint32_t count)
{
    const struct kvm_stats_header h = {
        .name_size = name_size,
        .num_desc = count,
        .id_offset = sizeof(h),
        .desc_offset = (uint32_t)sizeof(h) + 16,
        .data_offset =
            (uint32_t)(sizeof(h) + 16 + SHOWN * (sizeof(struct kvm_stats_desc) + NAME_SIZE)),
    };
    const int fd = memfd_create("statistics", MFD_CLOEXEC);
    assert_int_equal(write(fd, &h, sizeof(h)), sizeof(h));
    assert_int_equal(write(fd, "kvm-1/vcpu-0\0\0\0", 16), 16);
    for (uint32_t i = 0; i < SHOWN; i++) {
        const struct kvm_stats_desc d = {.size = 1, .offset = 8 * (i < 2 ? i : i + 4)};
        char name[NAME_SIZE] = "";
        strncpy(name, shown[i], sizeof(name) - 1);
        assert_int_equal(write(fd, &d, sizeof(d)), sizeof(d));
        assert_int_equal(write(fd, name, sizeof(name)), sizeof(name));
    }
    for (uint64_t i = 0; i < SHOWN + 4; i++)
        assert_int_equal(write(fd, &(uint64_t){100 * i}, 8), 8);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void read_all(uint64_t value[static STATISTIC_COUNT])
{
    struct statistics s;
    for (unsigned i = 0; i < STATISTIC_COUNT; i++)
        value[i] = 7;
    statistics_open(&s, 77);
    statistics_read(&s, value);
    assert_int_equal(s.fd, -1);
    statistics_read(&s, value); /* once */
}

static void those_that_are_wanted_are_read(void **state)
{
    (void)state;
    uint64_t value[STATISTIC_COUNT];
    given = make_file(NAME_SIZE, SHOWN);
    read_all(value);
    assert_int_equal(value[STATISTIC_EXITS], 700);
    assert_int_equal(value[STATISTIC_TOUCHES], 800);
    assert_int_equal(value[STATISTIC_INTERRUPTS], 100);
    given = make_file(NAME_SIZE, 4); /* a kernel without the last */
    read_all(value);
    assert_int_equal(value[STATISTIC_EXITS], 700);
    assert_int_equal(value[STATISTIC_TOUCHES], 7);
}

static void what_is_none_tells_nothing(void **state)
{
    (void)state;
    uint64_t value[STATISTIC_COUNT];
    const int files[] = {
        -1,
        memfd_create("empty", MFD_CLOEXEC),
        make_file(4096, SHOWN),
        make_file(UINT32_MAX, SHOWN),
        make_file(NAME_SIZE, 1000000),
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        given = files[i];
        read_all(value);
        assert_int_equal(value[STATISTIC_EXITS], 7);
        assert_int_equal(value[STATISTIC_INTERRUPTS], 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_are_wanted_are_read),
        cmocka_unit_test(what_is_none_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
