/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine offers is looked at anew, seldom, and without anybody waiting for it. Time and
 * the backends are the test's. */
/* links: svc/agent/platform.c host/peer_collateral.c host/fault.c conf/collateral.c base/base64.c base/cbor.c base/utf8.c base/cur.c base/put.c */
/* libs: -ljansson */
#define _GNU_SOURCE
#include "host/clock.h"
#include "svc/agent/platform.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEPT_MS 30000u

static atomic_ullong now_ms;

uint64_t clock_ms(void) { return now_ms; }

/* ---- a backend whose probe takes as long as the test likes ---- */

static atomic_uint probes; /* begun */
static atomic_bool works, waits;
static sem_t go;

static size_t probe(struct probe *rows)
{
    const bool found = works;
    probes++;
    if (waits)
        sem_wait(&go);
    rows[0] = (struct probe){.ok = found};
    snprintf(rows[0].what, sizeof(rows[0].what), "Machine");
    snprintf(rows[0].why, sizeof(rows[0].why), found ? "there" : "away");
    return 1;
}

static const struct backend slow = {.name = "slow", .selectable = true, .probe = probe};
static struct platform platform;

static int set_up(void **state)
{
    static const struct agent_config config = {.backends = {&slow}, .backend_count = 1};
    (void)state;
    now_ms = 1000000;
    probes = 0;
    works = true;
    waits = false;
    sem_init(&go, 0, 0);
    platform_open(&platform, &config);
    alarm(30); /* who waits is noticed */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    alarm(0);
    platform_close(&platform);
    return 0;
}

static bool is_available(void)
{
    platform_refresh(&platform);
    return platform_find(&platform, "slow")->available;
}

static void until(bool available)
{
    for (int i = 0; is_available() != available; i++) {
        assert_true(i < 10000);
        usleep(1000);
    }
}

static void until_begun(unsigned count)
{
    for (int i = 0; probes < count; i++) {
        assert_true(i < 10000);
        usleep(1000);
    }
}

static void the_start_waits_for_the_first_look(void **state)
{
    (void)state;
    assert_int_equal(probes, 1);
    assert_true(is_available());
    assert_ptr_equal(platform_find(&platform, NULL)->backend, &slow);
}

static void what_was_found_counts_for_a_while(void **state)
{
    (void)state;
    works = false;
    now_ms += KEPT_MS - 1;
    for (int i = 0; i < 1000; i++)
        assert_true(is_available());
    assert_int_equal(probes, 1);
    now_ms += 1;
    until(false);
    assert_int_equal(probes, 2);
    assert_string_equal(platform_find(&platform, "slow")->rows[0].why, "away");
}

/* However many ask, there is one look, and they get the answer from before. */
static void nobody_waits_for_a_look(void **state)
{
    (void)state;
    works = false;
    waits = true;
    now_ms += KEPT_MS;
    for (int i = 0; i < 1000; i++)
        assert_true(is_available());
    until_begun(2);
    now_ms += 100 * KEPT_MS; /* nor is there another one beside it */
    for (int i = 0; i < 1000; i++)
        assert_true(is_available());
    assert_int_equal(probes, 2);
    waits = false;
    sem_post(&go);
    until(false);
}

/* Who ends does not wait either; what is left belongs to the look. */
static void an_end_does_not_wait(void **state)
{
    (void)state;
    waits = true;
    now_ms += KEPT_MS;
    platform_refresh(&platform);
    until_begun(2);
    platform_close(&platform);
    platform = (struct platform){.config = platform.config};
    sem_post(&go);
    usleep(100000); /* AddressSanitizer sees what it writes to */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_start_waits_for_the_first_look),
        TEST(what_was_found_counts_for_a_while),
        TEST(nobody_waits_for_a_look),
        TEST(an_end_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
