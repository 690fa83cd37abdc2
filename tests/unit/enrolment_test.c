/* SPDX-License-Identifier: Apache-2.0 */
/* A keep and its steward over time: the first certificate, the next ones, every way of not
 * getting one, and clocks that jump. No time passes but in waits. */
/* links: exec/enrolment.c exec/steward_answer.c exec/certificate.c exec/evidence.c exec/identity.c exec/port.c exec/report.c exec/time.c exec/wait.c conf/evidence_claims.c conf/host_name.c */
/* links: tls/certificate.c tls/context.c tls/path.c tls/peer.c tls/pipe.c tls/session.c tests/unit/port_sockets.c tests/unit/test_steward.c tests/unit/made_cert.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "exec/enrolment.h"

#include "crypto/key.h"
#include "exec/time.h"
#include "tests/unit/port_sockets.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sim_evidence.h"
#include "tests/unit/test_steward.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000000u
#define MINUTE (60ull * SECOND)
#define HOUR   (60 * MINUTE)
#define NAMES  "DNS:a.example,DNS:b.example"

static const uint8_t workload[32] = {0x77};
static struct bytes names[2];

static struct {
    struct keep_certificate certificate;
    struct tls_roots *roots;
    struct enrolment e;
    struct wait_company before; /* whoever was served before */
    unsigned served;
    int before_ends;
    unsigned shown;
    int show_error;
    uint8_t cert[8192]; /* that was shown last */
    size_t cert_size, above_size;
    uint64_t start;
} w;

/* ---- one keep ---- */

static int set_up(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    setenv("XDG_STATE_HOME", *state, 1);
    sim_evidence_open();
    names[0] = bytes_of_text("a.example");
    names[1] = bytes_of_text("b.example");
    host.now = TIME_RELEASE + HOUR;
    return 0;
}

static int tear_down(void **state)
{
    test_steward_fini();
    sim_evidence_close();
    return scratch_close(state);
}

static int show(void *context, const struct tls_identity *own)
{
    assert_ptr_equal(context, &w);
    if (w.show_error < 0)
        return w.show_error;
    w.shown++;
    assert_true(own->cert.size <= sizeof(w.cert));
    assert_ptr_equal(own->key, w.certificate.identity.key);
    memcpy(w.cert, own->cert.data, own->cert.size);
    w.cert_size = own->cert.size;
    w.above_size = own->above.size;
    return 0;
}

static size_t ask_before(void *context, struct port_poll_row *rows, size_t room, uint64_t *timeout)
{
    (void)context, (void)timeout;
    assert_true(room >= WAIT_COMPANY_MIN);
    rows[0] = (struct port_poll_row){.handle = -1, .want = PORT_POLL_READ};
    return 1;
}

static int answer_before(void *context, const struct port_poll_row *rows, size_t count)
{
    (void)context;
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].handle, -1);
    w.served++;
    return w.before_ends;
}

static int begin(void **state)
{
    (void)state;
    /* the clock goes on from one test to the next: it never goes back */
    host =
        (struct port_sockets){.now = host.now, .ahead = host.ahead, .evidence = sim_evidence_quote};
    memset(&w, 0, sizeof(w));
    test_steward_reset(NAMES, workload);
    const struct keep_subject subject = {workload, names, 2};
    assert_int_equal(keep_certificate_init(&w.certificate, &subject), 0);
    assert_int_equal(tls_roots_new(made_cert_der(&steward.root), &w.roots), 0);
    w.before = (struct wait_company){.ask = ask_before, .answer = answer_before};
    const struct enrolment_config config = {
        .steward = bytes_of_text(STEWARD_URL),
        .roots = w.roots,
        .certificate = &w.certificate,
        .before = &w.before,
        .show = show,
        .context = &w,
    };
    assert_int_equal(enrolment_init(&w.e, &config), 0);
    w.start = host.now;
    return 0;
}

static int end(void **state)
{
    (void)state;
    enrolment_fini(&w.e);
    tls_roots_free(w.roots);
    keep_certificate_fini(&w.certificate);
    return 0;
}

/* A program that waits that long, and for nothing. */
static void pass(uint64_t ns)
{
    const uint64_t until = host.now + ns;
    assert_int_equal(wait_for(&w.e.company, NULL, 0, ns), 0);
    assert_true(host.now >= until);
}

static void is_shown(unsigned times)
{
    assert_int_equal(w.shown, times);
    assert_true(bytes_equal((struct bytes){w.cert, w.cert_size}, made_cert_der(&steward.last)));
    assert_int_equal(w.above_size, steward.issuing.size);
}

static unsigned count_of(const char *text)
{
    unsigned count = 0;
    for (const char *at = host.log; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static void is_told(const char *text)
{
    if (count_of(text) != 1)
        fail_msg("\"%s\" is not once in \"%s\"", text, host.log);
}

/* ---- the first ---- */

static void gets_one_before_it_starts(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    is_shown(1);
    assert_int_equal(steward.nonces, 1);
    assert_int_equal(steward.requests, 1);
    assert_true(host.now - w.start < SECOND);
    assert_true(w.served > 0);
    assert_true(bytes_equal(w.e.own.cert, made_cert_der(&steward.last)));
    is_told("certifies the key of this keep until ");
}

static void waits_for_a_host_that_takes_its_time(void **state)
{
    (void)state;
    steward.waits = 50;
    assert_int_equal(enrolment_first(&w.e), 0);
    is_shown(1);
    assert_true(host.now - w.start > 10ull * SECOND);
    assert_true(host.polls < 120); /* and does not ask without end */
}

static void refused(int64_t nonce, int64_t request, unsigned tries, const char *why)
{
    steward.no_nonce = nonce;
    steward.refusal = request;
    assert_true(enrolment_first(&w.e) < 0);
    assert_int_equal(w.shown, 0);
    assert_int_equal(steward.nonces, tries);
    assert_int_equal(steward.requests, request == 0 ? 0 : tries);
    is_told(why);
    is_told("no certificate from the steward " STEWARD_URL ": ");
    /* and nobody is asked ever after */
    pass(HOUR);
    assert_int_equal(steward.nonces, tries);
}

static void is_refused(void **state)
{
    (void)state;
    refused(0, -EACCES, 1, "it refuses");
}

static void is_refused_a_nonce(void **state)
{
    (void)state;
    refused(-EACCES, 0, 1, "it refuses");
}

static void has_no_host_that_could_ask(void **state)
{
    (void)state;
    refused(-ENOSYS, 0, 1, "cannot ask it");
}

/* Who may yet come is waited for, but not for long. */
static void finds_nobody(void **state)
{
    (void)state;
    steward.no_nonce = -ECONNREFUSED;
    assert_true(enrolment_first(&w.e) < 0);
    assert_int_equal(steward.nonces, ENROLMENT_TRIES);
    assert_true(host.now - w.start >= 3ull * SECOND && host.now - w.start < 10ull * SECOND);
    is_told("Connection refused; trying again");
    assert_int_equal(count_of("no certificate from the steward"), 2);
}

static void come_back(void) { steward.no_nonce = 0; }

static void finds_somebody_in_the_end(void **state)
{
    (void)state;
    steward.no_nonce = -ETIMEDOUT;
    host.idle = come_back;
    assert_int_equal(enrolment_first(&w.e), 0);
    is_shown(1);
    assert_int_equal(steward.nonces, 2);
}

static void never_hears_from_its_host(void **state)
{
    (void)state;
    steward.waits = UINT32_MAX;
    assert_true(enrolment_first(&w.e) < 0);
    assert_true(host.now - w.start >= ENROLMENT_FIRST_NS &&
                host.now - w.start < ENROLMENT_FIRST_NS + SECOND);
    is_told("no answer now");
    const unsigned asked = host.exchanges;
    pass(HOUR);
    assert_int_equal(host.exchanges, asked);
}

static void others_may_end_it(void **state)
{
    (void)state;
    w.before_ends = -EINTR;
    assert_int_equal(enrolment_first(&w.e), -EINTR);
    assert_int_equal(steward.nonces, 0);
}

static void wrong(const char *why)
{
    assert_true(enrolment_first(&w.e) < 0);
    assert_int_equal(w.shown, 0);
    assert_int_equal(steward.nonces, 1);
    is_told(why);
}

static void gets_anothers(void **state)
{
    (void)state;
    EVP_PKEY *key;
    assert_int_equal(key_generate(&key), 0);
    steward.key = key;
    wrong("its answer certifies another key");
    EVP_PKEY_free(key);
}

static void gets_one_by_another_authority(void **state)
{
    (void)state;
    steward.by = &steward.other;
    wrong("its answer does not lead to what 'ca' of [certificate] pins (");
}

static void gets_other_names(void **state)
{
    (void)state;
    steward.extensions = STEWARD_USAGE "subjectAltName=DNS:a.example,DNS:c.example";
    wrong("a name that was not asked for");
}

static void gets_one_for_longer(void **state)
{
    (void)state;
    steward.lifetime = 2 * 86400;
    wrong("for longer than a day");
}

static void gets_more_than_one(void **state)
{
    (void)state;
    steward.longer = true;
    wrong("its answer is no path of certificates");
}

static void gets_no_nonce(void **state)
{
    (void)state;
    steward.nonce_size = PORT_NONCE_MAX + 1;
    wrong("no steward");
    assert_int_equal(steward.requests, 0);
}

static void gets_the_longest_nonce(void **state)
{
    (void)state;
    steward.nonce_size = PORT_NONCE_MAX;
    assert_int_equal(enrolment_first(&w.e), 0);
    is_shown(1);
}

static void gets_more_than_there_is_room_for(void **state)
{
    (void)state;
    steward.answer_size = PORT_REQUEST_MAX + 1;
    wrong("no steward");
}

static void cannot_show_it(void **state)
{
    (void)state;
    w.show_error = -EKEYREJECTED;
    wrong("cannot be shown");
}

static int64_t fails(const uint8_t report_data[REPORT_DATA_BYTES], void *to, size_t size)
{
    (void)report_data, (void)to, (void)size;
    return -EIO;
}

static void has_no_evidence(void **state)
{
    (void)state;
    host.evidence = fails;
    wrong("no evidence");
    assert_int_equal(steward.requests, 0);
}

/* ---- the next ---- */

static void gets_the_next_in_good_time(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    pass(15 * HOUR); /* of 23 h and 55 min */
    assert_int_equal(w.shown, 1);
    pass(2 * HOUR);
    is_shown(2);
    assert_int_equal(steward.nonces, 2);
    pass(14 * HOUR);
    assert_int_equal(w.shown, 2);
    pass(2 * HOUR);
    is_shown(3);
    assert_true(host.polls < 50 * 60); /* a look a minute */
    assert_int_equal(count_of("no new certificate"), 0);
}

static void a_busy_program_gets_it_too(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    host.now += 16 * HOUR;
    for (unsigned i = 0; i < 10; i++) {
        w.e.ticks = 0; /* long ago */
        enrolment_look(&w.e);
        host.now += SECOND;
    }
    is_shown(2);
    const unsigned asked = host.exchanges;
    host.now += 16 * HOUR;
    w.e.ticks = __builtin_ia32_rdtsc(); /* just now */
    enrolment_look(&w.e);
    assert_int_equal(host.exchanges, asked);
}

static void says_so_once_when_there_is_none(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    steward.no_nonce = -ECONNREFUSED;
    pass(20 * HOUR);
    assert_int_equal(w.shown, 1);
    assert_true(steward.nonces > 30 && steward.nonces < 150); /* every 5 minutes or less */
    assert_int_equal(count_of("no new certificate"), 1);
    is_told("is good until ");
    /* it has expired: which is worth another line, and no reason to end */
    pass(5 * HOUR);
    assert_int_equal(count_of("no new certificate"), 2);
    is_told("is refused by peers since ");
    assert_int_equal(w.shown, 1);
    steward.no_nonce = 0;
    pass(HOUR);
    is_shown(2);
    /* and the next time again */
    steward.refusal = -EACCES;
    pass(18 * HOUR);
    assert_int_equal(count_of("no new certificate"), 3);
    is_told("it refuses");
}

static void pauses_grow(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    steward.no_nonce = -EACCES;
    pass(15 * HOUR + 50 * MINUTE);
    assert_int_equal(steward.nonces, 1);
    pass(8 * MINUTE);
    const unsigned soon = steward.nonces;
    assert_true(soon > 6 && soon < 12); /* 1, 2, 4, ... s, or half of that */
    pass(HOUR);
    assert_true(steward.nonces - soon > 11 && steward.nonces - soon < 26);
}

static void a_wrong_one_is_not_shown(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    const struct made_cert good = steward.last;
    steward.by = &steward.other;
    pass(17 * HOUR);
    assert_int_equal(w.shown, 1);
    assert_true(bytes_equal(w.e.own.cert, made_cert_der(&good)));
    is_told("does not lead to");
    steward.by = NULL;
    pass(10 * MINUTE);
    is_shown(2);
}

static void one_that_cannot_be_shown_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    w.show_error = -ENOMEM;
    pass(17 * HOUR);
    is_told("cannot be shown");
    w.show_error = 0;
    pass(10 * MINUTE);
    is_shown(2);
}

/* A host that gives no answer is asked anew, later. */
static void a_host_that_goes_silent(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    steward.waits = UINT32_MAX;
    pass(16 * HOUR + 10 * MINUTE);
    const unsigned asked = steward.nonces;
    assert_true(asked >= 4 && asked < 12);
    is_told("it has no answer now");
    steward.waits = 0;
    pass(10 * MINUTE);
    is_shown(2);
}

/* ---- clocks, and stewards that would have a keep ask all the time ---- */

static void short_ones_are_renewed_at_a_pace(void **state)
{
    (void)state;
    steward.lifetime = 1;
    assert_int_equal(enrolment_first(&w.e), 0);
    pass(10 * MINUTE);
    assert_true(steward.nonces >= 50 && steward.nonces <= 61);
}

static void minutes_are_enough(void **state)
{
    (void)state;
    steward.lifetime = 60; /* of enarx steward --lifetime 6m */
    assert_int_equal(enrolment_first(&w.e), 0);
    pass(39ull * SECOND);
    assert_int_equal(w.shown, 1);
    pass(2ull * SECOND);
    is_shown(2);
    pass(10 * MINUTE);
    assert_true(w.shown >= 15 && w.shown <= 17);
}

/* A machine that slept. */
static void a_day_may_go_by_at_once(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    pass(HOUR);
    host.ahead += 20 * HOUR;
    pass(2 * MINUTE);
    is_shown(2);
}

/* Behind the truth: the keep knows that time does not go back. */
static void clocks_do_not_go_back(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    const unsigned polls = host.polls;
    host.ahead -= 10 * HOUR;
    pass(15 * HOUR);
    assert_int_equal(w.shown, 1);
    assert_true(host.polls - polls < 16 * 60);
    host.ahead += 10 * HOUR;
    pass(2 * HOUR);
    is_shown(2);
}

/* Far ahead of the truth, which its steward keeps to: nothing that comes is valid, and asking
 * goes on slowly. It is the last test: the keep's time stays there. */
static void a_clock_far_ahead(void **state)
{
    (void)state;
    assert_int_equal(enrolment_first(&w.e), 0);
    host.ahead += 50 * 365 * 24 * HOUR;
    const unsigned polls = host.polls;
    steward.lifetime = -3600; /* by that clock */
    pass(HOUR);
    assert_true(host.polls - polls < 400);
    assert_true(steward.nonces > 11 && steward.nonces < 40);
    assert_int_equal(w.shown, 1);
    is_told("has expired, by this host's clock");
    is_told("is refused by peers since ");
    host.ahead = UINT64_MAX - host.now - 10 * HOUR; /* the end of time */
    steward.lifetime = 0;
    pass(HOUR);
    assert_true(host.polls - polls < 1000);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gets_one_before_it_starts),
        TEST(waits_for_a_host_that_takes_its_time),
        TEST(is_refused),
        TEST(is_refused_a_nonce),
        TEST(has_no_host_that_could_ask),
        TEST(finds_nobody),
        TEST(finds_somebody_in_the_end),
        TEST(never_hears_from_its_host),
        TEST(others_may_end_it),
        TEST(gets_anothers),
        TEST(gets_one_by_another_authority),
        TEST(gets_other_names),
        TEST(gets_one_for_longer),
        TEST(gets_more_than_one),
        TEST(gets_no_nonce),
        TEST(gets_the_longest_nonce),
        TEST(gets_more_than_there_is_room_for),
        TEST(cannot_show_it),
        TEST(has_no_evidence),
        TEST(gets_the_next_in_good_time),
        TEST(a_busy_program_gets_it_too),
        TEST(says_so_once_when_there_is_none),
        TEST(pauses_grow),
        TEST(a_wrong_one_is_not_shown),
        TEST(one_that_cannot_be_shown_is_tried_again),
        TEST(a_host_that_goes_silent),
        TEST(short_ones_are_renewed_at_a_pace),
        TEST(minutes_are_enough),
        TEST(a_day_may_go_by_at_once),
        TEST(clocks_do_not_go_back),
        TEST(a_clock_far_ahead),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
