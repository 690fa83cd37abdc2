/* SPDX-License-Identifier: Apache-2.0 */
/* The shim's memory functions against the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define memcpy shim_memcpy
#define memset shim_memset
#define memcmp shim_memcmp
#include "shim/x86/string.c"
#undef memcpy
#undef memset
#undef memcmp

enum { SIZE = 300 };

static void fill(uint8_t *a, uint8_t *b)
{
    for (size_t i = 0; i < SIZE; i++)
        a[i] = b[i] = (uint8_t)rand();
}

static void copies_and_sets_as_the_c_library(void **state)
{
    (void)state;
    uint8_t ours[SIZE], theirs[SIZE], from[SIZE];
    for (size_t n = 0; n < 2000; n++) {
        const size_t at = (size_t)rand() % SIZE;
        const size_t size = (size_t)rand() % (SIZE - at + 1);
        const size_t start = (size_t)rand() % (SIZE - size + 1);
        fill(ours, theirs);
        fill(from, from);
        assert_ptr_equal(shim_memcpy(ours + at, from + start, size), ours + at);
        memcpy(theirs + at, from + start, size);
        assert_memory_equal(ours, theirs, SIZE);
        const int byte = rand(); /* its low byte counts */
        assert_ptr_equal(shim_memset(ours + at, byte, size), ours + at);
        memset(theirs + at, byte, size);
        assert_memory_equal(ours, theirs, SIZE);
    }
}

static void compares_every_byte(void **state)
{
    (void)state;
    uint8_t a[SIZE], b[SIZE];
    fill(a, b);
    assert_int_equal(shim_memcmp(a, b, SIZE), 0);
    assert_int_equal(shim_memcmp(a, b, 0), 0);
    for (size_t i = 0; i < SIZE; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            b[i] ^= (uint8_t)(1u << bit);
            assert_int_not_equal(shim_memcmp(a, b, SIZE), 0);
            assert_int_equal(shim_memcmp(a, b, i), 0);
            assert_int_not_equal(shim_memcmp(a, b, i + 1), 0);
            b[i] ^= (uint8_t)(1u << bit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_and_sets_as_the_c_library),
        cmocka_unit_test(compares_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
