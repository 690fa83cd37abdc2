/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of buffers. */
/* links: exec/wasi/iovs.c exec/wasi/mem.c base/cur.c base/put.c base/utf8.c */
#include "exec/wasi/iovs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exec/wasi/errno.h"

static uint8_t page[65536];
static const struct mem memory = {.base = page, .size = sizeof(page)};
static struct iovs v;

static void set(uint32_t index, uint32_t at, uint32_t size)
{
    memcpy(page + 8 * index, &at, 4);
    memcpy(page + 8 * index + 4, &size, 4);
}

static void test_load(void **state)
{
    (void)state;
    set(0, 0x8000, 3);
    set(1, 65536, 0);
    set(2, 0x9000, 5);
    assert_int_equal(iovs_load(memory, 0, 3, &v), 0);
    assert_int_equal(v.count, 3);
    assert_int_equal(v.total, 8);
    assert_ptr_equal(v.item[2].data, page + 0x9000);
    assert_int_equal(iovs_load(memory, 0, 0, &v), 0);
    assert_int_equal(v.total, 0);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(iovs_load(memory, 4, 65536 / 8, &v), WASI_EFAULT);
    assert_int_equal(iovs_load(memory, 2, 1, &v), WASI_EFAULT);
    assert_int_equal(iovs_load(memory, 0, UINT32_MAX, &v), WASI_EFAULT);
    set(0, 65535, 2);
    assert_int_equal(iovs_load(memory, 0, 1, &v), WASI_EFAULT);
    set(0, UINT32_MAX, UINT32_MAX);
    assert_int_equal(iovs_load(memory, 0, 1, &v), WASI_EFAULT);
    set(0, 65537, 0);
    assert_int_equal(iovs_load(memory, 0, 1, &v), WASI_EFAULT);
}

/* A memory of 4 GiB that is never touched beyond its first page: overlapping
 * buffers could add up to more than a size can say. */
static void test_total(void **state)
{
    (void)state;
    const struct mem large = {.base = page, .size = (uint64_t)UINT32_MAX + 1};
    set(0, 0, UINT32_MAX);
    set(1, 0, 1);
    assert_int_equal(iovs_load(large, 0, 1, &v), 0);
    assert_int_equal(v.total, UINT32_MAX);
    assert_int_equal(iovs_load(large, 0, 2, &v), WASI_EINVAL);
}

static void test_runs(void **state)
{
    (void)state;
    set(0, 0x8000, 3);
    set(1, 0, 0);
    set(2, 0x9000, 5);
    assert_int_equal(iovs_load(memory, 0, 3, &v), 0);
    assert_ptr_equal(iovs_run(&v, 0).data, page + 0x8000);
    assert_int_equal(iovs_run(&v, 1).size, 2);
    assert_ptr_equal(iovs_run(&v, 3).data, page + 0x9000);
    assert_int_equal(iovs_run(&v, 3).size, 5);
    assert_ptr_equal(iovs_run(&v, 7).data, page + 0x9004);
    assert_int_equal(iovs_run(&v, 7).size, 1);
}

static void test_gather(void **state)
{
    (void)state;
    char out[16] = {0};
    set(0, 0x8000, 3);
    set(1, 0x9000, 5);
    memcpy(page + 0x8000, "abc", 3);
    memcpy(page + 0x9000, "defgh", 5);
    assert_int_equal(iovs_load(memory, 0, 2, &v), 0);
    assert_int_equal(iovs_gather(&v, 1, out, sizeof(out)), 7);
    assert_string_equal(out, "bcdefgh");
    assert_int_equal(iovs_gather(&v, 2, out, 3), 3);
    assert_string_equal(out, "cdeefgh");
    assert_int_equal(iovs_gather(&v, 8, out, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load), cmocka_unit_test(test_refused), cmocka_unit_test(test_total),
        cmocka_unit_test(test_runs), cmocka_unit_test(test_gather),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
