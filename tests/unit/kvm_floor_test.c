/* SPDX-License-Identifier: Apache-2.0 */
/* Releases of Linux, against the first that has mended what docs/kvm.md lists. The numbers are
 * those of the record of CVE-2026-31588. */
/* links: host/kvm/floor.c */
#include "host/kvm/floor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void each_branch_has_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *release;
        bool met;
        const char *floor;
    } rows[] = {
        {"6.6.136", true, "6.6.136"},
        {"6.6.135", false, "6.6.136"},
        {"6.12.83-generic", true, "6.12.83"},
        {"6.12.9", false, "6.12.83"},
        {"6.18.44-fc-v669", true, "6.18.24"},
        {"6.18-rc3", false, "6.18.24"},
        {"6.18-99", false, "6.18.24"},
        {"6.19.14", true, "6.19.14"},
        {"7.0.0", false, "7.0.1"},
        {"7.0.1", true, "7.0.1"},
        {"5.10.257", false, "5.10.258"},
        {"5.15.210", true, "5.15.209"},
        /* Debian counts otherwise in what uname(2) gives. */
        {"6.1.0-39-cloud-amd64", false, "6.1.175"},
        /* Branches that ended before: the next. */
        {"6.16.99", false, "6.18.24"},
        {"5.4.999", false, "5.10.258"},
        {"4.11.0", false, "5.10.258"},
        /* Those that began after. */
        {"7.1.0", true, "7.0.1"},
        {"8.0", true, "7.0.1"},
        {"10.0.0", true, "7.0.1"},
        /* None. */
        {"", false, "5.10.258"},
        {"7", false, "7.0.1"},
        {"new", false, "5.10.258"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct kvm_release floor;
        char text[48];
        const bool met = kvm_floor(rows[i].release, &floor);
        snprintf(text, sizeof(text), "%u.%u.%u", floor.major, floor.minor, floor.patch);
        if (met != rows[i].met)
            fail_msg("%s", rows[i].release);
        assert_string_equal(text, rows[i].floor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_branch_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
