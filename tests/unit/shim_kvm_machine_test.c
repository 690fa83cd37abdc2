/* SPDX-License-Identifier: Apache-2.0 */
/* Pages for the core, on tables and memory that are the test's; what the processor is to
 * forget is noted. */
/* links: shim/kvm/paging.c shim/kvm/pages.c tests/unit/shim_kvm.c */
#define SHIM_KVM_INSTRUCTION_H
#include "tests/unit/shim_kvm.h"

#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint64_t flushed[64];
static size_t flush_count;
static unsigned flushed_all;

static void flush_page(uint64_t page) { flushed[flush_count++ % 64] = page; }
static void flush_all(void) { flushed_all++; }

#include "shim/kvm/machine.c"

#define P  PAGE_SIZE
#define RW (PROT_R | PROT_W)
#define RX (PROT_R | PROT_X)

static int set_up(void **state)
{
    (void)state;
    machine_init();
    flush_count = 0;
    flushed_all = 0;
    pages_init(32ull << 20);
    return 0;
}

static uint64_t entry_of(uint64_t page) { return *paging_find(ROOT, page); }
static uint8_t *content_of(uint64_t page)
{
    return paging_physical(entry_of(page) & PAGING_ADDRESS);
}

static void added_pages_are_zero(void **state)
{
    (void)state;
    static const uint8_t zero[P];
    machine_add(KVM_ARENA, KVM_ARENA + 4 * P, RW);
    assert_true(machine_present(KVM_ARENA + 3 * P));
    assert_false(machine_present(KVM_ARENA + 4 * P));
    for (unsigned i = 0; i < 4; i++)
        assert_memory_equal(content_of(KVM_ARENA + i * P), zero, P);
    assert_int_equal(entry_of(KVM_ARENA) & 0xfff, 0x267);
    memset(content_of(KVM_ARENA), 1, P);
    machine_drop(KVM_ARENA, KVM_ARENA + P);
    machine_add(KVM_ARENA, KVM_ARENA + P, RW);
    assert_memory_equal(content_of(KVM_ARENA), zero, P);
}

static void published_pages_are_copies(void **state)
{
    (void)state;
    uint8_t from[P];
    memset(from, 0x3c, P);
    machine_publish(KVM_EXEC, from, RX);
    assert_memory_equal(content_of(KVM_EXEC), from, P);
    assert_int_equal(entry_of(KVM_EXEC) >> 63, 0);
    assert_int_equal(entry_of(KVM_EXEC) & PAGING_WRITE, 0);
    assert_int_equal(kvm_counts.copied, 1);
}

/* mremap's source is exec's own page, which exec perhaps may not even read. */
static void pages_of_execs_are_read_where_they_are(void **state)
{
    (void)state;
    machine_add(KVM_ARENA, KVM_ARENA + P, RW);
    memset(content_of(KVM_ARENA), 0x77, P);
    machine_protect(KVM_ARENA, KVM_ARENA + P, RW, 0);
    assert_true(machine_present(KVM_ARENA));
    assert_int_equal(entry_of(KVM_ARENA) & PAGING_PRESENT, 0);
    machine_publish(KVM_ARENA + P, (const void *)KVM_ARENA, 0);
    assert_memory_equal(content_of(KVM_ARENA + P), content_of(KVM_ARENA), P);
    machine_protect(KVM_ARENA, KVM_ARENA + P, 0, PROT_R);
    assert_int_equal(content_of(KVM_ARENA)[5], 0x77);
}

static bool was_flushed(uint64_t page)
{
    for (size_t i = 0; i < flush_count; i++) {
        if (flushed[i] == page)
            return true;
    }
    return flushed_all > 0;
}

/* Code that becomes writable must not be run from what the processor remembers. */
static void the_processor_forgets_what_changed(void **state)
{
    (void)state;
    machine_add(KVM_ARENA, KVM_ARENA + 2 * P, RW);
    assert_int_equal(flush_count, 0); /* nothing was there to be remembered */
    machine_protect(KVM_ARENA, KVM_ARENA + 2 * P, RW, RX);
    assert_true(was_flushed(KVM_ARENA) && was_flushed(KVM_ARENA + P));
    flush_count = 0;
    machine_drop(KVM_ARENA, KVM_ARENA + 2 * P);
    assert_true(was_flushed(KVM_ARENA) && was_flushed(KVM_ARENA + P));
    assert_false(machine_present(KVM_ARENA));
}

static void many_pages_are_forgotten_at_once(void **state)
{
    (void)state;
    machine_add(KVM_ARENA, KVM_ARENA + 100 * P, RW);
    machine_protect(KVM_ARENA, KVM_ARENA + 100 * P, RW, PROT_R);
    assert_int_equal(flushed_all, 1);
    assert_int_equal(flush_count, 0);
}

/* Ranges that nobody has touched cost nothing. */
static void sparse_ranges_are_skipped(void **state)
{
    (void)state;
    machine_add(KVM_ARENA, KVM_ARENA + P, RW);
    const uint64_t used = kvm_counts.pages;
    machine_protect(KVM_ARENA, KVM_ARENA_END, RW, PROT_R);
    machine_drop(KVM_EXEC, KVM_ARENA_END);
    assert_int_equal(kvm_counts.pages, used - 1);
    assert_false(machine_present(KVM_ARENA));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(added_pages_are_zero, set_up),
        cmocka_unit_test_setup(published_pages_are_copies, set_up),
        cmocka_unit_test_setup(pages_of_execs_are_read_where_they_are, set_up),
        cmocka_unit_test_setup(the_processor_forgets_what_changed, set_up),
        cmocka_unit_test_setup(many_pages_are_forgotten_at_once, set_up),
        cmocka_unit_test_setup(sparse_ranges_are_skipped, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
