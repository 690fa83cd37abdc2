/* SPDX-License-Identifier: Apache-2.0 */
/* What follows an exit, for each way to leave a machine. [Linux uapi linux/kvm.h] */
/* links: host/kvm/turn.c */
#include "host/kvm/turn.h"

#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct kvm_left served = {
    .reason = KVM_EXIT_IO, .out = true, .port = 0xe9, .size = 4, .count = 1, .value = 1};

static enum kvm_turn turn(struct kvm_left left, const char **why)
{
    *why = NULL;
    return kvm_turn_take(&left, why);
}

static void a_call_is_served(void **state)
{
    (void)state;
    const char *why;
    assert_int_equal(turn(served, &why), KVM_TURN_SERVE);
    assert_int_equal(turn((struct kvm_left){.reason = KVM_EXIT_INTR}, &why), KVM_TURN_AGAIN);
}

/* Each part of the one write that counts. */
static void nothing_like_it_is(void **state)
{
    (void)state;
    struct kvm_left wrong[] = {served, served, served, served, served, served, served};
    wrong[0].out = false;
    wrong[1].port = 0xe8;
    wrong[2].size = 1;
    wrong[3].count = 2;
    wrong[4].value = 0;
    wrong[5].value = 1 | 1 << 8;
    wrong[6].value = 4;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *why;
        assert_int_equal(turn(wrong[i], &why), KVM_TURN_END);
        assert_string_equal(why, "it left without saying why");
    }
}

/* Whatever it wishes, it is the window's to say that there is none. */
static void runs_of_exec_are_asked_for(void **state)
{
    (void)state;
    const char *why;
    struct kvm_left left = served;
    left.value = 3 | 4 << 8 | 0xfffeu << 16;
    assert_int_equal(turn(left, &why), KVM_TURN_EXEC);
    assert_int_equal(kvm_turn_wish(&left).count, 4);
    assert_int_equal(kvm_turn_wish(&left).first, 0xfffe);
    left.size = 1;
    assert_int_equal(turn(left, &why), KVM_TURN_END);
}

static void a_stop_says_why(void **state)
{
    (void)state;
    const char *why;
    struct kvm_left left = served;
    left.value = KVM_KEEP_EXIT_DEAD | KVM_KEEP_STOP_PAGE << 8;
    assert_int_equal(turn(left, &why), KVM_TURN_END);
    assert_non_null(strstr(why, "a page of exec that is not exec's"));
    left.value = KVM_KEEP_EXIT_DEAD | 0xff << 8;
    assert_int_equal(turn(left, &why), KVM_TURN_END);
    assert_string_equal(why, "for a reason that is none");
    left.value |= 1u << 16;
    assert_int_equal(turn(left, &why), KVM_TURN_END);
    assert_string_equal(why, "it left without saying why");
}

/* HO8: no reason that is not known goes on. */
static void every_other_exit_ends_it(void **state)
{
    (void)state;
    for (uint32_t reason = 0; reason < 100; reason++) {
        const char *why;
        if (reason == KVM_EXIT_INTR)
            continue;
        struct kvm_left left = served; /* as a call, but for that */
        left.reason = reason;
        assert_int_equal(turn((struct kvm_left){.reason = reason}, &why), KVM_TURN_END);
        assert_non_null(why);
        if (reason != KVM_EXIT_IO)
            assert_int_equal(turn(left, &why), KVM_TURN_END);
    }
}

static void a_probe_ends_in_one_way(void **state)
{
    (void)state;
    struct kvm_left left = served;
    assert_non_null(kvm_turn_probed(&left));
    left.value = KVM_KEEP_EXIT_DEAD | KVM_KEEP_STOP_ENDED << 8;
    assert_null(kvm_turn_probed(&left));
    left.value = KVM_KEEP_EXIT_DEAD | KVM_KEEP_STOP_CPU << 8;
    assert_non_null(kvm_turn_probed(&left));
    assert_non_null(kvm_turn_probed(&(struct kvm_left){.reason = KVM_EXIT_SHUTDOWN}));
    assert_non_null(kvm_turn_probed(&(struct kvm_left){.reason = KVM_EXIT_INTR}));
}

/* A page as the kernel shares it, with two more behind it. */
static union {
    struct kvm_run run;
    uint8_t bytes[3 * 4096];
} page;

static struct kvm_left read_exit(uint64_t offset, size_t size)
{
    page.run.exit_reason = KVM_EXIT_IO;
    page.run.io.direction = KVM_EXIT_IO_OUT;
    page.run.io.port = 0xe9;
    page.run.io.size = 4;
    page.run.io.count = 1;
    page.run.io.data_offset = offset;
    return kvm_turn_read(&page.run, size);
}

static void an_exit_is_read_from_its_page(void **state)
{
    (void)state;
    const char *why;
    memset(&page, 0, sizeof(page));
    page.bytes[4096] = 1;
    const struct kvm_left left = read_exit(4096, sizeof(page));
    assert_true(left.out);
    assert_int_equal(left.port, 0xe9);
    assert_int_equal(left.size, 4);
    assert_int_equal(left.count, 1);
    assert_int_equal(left.value, 1);
    assert_int_equal(turn(left, &why), KVM_TURN_SERVE);
    page.run.exit_reason = KVM_EXIT_MMIO; /* another has other data there */
    const struct kvm_left other = kvm_turn_read(&page.run, sizeof(page));
    assert_int_equal(other.reason, KVM_EXIT_MMIO);
    assert_false(other.out || other.size != 0 || other.value != 0);
}

static void data_that_lies_elsewhere_is_not_read(void **state)
{
    (void)state;
    static const uint64_t wrong[] = {sizeof(page) - 3, sizeof(page),   1ull << 20,
                                     1ull << 63,       UINT64_MAX - 3, UINT64_MAX};
    memset(&page, 1, sizeof(page));
    assert_int_equal(read_exit(sizeof(page) - 4, sizeof(page)).value, 0x01010101);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(read_exit(wrong[i], sizeof(page)).reason, KVM_EXIT_UNKNOWN);
    assert_int_equal(read_exit(0, 3).reason, KVM_EXIT_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_served),
        cmocka_unit_test(nothing_like_it_is),
        cmocka_unit_test(runs_of_exec_are_asked_for),
        cmocka_unit_test(a_stop_says_why),
        cmocka_unit_test(every_other_exit_ends_it),
        cmocka_unit_test(a_probe_ends_in_one_way),
        cmocka_unit_test(an_exit_is_read_from_its_page),
        cmocka_unit_test(data_that_lies_elsewhere_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
