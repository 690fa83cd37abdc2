/* SPDX-License-Identifier: Apache-2.0 */
/* Who hears what exec says. The port here writes down what the host would hear. */
/* links: exec/report.c base/cur.c */
#include "exec/report.h"

#include "exec/port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct heard {
    enum port_level level;
    char text[5000];
    enum port_end end;
    uint32_t status;
    unsigned ends;
};

static bool deploys;
static struct heard host;
static struct heard owner;
static jmp_buf ended;

static void hear(struct heard *h, enum port_level level, struct bytes text)
{
    assert_true(text.size < sizeof(h->text));
    h->level = level;
    memcpy(h->text, text.data, text.size);
    h->text[text.size] = '\0';
}

static no_return void end(struct heard *h, enum port_end how, uint32_t status)
{
    h->end = how;
    h->status = status;
    h->ends++;
    longjmp(ended, 1);
}

bool port_deploys(void) { return deploys; }
void port_log(enum port_level level, struct bytes text) { hear(&host, level, text); }
no_return void port_exit(enum port_end how, uint32_t status) { end(&host, how, status); }

static void tell_owner(void *context, enum port_level level, struct bytes text)
{
    hear(context, level, text);
}

static no_return void end_at_owner(void *context, enum port_end how, uint32_t status)
{
    end(context, how, status);
}

static const struct report_sink to_owner = {
    .tell = tell_owner, .end = end_at_owner, .context = &owner};

#define SECRET "s3cret"

static void a_local_runs_host_hears_it(void **state)
{
    (void)state;
    report(PORT_LOG_WARN, "%s", SECRET);
    assert_string_equal(host.text, SECRET);
    assert_int_equal(host.level, PORT_LOG_WARN);
    if (setjmp(ended) == 0)
        report_failure("no %s", "memory");
    assert_string_equal(host.text, "no memory");
    assert_int_equal(host.level, PORT_LOG_ERROR);
    assert_int_equal(host.end, PORT_END_FAILED);
    assert_int_equal(host.status, 1);
    if (setjmp(ended) == 0)
        report_end(PORT_END_TRAP, 9);
    assert_int_equal(host.end, PORT_END_TRAP);
    assert_int_equal(host.status, 9);
    assert_int_equal(host.ends, 2);
}

static void a_long_message_is_cut(void **state)
{
    (void)state;
    char text[6000];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    report(PORT_LOG_ERROR, "%s", text);
    assert_int_equal(strlen(host.text), 4095);
}

/* Before its owner is there, and if nobody ever listens. */
static void a_deployments_host_hears_a_constant(void **state)
{
    (void)state;
    static const char *const texts[] = {SECRET, "", "another"};
    deploys = true;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        report(PORT_LOG_ERROR, "%s", texts[i]);
        assert_string_equal(host.text, "a message that only the keep's owner may read was dropped");
    }
    deploys = false;
}

static void an_owner_hears_it_and_the_host_nothing(void **state)
{
    (void)state;
    deploys = true;
    host = (struct heard){0};
    report_to(&to_owner);
    report(PORT_LOG_DEBUG, "%s", SECRET);
    assert_string_equal(owner.text, SECRET);
    assert_int_equal(owner.level, PORT_LOG_DEBUG);
    if (setjmp(ended) == 0)
        report_failure("%s", SECRET "!");
    assert_string_equal(owner.text, SECRET "!");
    assert_int_equal(owner.end, PORT_END_FAILED);
    if (setjmp(ended) == 0)
        report_end(PORT_END_DONE, 42);
    assert_int_equal(owner.end, PORT_END_DONE);
    assert_int_equal(owner.status, 42);
    assert_int_equal(owner.ends, 2);
    assert_string_equal(host.text, "");
    assert_int_equal(host.ends, 0);
    report_to_host("a session ended", 0);
    assert_string_equal(host.text, "a session ended");
    report_to_host("sessions:", UINT64_MAX);
    assert_string_equal(host.text, "sessions: 18446744073709551615");
    assert_string_equal(owner.text, SECRET "!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_local_runs_host_hears_it),
        cmocka_unit_test(a_long_message_is_cut),
        cmocka_unit_test(a_deployments_host_hears_a_constant),
        cmocka_unit_test(an_owner_hears_it_and_the_host_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
