/* SPDX-License-Identifier: Apache-2.0 */
/* The line with which a keep ends when exec has failed. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/shim_keep.h"

static struct kernel k;

static int setup(void **state)
{
    (void)state;
    keep_init(&k);
    k.block = (struct shared *)keep.block;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep_fini();
    return 0;
}

static void fails_with(uint64_t number, const char *line)
{
    assert_int_equal(ENDING((kernel_fail(&k, "why", number), 0)), EXITED);
    assert_string_equal(keep.log, line);
    assert_int_equal(keep.exit[0], PORT_END_FAILED);
    assert_int_equal(keep.exit[1], 1);
}

static void the_line_is_text_and_number(void **state)
{
    (void)state;
    fails_with(0, "why");
    fails_with(1, "why 1");
    fails_with(10, "why 10");
    fails_with(4294967296, "why 4294967296");
    fails_with(UINT64_MAX, "why 18446744073709551615");
}

static void the_line_is_bounded(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof(text));
    text[299] = '\0';
    assert_int_equal(ENDING((kernel_fail(&k, text, UINT64_MAX), 0)), EXITED);
    assert_true(strlen(keep.log) < 128);
    assert_string_equal(strchr(keep.log, ' '), " 18446744073709551615");
}

/* A host that goes on after the end, or lies about the line. */
static void there_is_no_way_on(void **state)
{
    (void)state;
    keep.lies = true;
    keep.result = 0;
    assert_int_equal(ENDING((kernel_fail(&k, "why", 1), 0)), STOPPED_ENDED);
    keep.result = 1;
    assert_int_equal(ENDING((kernel_fail(&k, "why", 1), 0)), STOPPED_PORT);
    keep.result = -5; /* an errno like another */
    assert_int_equal(ENDING((kernel_fail(&k, "why", 1), 0)), STOPPED_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_line_is_text_and_number, setup, teardown),
        cmocka_unit_test_setup_teardown(the_line_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(there_is_no_way_on, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
