/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and times: the examples of TOML 1.0.0 and of RFC 3339, section 5.8. */
/* links: conf/toml_datetime.c base/rfc3339.c conf/toml_scan.c conf/toml_error.c */
/* links: base/cur.c base/put.c base/utf8.c */
#include "conf/toml_scalar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void accepts(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "1979-05-27T07:32:00Z",
        "1979-05-27T00:32:00-07:00",
        "1979-05-27T00:32:00.999999-07:00",
        "1979-05-27 07:32:00Z",
        "1979-05-27t07:32:00z",
        "1979-05-27T07:32:00",
        "1979-05-27T00:32:00.999999",
        "1979-05-27",
        "07:32:00",
        "00:32:00.999999",
        "1985-04-12T23:20:50.52Z",
        "1990-12-31T23:59:60Z",
        "1990-12-31T15:59:60-08:00",
        "1937-01-01T12:00:27.87+00:20",
        "2000-02-29",
        "2024-02-29",
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const char *wrong = toml_datetime_check(bytes_of_text(rows[i]));
        if (wrong != NULL)
            fail_msg("%s: %s", rows[i], wrong);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *wrong;
    } rows[] = {
        {"1979-00-27", "months are 01 to 12"},
        {"1979-13-27", "months are 01 to 12"},
        {"1979-05-00", "the month has no such day"},
        {"1979-05-32", "the month has no such day"},
        {"1979-04-31", "the month has no such day"},
        {"2023-02-29", "the month has no such day"},
        {"1900-02-29", "the month has no such day"},
        {"1979-05", "after the month comes -"},
        {"1979-05-2", "it ends too soon"},
        {"1979-5-27", "a digit is missing"},
        {"1979-05-27T", "it ends too soon"},
        {"1979-05-27T24:00:00", "hours are 00 to 23"},
        {"1979-05-27T07:60:00", "minutes are 00 to 59"},
        {"1979-05-27T07:00:61", "seconds are 00 to 60"},
        {"1979-05-27T07:32", "after the minute come : and seconds"},
        {"1979-05-27T07:32:00.", "after the point comes a digit"},
        {"1979-05-27T07:32:00+0700", "after the hour comes :"},
        {"1979-05-27T07:32:00+24:00", "hours are 00 to 23"},
        {"1979-05-27T07:32:00+07:60", "minutes are 00 to 59"},
        {"1979-05-27T07:32:00Zjunk", "something follows it"},
        {"1979-05-27Z", "something follows it"},
        {"07:32:00Z", "something follows it"},
        {"07:32", "after the minute come : and seconds"},
        {"1979+05-27", "after the year comes -"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const char *wrong = toml_datetime_check(bytes_of_text(rows[i].text));
        if (wrong == NULL || strcmp(wrong, rows[i].wrong) != 0)
            fail_msg("%s: %s", rows[i].text, wrong != NULL ? wrong : "accepted");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
