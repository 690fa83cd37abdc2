/* SPDX-License-Identifier: Apache-2.0 */
/* Checked access to a guest's memory. */
/* links: exec/wasi/mem.c base/cur.c base/put.c base/utf8.c */
#include "exec/wasi/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exec/wasi/errno.h"

static uint8_t page[256];
static const struct mem memory = {.base = page, .size = sizeof(page)};

static void test_bounds(void **state)
{
    (void)state;
    assert_ptr_equal(mem_at(memory, 0, 256, 1), page);
    assert_ptr_equal(mem_at(memory, 255, 1, 1), page + 255);
    assert_ptr_equal(mem_at(memory, 256, 0, 1), page + 256);
    assert_null(mem_at(memory, 256, 1, 1));
    assert_null(mem_at(memory, 257, 0, 1));
    assert_null(mem_at(memory, 1, 256, 1));
    assert_null(mem_at(memory, 1, UINT64_MAX, 1));
    assert_null(mem_at(memory, UINT64_MAX, 2, 1));
    assert_null(mem_at(memory, UINT32_MAX, 1, 1));
    assert_null(mem_at((struct mem){0}, 0, 1, 1));
}

static void test_alignment(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 16; at++) {
        assert_int_equal(mem_at(memory, at, 2, 2) != NULL, at % 2 == 0);
        assert_int_equal(mem_at(memory, at, 4, 4) != NULL, at % 4 == 0);
        assert_int_equal(mem_at(memory, at, 8, 8) != NULL, at % 8 == 0);
    }
}

static void test_text(void **state)
{
    (void)state;
    struct bytes text;
    memcpy(page, "gr\xc3\xbc\xc3", 5);
    assert_int_equal(mem_text(memory, 0, 4, &text), 0);
    assert_ptr_equal(text.data, page);
    assert_int_equal(text.size, 4);
    assert_int_equal(mem_text(memory, 0, 5, &text), WASI_EILSEQ);
    assert_int_equal(mem_text(memory, 3, 1, &text), WASI_EILSEQ);
    assert_int_equal(mem_text(memory, 0, 257, &text), WASI_EFAULT);
    assert_int_equal(mem_text(memory, 256, 0, &text), 0);
}

static void test_stores(void **state)
{
    (void)state;
    memset(page, 0xff, 16);
    mem_put16(page, 0x0102);
    assert_memory_equal(page, "\x02\x01\xff", 3);
    mem_put32(page, 0x01020304);
    assert_memory_equal(page, "\x04\x03\x02\x01\xff", 5);
    mem_put64(page, 0x0102030405060708);
    assert_memory_equal(page, "\x08\x07\x06\x05\x04\x03\x02\x01\xff", 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
