/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing a backend among fakes, whose probes say what a test wants. */
/* links: host/backend.c */
#include "host/backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t probe_good(struct probe *rows)
{
    rows[0] = (struct probe){.what = "CPU", .ok = true, .why = "fits"};
    rows[1] = (struct probe){.what = "Driver", .ok = true, .why = "there"};
    return 2;
}

static size_t probe_bad(struct probe *rows)
{
    rows[0] = (struct probe){.what = "CPU", .ok = true, .why = "fits"};
    rows[1] = (struct probe){.what = "Driver", .ok = false, .why = "no driver; install it"};
    rows[2] = (struct probe){.what = "Service", .ok = false, .why = "not running"};
    return 3;
}

static size_t probe_wordy(struct probe *rows)
{
    rows[0] = (struct probe){.what = "CPU"};
    memset(rows[0].why, 'x', sizeof(rows[0].why) - 1);
    return 1;
}

/* What host/backend.c lists in this build. */
extern const struct backend nil_backend;
const struct backend nil_backend = {.name = "nil", .selectable = true, .probe = probe_good};
extern const struct backend sgx_backend;
extern const struct backend kvm_backend;
const struct backend kvm_backend = {.name = "kvm", .selectable = true, .probe = probe_bad};
extern const struct backend sgx_sim_backend;
const struct backend sgx_sim_backend = {.name = "sgx-sim", .probe = probe_good};
const struct backend sgx_backend = {.name = "sgx", .selectable = true, .probe = probe_bad};

static const struct backend good = {.name = "good", .selectable = true, .probe = probe_good};
static const struct backend bad = {.name = "bad", .selectable = true, .probe = probe_bad};
static const struct backend wordy = {.name = "wordy", .selectable = true, .probe = probe_wordy};
static const struct backend simulated = {.name = "simulated", .probe = probe_good};

static void finds_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(backend_find("nil"), &nil_backend);
    assert_null(backend_find("moon"));
    assert_null(backend_find(""));
}

static void names_the_first_probe_that_fails(void **state)
{
    (void)state;
    struct probe failed;
    assert_true(backend_probe(&good, &failed));
    assert_false(backend_probe(&bad, &failed));
    assert_string_equal(failed.what, "Driver");
}

static void takes_the_first_that_works(void **state)
{
    (void)state;
    const struct backend *const all[] = {&good, &nil_backend};
    char why[200];
    assert_ptr_equal(backend_choose(all, 2, why, sizeof(why)), &good);
    assert_string_equal(why, "first in the order of preference, all its probes passed");
}

static void says_what_it_passed_over(void **state)
{
    (void)state;
    const struct backend *const all[] = {&bad, &simulated, &nil_backend};
    char why[200];
    assert_ptr_equal(backend_choose(all, 3, why, sizeof(why)), &nil_backend);
    assert_string_equal(why, "bad: no driver; install it");
}

static void never_takes_a_simulation(void **state)
{
    (void)state;
    const struct backend *const all[] = {&simulated};
    char why[200];
    assert_null(backend_choose(all, 1, why, sizeof(why)));
}

static void cuts_what_does_not_fit(void **state)
{
    (void)state;
    const struct backend *const all[] = {&wordy, &bad, &wordy, &nil_backend};
    char why[100];
    assert_ptr_equal(backend_choose(all, 4, why, sizeof(why)), &nil_backend);
    assert_int_equal(strlen(why), sizeof(why) - 1);
}

static void selects_from_all(void **state)
{
    (void)state;
    char why[100];
    assert_ptr_equal(backend_select(why, sizeof(why)), &nil_backend);
    assert_string_equal(why, "sgx: no driver; install it; kvm: no driver; install it");
    assert_ptr_equal(backends[0], &sgx_backend);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_name),
        cmocka_unit_test(names_the_first_probe_that_fails),
        cmocka_unit_test(takes_the_first_that_works),
        cmocka_unit_test(says_what_it_passed_over),
        cmocka_unit_test(never_takes_a_simulation),
        cmocka_unit_test(cuts_what_does_not_fit),
        cmocka_unit_test(selects_from_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
