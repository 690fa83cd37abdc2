/* SPDX-License-Identifier: Apache-2.0 */
/* Entries and tables, with the bits of [SDM 3A 4.5.4]. */
/* links: shim/kvm/paging.c tests/unit/shim_kvm.c */
#include "shim/kvm/paging.h"

#include "tests/unit/shim_kvm.h"

#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define P  PAGE_SIZE
#define NX (1ull << 63)

static uint64_t next_table;

uint64_t paging_new_table(void)
{
    const uint64_t table = next_table;
    memset(paging_physical(table), 0, P);
    next_table += P;
    return table;
}

static int set_up(void **state)
{
    (void)state;
    machine_init();
    next_table = KVM_KEEP_MEMORY;
    return 0;
}

/* present 1, writable 2, user 4, accessed and dirty 0x60, bit 9: the keep's */
static void entries_say_what_exec_may(void **state)
{
    (void)state;
    assert_int_equal(paging_entry(KVM_EXEC, 0x1234000, PROT_R), 0x1234265 | NX);
    assert_int_equal(paging_entry(KVM_EXEC, 0x1234000, PROT_R | PROT_W), 0x1234267 | NX);
    assert_int_equal(paging_entry(KVM_EXEC, 0x1234000, PROT_R | PROT_X), 0x1234265);
    assert_int_equal(paging_entry(KVM_EXEC, 0x1234000, 0), 0x1234264 | NX);
}

static void the_upper_half_is_the_shims(void **state)
{
    (void)state;
    assert_int_equal(paging_entry(KVM_RANGES, 0x5000, PROT_R | PROT_W), 0x5263 | NX);
    assert_int_equal(paging_entry(0x7ffffffff000, 0x5000, PROT_R | PROT_W), 0x5267 | NX);
    (void)paging_make(MACHINE_ROOT, KVM_RANGES);
    const uint64_t *root = paging_physical(MACHINE_ROOT);
    assert_int_equal(root[510], KVM_KEEP_MEMORY | 0x63);
}

static void tables_are_made_once(void **state)
{
    (void)state;
    assert_null(paging_find(MACHINE_ROOT, KVM_ARENA));
    uint64_t *entry = paging_make(MACHINE_ROOT, KVM_ARENA);
    assert_int_equal(next_table, KVM_KEEP_MEMORY + 3 * P);
    assert_ptr_equal(paging_find(MACHINE_ROOT, KVM_ARENA), entry);
    assert_ptr_equal(paging_make(MACHINE_ROOT, KVM_ARENA + P), entry + 1);
    assert_int_equal(next_table, KVM_KEEP_MEMORY + 3 * P);
    (void)paging_make(MACHINE_ROOT, KVM_ARENA + (2ull << 20)); /* another last table */
    assert_int_equal(next_table, KVM_KEEP_MEMORY + 4 * P);
    const uint64_t *root = paging_physical(MACHINE_ROOT);
    assert_int_equal(root[0], KVM_KEEP_MEMORY | 0x67);
}

static void finds_the_next_page_that_is_there(void **state)
{
    (void)state;
    static const uint64_t pages[] = {KVM_ARENA, KVM_ARENA + P, KVM_ARENA + (5ull << 30),
                                     KVM_ARENA_END - P};
    assert_int_equal(paging_next(MACHINE_ROOT, KVM_ARENA, KVM_ARENA_END), KVM_ARENA_END);
    for (size_t i = 0; i < ARRAY_COUNT(pages); i++)
        *paging_make(MACHINE_ROOT, pages[i]) = paging_entry(pages[i], 0x5000, i % 2 ? PROT_R : 0);
    uint64_t at = KVM_EXEC;
    for (size_t i = 0; i < ARRAY_COUNT(pages); i++, at += P) {
        at = paging_next(MACHINE_ROOT, at, KVM_ARENA_END);
        assert_int_equal(at, pages[i]);
    }
    assert_int_equal(paging_next(MACHINE_ROOT, at, KVM_ARENA_END), KVM_ARENA_END);
    assert_int_equal(paging_next(MACHINE_ROOT, KVM_ARENA + 2 * P, KVM_ARENA + 9 * P),
                     KVM_ARENA + 9 * P);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(entries_say_what_exec_may, set_up),
        cmocka_unit_test_setup(the_upper_half_is_the_shims, set_up),
        cmocka_unit_test_setup(tables_are_made_once, set_up),
        cmocka_unit_test_setup(finds_the_next_page_that_is_there, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
