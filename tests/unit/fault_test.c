/* SPDX-License-Identifier: Apache-2.0 */
/* Faults as a terminal gets to see them. */
/* links: host/fault.c */
#include "host/fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void they_return_the_error(void **state)
{
    (void)state;
    struct fault fault;
    assert_int_equal(fault_set(&fault, -EPERM, "%s is %d", "this", 7), -EPERM);
    assert_string_equal(fault.text, "this is 7");
    assert_int_equal(fault_system(&fault, -ENOENT, "open %s", "x"), -ENOENT);
    assert_string_equal(fault.text, "open x: No such file or directory");
}

static void control_characters_are_masked(void **state)
{
    (void)state;
    struct fault fault;
    fault_set(&fault, 0, "%s",
              "a\x1b[31mb\nc\x7f\xc2\x9b"
              "31md\xc3\xa9");
    assert_string_equal(fault.text, "a?[31mb?c???31md\xc3\xa9");
    fault_set(&fault, 0, "%s", "ends in \xc2");
    assert_string_equal(fault.text, "ends in \xc2");
}

static void long_texts_are_cut_before_the_reason(void **state)
{
    (void)state;
    struct fault fault;
    char name[1000];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    fault_system(&fault, -ENOSPC, "write %s", name);
    assert_int_equal(strlen(fault.text), sizeof(fault.text) - 1);
    assert_non_null(strstr(fault.text, "x: No space left on device"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_return_the_error),
        cmocka_unit_test(control_characters_are_masked),
        cmocka_unit_test(long_texts_are_cut_before_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
