/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers of a processor that fails in every way: the shim's code, with a
 * generator of the test's in place of RDRAND. */
#define SHIM_X86_RDRAND_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool rdrand(uint64_t *word);

#include "shim/x86/random.c"

static jmp_buf stopped;
static unsigned asked;

/* What it answers from call `from` on, how often it has nothing before each word. */
static enum { GOOD, SAME, ZEROES, ONES, NOTHING } mood;
static unsigned from;
static bool once; /* but for one word it is a good one */
static unsigned pauses;
static unsigned paused;

static uint64_t good(unsigned n) { return 0x9e3779b97f4a7c15u * (n + 1); }

static bool rdrand(uint64_t *word)
{
    assert_true(asked < 10000);
    asked++;
    *word = 0;
    if (mood == NOTHING && asked > from)
        return false;
    if (paused++ < pauses)
        return false;
    paused = 0;
    *word = good(asked);
    if (once ? asked == from + 1 : asked > from) {
        if (mood == SAME)
            *word = good(0);
        if (mood == ZEROES)
            *word = 0;
        if (mood == ONES)
            *word = UINT64_MAX;
    }
    return true;
}

no_return void machine_stop(enum machine_stop why)
{
    assert_int_equal(why, STOP_ENTROPY);
    longjmp(stopped, 1);
}

static int setup(void **state)
{
    (void)state;
    mood = GOOD;
    once = false;
    asked = from = pauses = paused = 0;
    return 0;
}

static bool stops(void *to, size_t size)
{
    if (setjmp(stopped) != 0)
        return true;
    random_fill(to, size);
    return false;
}

static void fills_exactly(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 40; size++) {
        uint8_t out[48];
        memset(out, 0, sizeof(out));
        asked = 0;
        assert_false(stops(out, size));
        for (size_t i = 0; i < size / 8; i++) { /* word 1 only tells a stuck one */
            const uint64_t word = good((unsigned)i + 2);
            assert_memory_equal(out + 8 * i, &word, 8);
        }
        for (size_t i = size; i < sizeof(out); i++)
            assert_int_equal(out[i], 0);
    }
}

static void waits_a_little(void **state)
{
    (void)state;
    uint8_t out[32];
    pauses = 9;
    assert_false(stops(out, sizeof(out)));
    setup(NULL);
    pauses = 10;
    assert_true(stops(out, sizeof(out)));
    assert_int_equal(asked, 10);
}

/* From the start or later on, whatever is asked for. */
static void a_broken_one_stops(void **state)
{
    (void)state;
    uint8_t out[256];
    for (int m = SAME; m <= NOTHING; m++) {
        for (unsigned first = 0; first < 8; first++) {
            setup(NULL);
            mood = m;
            from = first;
            if (!stops(out, sizeof(out)))
                fail_msg("mood %d from word %u on", m, first);
        }
        setup(NULL);
        mood = m;
        assert_true(stops(out, 1));
    }
    for (int m = ZEROES; m <= ONES; m++) { /* a word that no test for repetition sees */
        setup(NULL);
        mood = m;
        once = true;
        from = 3;
        assert_true(stops(out, sizeof(out)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fills_exactly, setup),
        cmocka_unit_test_setup(waits_a_little, setup),
        cmocka_unit_test_setup(a_broken_one_stops, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
