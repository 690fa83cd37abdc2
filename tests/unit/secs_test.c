/* SPDX-License-Identifier: Apache-2.0 */
/* ECREATE's checks of a SECS, one refusal for each [SDM 38.3 ECREATE]. */
/* links: sim/sgx/secs.c */
#include "sim/sgx/secs.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct sgx_secs good = {
    .size = 1ull << 36,
    .base = 1ull << 36,
    .ssa_frame_size = 1,
    .miscselect = 1,
    .attributes = {SGX_ATTR_MODE64BIT, 7},
};

static bool with(size_t offset, const void *value, size_t size)
{
    struct sgx_secs secs = good;
    memcpy((uint8_t *)&secs + offset, value, size);
    return secs_is_valid(&secs);
}

#define WITH(field, ...)                                                           \
    with(offsetof(struct sgx_secs, field), &(__typeof__(good.field)){__VA_ARGS__}, \
         sizeof(good.field))

static void test_place(void **state)
{
    (void)state;
    assert_true(secs_is_valid(&good));
    assert_false(WITH(size, 4096));
    assert_false(WITH(size, 3ull << 20));
    assert_false(WITH(size, 1ull << 37));
    assert_false(WITH(size, 0));
    assert_true(WITH(size, 8192));
    assert_false(WITH(base, 1ull << 35));
    assert_false(WITH(base, 1ull << 47));
}

static void test_attributes(void **state)
{
    (void)state;
    assert_true(WITH(attributes, SGX_ATTR_MODE64BIT | SGX_ATTR_DEBUG, 3));
    assert_false(WITH(attributes, SGX_ATTR_MODE64BIT | SGX_ATTR_INIT, 7));
    assert_false(WITH(attributes, 0, 7));
    assert_false(WITH(attributes, SGX_ATTR_MODE64BIT | SGX_ATTR_KSS, 7));
    assert_false(WITH(attributes, SGX_ATTR_MODE64BIT | SGX_ATTR_CET, 7));
    assert_false(WITH(attributes, SGX_ATTR_MODE64BIT | SGX_ATTR_AEX_NOTIFY, 7));
    assert_false(WITH(attributes, SGX_ATTR_MODE64BIT | 8, 7));
    assert_false(WITH(attributes, SGX_ATTR_MODE64BIT, 1));
    assert_false(WITH(attributes, SGX_ATTR_MODE64BIT, 6));
    assert_false(WITH(attributes, SGX_ATTR_MODE64BIT, 0xe7));
}

static void test_frame(void **state)
{
    (void)state;
    assert_false(WITH(ssa_frame_size, 0));
    assert_false(WITH(miscselect, 2));
    assert_false(WITH(miscselect, 3));
    assert_true(WITH(miscselect, 0));
}

static void test_reserved(void **state)
{
    (void)state;
    static const size_t reserved[] = {24, 47, 96, 127, 160, 191, 192, 255, 260, 262, 4095};
    for (size_t i = 0; i < ARRAY_COUNT(reserved); i++)
        assert_false(with(reserved[i], "\1", 1));
}

static void test_tcs(void **state)
{
    (void)state;
    struct sgx_tcs tcs = {.flags = ~0ull, .nssa = 1};
    assert_true(tcs_is_valid(&tcs));
    tcs.reserved[4023] = 1;
    assert_false(tcs_is_valid(&tcs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place), cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_frame), cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_tcs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
