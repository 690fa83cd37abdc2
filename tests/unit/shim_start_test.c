/* SPDX-License-Identifier: Apache-2.0 */
/* What exec finds when it starts, as the psABI and Linux have it, and what is taken
 * of the host's boot record. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/shim_keep.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

static struct kernel k;
static struct frame f;
static struct start start;
static uint8_t key[32];

static int setup(void **state)
{
    (void)state;
    keep_init(&k);
    start = keep_start_arguments();
    memset(&f, 0xee, sizeof(f));
    memset(key, 0x4b, sizeof(key));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep.on_read = NULL;
    keep_check(&k);
    keep_fini();
    return 0;
}

static void begin(void) { kernel_start(&k, &start, &f); }

/* psABI 3.4.1: argc, argv, environment, then the vector. */
static const uint64_t *auxv(void)
{
    const uint64_t *stack = (const uint64_t *)f.rsp;
    assert_int_equal(stack[0], 1);
    assert_string_equal((const char *)stack[1], "exec");
    assert_int_equal(stack[2], 0);
    assert_int_equal(stack[3], 0);
    return stack + 4;
}

static const uint64_t *find(uint64_t type)
{
    const uint64_t *found = NULL;
    for (const uint64_t *a = auxv(); a[0] != AT_NULL; a += 2) {
        if (a[0] != type)
            continue;
        assert_null(found); /* once */
        found = &a[1];
    }
    return found;
}

static uint64_t value(uint64_t type)
{
    assert_non_null(find(type));
    return *find(type);
}

static void registers_are_as_a_kernel_leaves_them(void **state)
{
    (void)state;
    begin();
    const struct frame expected = {.rip = start.exec_base + 0x5040, .rsp = f.rsp, .rflags = 2};
    assert_memory_equal(&f, &expected, sizeof(f));
    assert_int_equal(f.rsp % 16, 0);
    const struct range *stack = space_find(&k.memory.space, f.rsp);
    assert_int_equal(stack->prot, PROT_R | PROT_W);
    assert_true(stack->end - stack->start == KERNEL_STACK_SIZE);
    const struct range *guard = space_find(&k.memory.space, stack->start - 1);
    assert_int_equal(guard->prot, 0);
    assert_true(guard->end - guard->start >= KERNEL_STACK_GUARD);
}

static void the_vector_has_what_glibc_needs(void **state)
{
    (void)state;
    begin();
    assert_true(value(AT_PHDR) == start.exec_base + 64);
    assert_int_equal(value(AT_PHENT), sizeof(Elf64_Phdr));
    assert_int_equal(value(AT_PHNUM), 9);
    assert_int_equal(value(AT_PAGESZ), 4096);
    assert_true(value(AT_ENTRY) == start.exec_base + 0x5040);
    assert_int_equal(value(AT_HWCAP), cpuid_answer(1, 0).edx);
    assert_int_equal(value(AT_HWCAP2), 2);
    assert_int_equal(value(AT_SECURE), 0);
    assert_true(value(AT_MINSIGSTKSZ) >= 832 + 440 + 64 + 128); /* frame, XSAVE, red zone */
    assert_int_equal(value(AT_ENARX_PORT), 0x1111);
    assert_string_equal((const char *)value(AT_EXECFN), "exec");
    assert_null(find(AT_ENARX_CACHE_KEY));
    assert_null(find(AT_ENARX_EVIDENCE));
    assert_null(find(AT_SYSINFO_EHDR)); /* no vDSO */
    const struct boot_record *boot = (const struct boot_record *)value(AT_ENARX_BOOT);
    assert_int_equal(boot->magic, BOOT_MAGIC);
    assert_int_equal(boot->mode, BOOT_LOCAL);
}

static void keys_and_reports_are_there_where_a_technology_has_them(void **state)
{
    (void)state;
    start.cache_key = key;
    start.evidence = 0x3333;
    begin();
    assert_memory_equal((const void *)value(AT_ENARX_CACHE_KEY), key, 32);
    assert_int_equal(value(AT_ENARX_EVIDENCE), 0x3333);
}

static void random_bytes_differ(void **state)
{
    (void)state;
    uint8_t first[16];
    begin();
    memcpy(first, (const void *)value(AT_RANDOM), 16);
    teardown(NULL);
    setup(NULL);
    begin();
    assert_memory_not_equal(first, (const void *)value(AT_RANDOM), 16);
}

/* No two parts overlap, and all of it is in the stack. */
static void the_parts_are_apart(void **state)
{
    (void)state;
    start.cache_key = key;
    begin();
    const struct range *stack = space_find(&k.memory.space, f.rsp);
    const uint64_t parts[][2] = {{value(AT_RANDOM), 16},
                                 {value(AT_ENARX_CACHE_KEY), 32},
                                 {value(AT_ENARX_BOOT), sizeof(struct boot_record)},
                                 {value(AT_EXECFN), 5},
                                 {f.rsp, 8 * 4 + 16 * 17}};
    for (size_t i = 0; i < 5; i++) {
        assert_true(parts[i][0] >= f.rsp && parts[i][0] + parts[i][1] <= stack->end);
        for (size_t j = 0; j < i; j++)
            assert_true(parts[i][0] >= parts[j][0] + parts[j][1] ||
                        parts[j][0] >= parts[i][0] + parts[i][1]);
    }
}

static void execs_map_is_its_segments(void **state)
{
    (void)state;
    begin();
    const struct {
        uint64_t page, prot, source;
    } cases[] = {{0, 1, SOURCE_EXEC},  {4, 1, SOURCE_EXEC},  {5, 5, SOURCE_EXEC},
                 {21, 5, SOURCE_EXEC}, {23, 3, SOURCE_EXEC}, {37, 3, SOURCE_EXEC},
                 {38, 3, SOURCE_ZERO}, {42, 3, SOURCE_ZERO}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct range *r =
            space_find(&k.memory.space, start.exec_base + cases[i].page * PAGE_SIZE);
        assert_int_equal(r->prot, cases[i].prot);
        assert_int_equal(r->source, cases[i].source);
    }
    assert_null(space_find(&k.memory.space, start.exec_base + 22 * PAGE_SIZE));
    assert_null(space_find(&k.memory.space, start.exec_base + 43 * PAGE_SIZE));
    assert_null(space_find(&k.memory.space, start.exec_base - 1));
    assert_true(k.memory.brk_start > start.exec_base + 43 * PAGE_SIZE);
    assert_true(k.memory.brk_end <= start.arena_start);
}

/* It is relocated first of all; the rest comes when it is touched. */
static void execs_data_is_there_already(void **state)
{
    (void)state;
    begin();
    for (uint64_t page = 0; page < 43; page++) {
        const bool is_data = page >= 23 && page <= 37;
        assert_int_equal(machine_present(start.exec_base + page * PAGE_SIZE), is_data);
    }
    assert_int_equal(keep.published, 15);
}

/* ---- the boot record ---- */

static struct boot_record *record(void) { return (struct boot_record *)keep.block; }

static void a_record_that_is_none_stops(void **state)
{
    (void)state;
    record()->magic ^= 1;
    assert_int_equal(ENDING((begin(), 0)), STOPPED_BLOCK);
    record()->magic ^= 1;
    record()->version = PORT_VERSION + 1;
    assert_int_equal(ENDING((begin(), 0)), STOPPED_BLOCK);
    record()->version = PORT_VERSION;
    record()->zero = 1;
    assert_int_equal(ENDING((begin(), 0)), STOPPED_BLOCK);
    record()->zero = 0;
    record()->mode = 77; /* exec's to judge */
    assert_int_equal(ENDING((begin(), 0)), WENT_ON);
}

static void there_is_one_cpu_whatever_it_says(void **state)
{
    (void)state;
    record()->cpus = UINT32_MAX;
    begin();
    assert_int_equal(((const struct boot_record *)value(AT_ENARX_BOOT))->cpus, 1);
}

static unsigned block_reads;

static void spoil(const void *from, size_t size)
{
    const uint8_t *at = from;
    if (at < keep.block || at >= keep.block + PORT_BLOCK_SIZE) /* exec's file */
        return;
    assert_ptr_equal(at, keep.block + PORT_BOOT_OFFSET);
    block_reads++;
    memset((void *)(uintptr_t)from, 0xff, size);
}

static void the_record_is_read_once(void **state)
{
    (void)state;
    record()->memory_size = 77;
    block_reads = 0;
    keep.on_read = spoil;
    begin();
    assert_int_equal(block_reads, 1);
    assert_int_equal(((const struct boot_record *)value(AT_ENARX_BOOT))->memory_size, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(registers_are_as_a_kernel_leaves_them, setup, teardown),
        cmocka_unit_test_setup_teardown(the_vector_has_what_glibc_needs, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_and_reports_are_there_where_a_technology_has_them,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(random_bytes_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(the_parts_are_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(execs_map_is_its_segments, setup, teardown),
        cmocka_unit_test_setup_teardown(execs_data_is_there_already, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_that_is_none_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(there_is_one_cpu_whatever_it_says, setup, teardown),
        cmocka_unit_test_setup_teardown(the_record_is_read_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
