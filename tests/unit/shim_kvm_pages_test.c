/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's memory: in order, again what came back, and no more than there is. */
/* links: tests/unit/shim_kvm.c */
#include "shim/kvm/pages.c"

#include "tests/unit/shim_kvm.h"

#include <stdarg.h>

#include <cmocka.h>

#define P PAGE_SIZE

static int set_up(void **state)
{
    (void)state;
    machine_init();
    return 0;
}

static void sizes_that_are_none_stop_it(void **state)
{
    (void)state;
    assert_int_equal(STOPPED(pages_init(KVM_KEEP_LARGE)), -1);
    assert_int_equal(STOPPED(pages_init(KVM_KEEP_LARGE + 1)), KVM_KEEP_STOP_BLOCK);
    assert_int_equal(STOPPED(pages_init(KVM_KEEP_LARGE + P)), KVM_KEEP_STOP_BLOCK);
    assert_int_equal(STOPPED(pages_init(KVM_KEEP_MEMORY_MAX)), -1);
    assert_int_equal(STOPPED(pages_init(KVM_KEEP_MEMORY_MAX + KVM_KEEP_LARGE)),
                     KVM_KEEP_STOP_BLOCK);
    assert_int_equal(STOPPED(pages_init(1ull << 63)), KVM_KEEP_STOP_BLOCK);
}

static void pages_come_in_order_until_there_are_none(void **state)
{
    (void)state;
    pages_init(KVM_KEEP_LARGE);
    for (uint64_t i = 0; i < KVM_KEEP_LARGE / P; i++)
        assert_int_equal(pages_take(), KVM_KEEP_MEMORY + i * P);
    assert_int_equal(kvm_counts.pages, KVM_KEEP_LARGE / P);
    assert_int_equal(STOPPED(pages_take()), KVM_KEEP_STOP_MEMORY);
}

static void what_comes_back_goes_out_first(void **state)
{
    (void)state;
    pages_init(KVM_KEEP_LARGE);
    const uint64_t a = pages_take();
    const uint64_t b = pages_take();
    pages_give(a);
    pages_give(b);
    assert_int_equal(kvm_counts.pages, 0);
    assert_int_equal(kvm_counts.pages_most, 2);
    assert_int_equal(pages_take(), b);
    assert_int_equal(pages_take(), a);
    assert_int_equal(pages_take(), KVM_KEEP_MEMORY + 2 * P);
}

/* The root's entry for the shim's map of physical memory: present, writable, never
 * exec's. */
static void the_shim_has_a_map_of_its_own(void **state)
{
    (void)state;
    pages_init(KVM_KEEP_LARGE);
    const uint64_t *root = paging_physical(MACHINE_ROOT);
    assert_int_equal(root[256] & 0xfff, 0x63);
    for (unsigned i = 0; i < 512; i++)
        assert_true(i == 256 || root[i] == 0);
}

/* Of the first slot, by page: the block is written to, the nodes and the window are read,
 * and the image, which lies before them, is not there to be written to. */
static void the_image_has_no_other_place(void **state)
{
    (void)state;
    pages_init(KVM_KEEP_LARGE);
    const uint64_t block_end = KVM_KEEP_BLOCK + PORT_BLOCK_SIZE;
    for (uint64_t at = KVM_KEEP_IMAGE; at < KVM_KEEP_IMAGE + KVM_KEEP_LARGE; at += P) {
        const uint64_t bits = at < KVM_KEEP_BLOCK   ? 0
                              : at < block_end      ? 1ull << 63 | at | 0x63
                              : at < KVM_KEEP_NODES ? 0
                                                    : 1ull << 63 | at | 0x61;
        assert_int_equal(first[at / P % 512], bits);
    }
    for (unsigned i = 0; i < 8; i++) /* as large pages: the memory alone, from 16 MiB on */
        assert_int_equal(directory[0][i] & 0x80, 0);
    (void)pages_take();
    assert_int_equal(directory[0][8], 1ull << 63 | KVM_KEEP_MEMORY | 0xe3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sizes_that_are_none_stop_it, set_up),
        cmocka_unit_test_setup(pages_come_in_order_until_there_are_none, set_up),
        cmocka_unit_test_setup(what_comes_back_goes_out_first, set_up),
        cmocka_unit_test_setup(the_shim_has_a_map_of_its_own, set_up),
        cmocka_unit_test_setup(the_image_has_no_other_place, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
