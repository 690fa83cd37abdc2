/* SPDX-License-Identifier: Apache-2.0 */
/* Every order in which an enclave can be left, allowed or not. */
/* links: host/sgx/turn.c */
#include "host/sgx/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct sgx_turns turns;
static const char *why;

static int begin(void **state)
{
    (void)state;
    turns = (struct sgx_turns){0};
    why = NULL;
    return 0;
}

static enum sgx_turn leave(uint64_t reason, uint64_t stop)
{
    const struct sgx_left left = {.leaf = SGX_EEXIT, .reason = reason, .stop = stop};
    return sgx_turn_take(&turns, &left, &why);
}

static enum sgx_turn except(uint16_t vector, uint64_t address)
{
    const struct sgx_left left = {.leaf = SGX_ERESUME, .vector = vector, .address = address};
    return sgx_turn_take(&turns, &left, &why);
}

static void calls_and_exceptions_alternate(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(leave(SGX_KEEP_EXIT_PORT, 0), SGX_TURN_SERVE);
        assert_int_equal(except(6, 0), SGX_TURN_HANDLE);
        assert_int_equal(leave(SGX_KEEP_EXIT_RESUME, 0), SGX_TURN_RESUME);
        assert_int_equal(except(14, 0x1000), SGX_TURN_HANDLE);
        assert_int_equal(leave(SGX_KEEP_EXIT_RESUME, 0), SGX_TURN_RESUME);
    }
}

static void the_shim_says_why_it_stops(void **state)
{
    (void)state;
    assert_int_equal(leave(SGX_KEEP_EXIT_DEAD, SGX_KEEP_STOP_PORT), SGX_TURN_END);
    assert_string_equal(why, "the host broke the rules of the port");
    for (uint64_t stop = 0; stop < SGX_KEEP_STOP_COUNT; stop++) {
        assert_int_equal(leave(SGX_KEEP_EXIT_DEAD, stop), SGX_TURN_END);
        assert_non_null(why);
    }
    static const uint64_t none[] = {SGX_KEEP_STOP_COUNT, 1ull << 32, UINT64_MAX};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(leave(SGX_KEEP_EXIT_DEAD, none[i]), SGX_TURN_END);
        assert_string_equal(why, "for a reason that is none");
    }
}

static void reasons_that_are_none_end_it(void **state)
{
    (void)state;
    static const uint64_t none[] = {0, 4, 1ull << 32 | SGX_KEEP_EXIT_PORT, UINT64_MAX};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(leave(none[i], 0), SGX_TURN_END);
}

static void nothing_is_resumed_that_was_not_interrupted(void **state)
{
    (void)state;
    assert_int_equal(leave(SGX_KEEP_EXIT_RESUME, 0), SGX_TURN_END);
    begin(state);
    except(6, 0);
    leave(SGX_KEEP_EXIT_RESUME, 0);
    assert_int_equal(leave(SGX_KEEP_EXIT_RESUME, 0), SGX_TURN_END);
}

static void no_call_while_an_exception_is_handled(void **state)
{
    (void)state;
    except(6, 0);
    assert_int_equal(leave(SGX_KEEP_EXIT_PORT, 0), SGX_TURN_END);
}

/* One level further, for the shim to say that it stops, and no more. */
static void nesting_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(except(14, 0x1000), SGX_TURN_HANDLE);
    assert_int_equal(except(14, 0x2000), SGX_TURN_HANDLE);
    assert_int_equal(except(14, 0x3000), SGX_TURN_END);
    assert_string_equal(why, "exceptions came while it handled one");
}

static int repeat(int times, uint16_t vector, uint64_t step)
{
    for (int i = 0; i < times; i++) {
        if (except(vector, (uint64_t)i * step) != SGX_TURN_HANDLE)
            return i;
        leave(SGX_KEEP_EXIT_RESUME, 0);
    }
    return times;
}

static void a_fault_that_stays_ends_it(void **state)
{
    (void)state;
    assert_int_equal(repeat(5000, 14, 0), 1000);
    assert_string_equal(why, "one of its pages faults again and again");
    begin(state);
    assert_int_equal(repeat(5000, 14, SGX_PAGE), 5000); /* other pages */
    begin(state);
    assert_int_equal(repeat(5000, 6, 0), 5000); /* system calls */
}

static void an_entry_that_faults_ends_it(void **state)
{
    (void)state;
    const struct sgx_left left = {.leaf = SGX_EENTER, .vector = 13};
    assert_int_equal(sgx_turn_take(&turns, &left, &why), SGX_TURN_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(calls_and_exceptions_alternate, begin),
        cmocka_unit_test_setup(the_shim_says_why_it_stops, begin),
        cmocka_unit_test_setup(reasons_that_are_none_end_it, begin),
        cmocka_unit_test_setup(nothing_is_resumed_that_was_not_interrupted, begin),
        cmocka_unit_test_setup(no_call_while_an_exception_is_handled, begin),
        cmocka_unit_test_setup(nesting_is_bounded, begin),
        cmocka_unit_test_setup(a_fault_that_stays_ends_it, begin),
        cmocka_unit_test_setup(an_entry_that_faults_ends_it, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
