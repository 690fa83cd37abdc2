/* SPDX-License-Identifier: Apache-2.0 */
/* Files of signatures: what is written is read, and nothing else. */
/* links: host/sgx/signatures.c base/cur.c */
/* libs: -ljansson */
#include "host/sgx/signatures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reads_what_it_writes(void **state)
{
    (void)state;
    struct signatures in = {.version = "0.1.0"};
    struct signatures out;
    for (size_t i = 0; i < sizeof(in.sgx); i++)
        ((uint8_t *)&in.sgx)[i] = (uint8_t)(i * 7);
    char *text = signatures_text(&in);
    assert_non_null(text);
    assert_null(signatures_parse(bytes_of_text(text), &out));
    assert_string_equal(out.version, "0.1.0");
    assert_memory_equal(&out.sgx, &in.sgx, sizeof(in.sgx));
    free(text);
}

/* {VERSION, "sgx": [FIRST, 0, 0...]REST of `count` numbers */
static const char *fault(const char *version, const char *first, size_t count, const char *rest)
{
    static char text[16384];
    struct signatures out;
    size_t n = (size_t)snprintf(text, sizeof(text), "{%s\"sgx\": [%s", version, first);
    for (size_t i = 1; i < count; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, ",0");
    snprintf(text + n, sizeof(text) - n, "]%s", rest);
    return signatures_parse(bytes_of_text(text), &out);
}

#define VERSION "\"version\": \"0.1.0\", "

static void the_part_for_sev_is_optional(void **state)
{
    (void)state;
    assert_null(fault(VERSION, "255", 1808, "}"));
    assert_null(fault(VERSION, "0", 1808, ", \"sev\": {\"id_block\": [1], \"id_auth\": [2]}}"));
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    const struct bytes nul = {(const uint8_t *)"{\"version\": \"0\\u0000\", \"sgx\": []}", 33};
    struct signatures out;
    assert_non_null(fault(VERSION, "0", 1807, "}"));
    assert_non_null(fault(VERSION, "0", 1809, "}"));
    assert_non_null(fault(VERSION, "256", 1808, "}"));
    assert_non_null(fault(VERSION, "-1", 1808, "}"));
    assert_non_null(fault(VERSION, "1.0", 1808, "}"));
    assert_non_null(fault(VERSION, "\"1\"", 1808, "}"));
    assert_non_null(fault(VERSION, "true", 1808, "}"));
    assert_non_null(fault("", "0", 1808, "}"));
    assert_non_null(fault("\"version\": \"\", ", "0", 1808, "}"));
    assert_non_null(fault("\"version\": 1, ", "0", 1808, "}"));
    assert_non_null(fault(VERSION, "0", 1808, ", \"sgx2\": 0}"));
    assert_non_null(fault(VERSION, "0", 1808, ", \"version\": \"0.1.0\"}"));
    assert_non_null(fault(VERSION, "0", 1808, "} x"));
    assert_non_null(fault(VERSION, "0", 1808, ""));
    assert_non_null(signatures_parse(bytes_of_text(""), &out));
    assert_non_null(signatures_parse(bytes_of_text("[]"), &out));
    assert_non_null(signatures_parse(bytes_of_text("{\"version\": \"0\"}"), &out));
    assert_non_null(signatures_parse(nul, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(the_part_for_sev_is_optional),
        cmocka_unit_test(everything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
