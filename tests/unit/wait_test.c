/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting: on a host that wakes too early or lies, on objects that need no row of the
 * port, and in company that has to be served whatever the program waits for. */
/* links: exec/wait.c exec/port.c exec/stream.c */
#include "exec/wait.h"

#include "exec/stream.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
    unsigned early_wakes;
    uint16_t ready;
    int64_t failure;
    unsigned polls;
    uint64_t timeout; /* of the last poll */
    size_t count;
    struct port_poll_row asked[PORT_POLL_MAX]; /* as they came */
} host;

static unsigned clock_reads;

int clock_gettime(clockid_t id, struct timespec *time)
{
    clock_reads++;
    return (int)syscall(SYS_clock_gettime, id, time);
}

static int64_t entry(const struct port_call *c)
{
    if (c->verb != PORT_POLL)
        return 0;
    struct port_poll_row *rows = c->out;
    host.polls++;
    host.timeout = c->arg[0];
    host.count = c->in_size / sizeof(*rows);
    memcpy(host.asked, c->in, c->in_size);
    for (size_t i = 0; i < host.count; i++) /* all of a row is the host's */
        rows[i] = (struct port_poll_row){
            .handle = 0x41414141, .want = 0, .ready = host.early_wakes > 0 ? 0 : host.ready};
    if (host.early_wakes == 0)
        return host.failure < 0 ? host.failure : host.ready != 0;
    host.early_wakes--;
    return 0;
}

unsigned long getauxval(unsigned long type)
{
    return type == AT_ENARX_PORT ? (unsigned long)entry : 0;
}

static int set_up(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    return 0;
}

/* ---- streams ---- */

static void an_early_wake_is_no_readiness(void **state)
{
    (void)state;
    struct object *o = stream_new_input(5, false);
    struct wait_row row = {.object = o, .want = OBJECT_READABLE};
    host.early_wakes = 3;
    host.ready = PORT_POLL_READ;
    assert_int_equal(wait_for(NULL, &row, 1, 1000000000), 1);
    assert_int_equal(row.ready, OBJECT_READABLE);
    assert_int_equal(host.asked[0].handle, 5); /* each time anew */
    assert_int_equal(host.asked[0].want, PORT_POLL_READ);
    assert_ptr_equal(row.object, o);
    assert_true(host.timeout < 1000000000);
    host.early_wakes = 3;
    assert_int_equal(wait_for(NULL, &row, 1, UINT64_MAX), 1);
    assert_true(host.timeout == PORT_FOREVER);
    o->ops->close(o);
}

/* Each reading may make a keep leave its enclave. */
static void the_clock_is_read_for_deadlines_alone(void **state)
{
    (void)state;
    struct object *o = stream_new_input(0, false);
    struct wait_row row = {.object = o, .want = OBJECT_READABLE};
    host.ready = PORT_POLL_READ;
    host.early_wakes = 3;
    clock_reads = 0;
    assert_int_equal(wait_for(NULL, &row, 1, UINT64_MAX), 1);
    assert_int_equal(wait_for(NULL, &row, 1, 0), 1);
    assert_int_equal(clock_reads, 0);
    assert_int_equal(wait_for(NULL, &row, 1, 1000000000), 1);
    assert_int_equal(clock_reads, 1);
    o->ops->close(o);
}

static void a_wait_ends_at_its_deadline(void **state)
{
    (void)state;
    struct object *o = stream_new_output(1, true);
    struct wait_row row = {.object = o, .want = OBJECT_WRITABLE};
    assert_int_equal(wait_for(NULL, &row, 1, 3000000), 0);
    assert_int_equal(row.ready, 0);
    assert_int_equal(host.timeout, 0);
    assert_int_equal(wait_for(NULL, &row, PORT_POLL_MAX + 1, 0), -EINVAL);
    o->ops->close(o);
}

static void only_what_was_wanted_is_ready(void **state)
{
    (void)state;
    struct object *o = stream_new_connection(9);
    struct wait_row row = {.object = o, .want = OBJECT_READABLE};
    host.ready = 0xffff & ~PORT_POLL_READ;
    assert_int_equal(wait_for(NULL, &row, 1, 0), 1);
    assert_int_equal(row.ready, OBJECT_HANGUP);
    host.ready = PORT_POLL_WRITE;
    assert_int_equal(wait_for(NULL, &row, 1, 0), 0);
    host.failure = -ENOMEM;
    assert_int_equal(wait_for(NULL, &row, 1, 0), -ENOMEM);
    o->ops->close(o);
}

/* ---- objects that need no row, and company ---- */

struct fake {
    struct waiter waiter;
    unsigned ready;
    unsigned known;
    size_t asks;
    size_t room;
    uint64_t due;
    unsigned answers;
    uint16_t answered; /* the last of its rows; 0x100: there was none */
};

static size_t fake_ask(struct waiter *w, unsigned want, struct port_poll_row *rows, size_t room,
                       uint64_t *timeout_ns)
{
    struct fake *f = (struct fake *)w;
    size_t count = 0;
    for (; count < f->asks && count < room; count++)
        rows[count] = (struct port_poll_row){.handle = 70 + (int32_t)count, .want = (uint16_t)want};
    if (f->due != 0 && f->due < *timeout_ns)
        *timeout_ns = f->due;
    f->room = room;
    return count;
}

static unsigned fake_answer(struct waiter *w, const struct port_poll_row *rows, size_t count)
{
    struct fake *f = (struct fake *)w;
    f->answers++;
    f->answered = count == 0 ? 0x100 : rows[count - 1].ready;
    return f->ready;
}

static unsigned fake_ready(struct object *o) { return ((struct fake *)o)->known; }

static const struct waiter_ops fake_waiter = {.ask = fake_ask, .answer = fake_answer};
static const struct object_ops fake_ops = {.ready = fake_ready, .waits = 1};
#define FAKE                                                           \
    {                                                                  \
        .waiter = {.object = {.ops = &fake_ops}, .ops = &fake_waiter } \
    }

struct company {
    struct fake *feeds; /* becomes readable when the company is served */
    uint64_t shortest;
    int result;
    unsigned served;
    uint16_t ready; /* of its two rows */
};

static size_t company_ask(void *context, struct port_poll_row *rows, size_t room,
                          uint64_t *timeout_ns)
{
    assert_true(room >= WAIT_COMPANY_MIN);
    struct company *c = context;
    rows[0] = (struct port_poll_row){.handle = 80, .want = PORT_POLL_READ};
    rows[1] = (struct port_poll_row){.handle = 81, .want = PORT_POLL_WRITE};
    if (*timeout_ns > c->shortest)
        *timeout_ns = c->shortest;
    return 2;
}

static int company_answer(void *context, const struct port_poll_row *rows, size_t count)
{
    struct company *c = context;
    assert_int_equal(count, 2);
    c->served++;
    c->ready = rows[0].ready & rows[1].ready;
    if (c->feeds != NULL)
        c->feeds->ready = OBJECT_READABLE;
    return c->result;
}

/* Its rows come after the program's, and it is served before the program looks. */
static void company_is_served_in_the_same_poll(void **state)
{
    (void)state;
    struct fake without = FAKE, with = FAKE;
    struct object *stream = stream_new_connection(60);
    struct company c = {.feeds = &without, .shortest = UINT64_MAX};
    const struct wait_company company = {company_ask, company_answer, &c};
    struct wait_row rows[] = {{.object = &without.waiter.object, .want = OBJECT_READABLE},
                              {.object = stream, .want = OBJECT_WRITABLE},
                              {.object = &with.waiter.object, .want = OBJECT_READABLE}};
    with.asks = 1;
    host.ready = PORT_POLL_READ;
    assert_int_equal(wait_for((void *)&company, rows, 3, UINT64_MAX), 1);
    assert_int_equal(host.polls, 1);
    assert_int_equal(host.count, 4);
    assert_int_equal(host.asked[0].handle, 60);
    assert_int_equal(host.asked[1].handle, 70);
    assert_int_equal(host.asked[2].handle, 80);
    assert_int_equal(host.asked[3].handle, 81);
    assert_int_equal(c.served, 1);
    assert_int_equal(c.ready, PORT_POLL_READ);
    assert_int_equal(rows[0].ready, OBJECT_READABLE);
    assert_int_equal(rows[1].ready | rows[2].ready, 0);
    assert_int_equal(without.answered, 0x100);
    assert_int_equal(with.answered, PORT_POLL_READ);
    stream->ops->close(stream);
}

static void company_shortens_a_round_not_the_wait(void **state)
{
    (void)state;
    struct company c = {.shortest = 1000};
    const struct wait_company company = {company_ask, company_answer, &c};
    assert_int_equal(wait_for((void *)&company, NULL, 0, 2000000), 0);
    assert_true(c.served > 1);
    c = (struct company){.shortest = 1000, .result = -EINTR};
    assert_int_equal(wait_for((void *)&company, NULL, 0, PORT_FOREVER), -EINTR);
    assert_int_equal(c.served, 1);
    assert_int_equal(host.timeout, 1000);
}

/* The company's rows fit beside the most that a program waits for. */
static void rows_leave_room_for_company(void **state)
{
    (void)state;
    static struct wait_row rows[PORT_POLL_MAX];
    struct fake f = FAKE;
    struct company c = {.shortest = 0};
    const struct wait_company company = {company_ask, company_answer, &c};
    f.asks = 1;
    for (size_t i = 0; i < PORT_POLL_MAX; i++)
        rows[i] = (struct wait_row){.object = &f.waiter.object, .want = OBJECT_READABLE};
    assert_int_equal(wait_for(NULL, rows, PORT_POLL_MAX, 0), 0);
    assert_int_equal(wait_for((void *)&company, rows, PORT_POLL_MAX - WAIT_COMPANY_MIN, 0), 0);
    assert_int_equal(wait_for((void *)&company, rows, PORT_POLL_MAX - WAIT_COMPANY_MIN + 1, 0),
                     -EINVAL);
}

/* Who asks for many leaves one to each of the others. */
static void rows_of_one_leave_room_for_others(void **state)
{
    (void)state;
    struct fake many = FAKE, last = FAKE;
    struct company c = {.shortest = 0};
    const struct wait_company company = {company_ask, company_answer, &c};
    struct wait_row rows[] = {{.object = &many.waiter.object, .want = OBJECT_READABLE},
                              {.object = &last.waiter.object, .want = OBJECT_READABLE}};
    many.asks = SIZE_MAX;
    last.asks = 3;
    host.ready = PORT_POLL_READ;
    assert_int_equal(wait_for((void *)&company, rows, 2, 0), 0);
    assert_int_equal(many.room, PORT_POLL_MAX - 1 - WAIT_COMPANY_MIN);
    assert_int_equal(last.room, 1);
    assert_int_equal(last.answered, PORT_POLL_READ);
    many.asks = 2;
    assert_int_equal(wait_for(NULL, rows, 2, 0), 0);
    assert_int_equal(host.count, 5);
    assert_int_equal(host.asked[1].handle, 71);
    assert_int_equal(host.asked[4].handle, 72);
}

static void what_is_due_shortens_a_round(void **state)
{
    (void)state;
    struct fake f = FAKE;
    struct wait_row row = {.object = &f.waiter.object, .want = OBJECT_READABLE};
    f.due = 1000;
    assert_int_equal(wait_for(NULL, &row, 1, 2000000), 0);
    assert_true(f.answers > 1);
}

/* Nothing that is there already is waited for. */
static void what_is_known_does_not_wait(void **state)
{
    (void)state;
    struct fake f = FAKE;
    struct wait_row row = {.object = &f.waiter.object, .want = OBJECT_READABLE};
    f.known = OBJECT_WRITABLE;
    f.ready = OBJECT_READABLE;
    assert_int_equal(wait_for(NULL, &row, 1, PORT_FOREVER), 1);
    assert_true(host.timeout == PORT_FOREVER);
    f.known = OBJECT_READABLE;
    assert_int_equal(wait_for(NULL, &row, 1, PORT_FOREVER), 1);
    assert_int_equal(host.timeout, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_early_wake_is_no_readiness, set_up),
        cmocka_unit_test_setup(the_clock_is_read_for_deadlines_alone, set_up),
        cmocka_unit_test_setup(a_wait_ends_at_its_deadline, set_up),
        cmocka_unit_test_setup(only_what_was_wanted_is_ready, set_up),
        cmocka_unit_test_setup(company_is_served_in_the_same_poll, set_up),
        cmocka_unit_test_setup(company_shortens_a_round_not_the_wait, set_up),
        cmocka_unit_test_setup(rows_leave_room_for_company, set_up),
        cmocka_unit_test_setup(rows_of_one_leave_room_for_others, set_up),
        cmocka_unit_test_setup(what_is_due_shortens_a_round, set_up),
        cmocka_unit_test_setup(what_is_known_does_not_wait, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
