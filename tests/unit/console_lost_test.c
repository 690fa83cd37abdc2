/* SPDX-License-Identifier: Apache-2.0 */
/* What a detached workload's owner gets who comes back: all that was kept, in order, then how
 * much is lost, once, and then what is written from there on. */
/* links: exec/console.c exec/output_ring.c channel/message.c base/cur.c base/put.c */
#include "exec/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- a session that remembers ---- */

static struct {
    size_t before, behind; /* bytes of output, before LOST and after it */
    unsigned losts;
    uint8_t lost[8]; /* payload of the last one */
    size_t room;
    uint8_t output[CHANNEL_DATA_MAX];
} said;

size_t owner_session_room(const struct owner_session *s)
{
    (void)s;
    return said.room;
}

struct put owner_session_message(struct owner_session *s, enum channel_type type, size_t size)
{
    (void)s;
    if (type == CHANNEL_LOST) {
        assert_int_equal(size, sizeof(said.lost));
        said.losts++;
        return put_init(said.lost, size);
    }
    if (type == CHANNEL_STDOUT || type == CHANNEL_STDERR)
        *(said.losts > 0 ? &said.behind : &said.before) += size;
    return put_init(said.output, size);
}

void owner_session_flush(struct owner_session *s) { (void)s; }

bool owner_session_log(struct owner_session *s, enum port_level level, struct bytes text)
{
    (void)s, (void)level, (void)text;
    return true;
}

static uint64_t lost(void)
{
    struct cur c = cur_init((struct bytes){said.lost, sizeof(said.lost)});
    assert_int_equal(said.losts, 1);
    return cur_le64(&c);
}

/* ---- the workload ---- */

static struct console console;
static struct owner_session session;

static void begin(uint32_t flags)
{
    memset(&said, 0, sizeof(said));
    said.room = CHANNEL_DATA_MAX;
    session = (struct owner_session){.state = {.credit = {CHANNEL_WINDOW, CHANNEL_WINDOW}}};
    assert_int_equal(console_init(&console, flags), 0);
}

static int64_t write_text(unsigned stream, const char *text)
{
    struct object *o = console_new(&console, stream);
    const int64_t written = o->ops->write(o, text, strlen(text));
    o->ops->close(o);
    return written;
}

static void lost_comes_behind_what_was_kept(void **state)
{
    (void)state;
    begin(CHANNEL_DETACHED);
    write_text(1, "one");
    write_text(2, "three");
    console_attach(&console, &session);
    assert_int_equal(said.before, 8);
    assert_int_equal(lost(), 0);
    write_text(1, "four");
    assert_int_equal(said.before, 8);
    assert_int_equal(said.behind, 4);
    assert_int_equal(said.losts, 1);
    console_fini(&console);
}

static void there_may_be_nothing_kept(void **state)
{
    (void)state;
    begin(CHANNEL_DETACHED);
    console_attach(&console, &session);
    assert_int_equal(lost(), 0);
    assert_int_equal(said.before, 0);
    console_fini(&console);
}

/* Less room than there is kept, while the workload goes on writing to the same record. */
static void a_busy_workload_does_not_put_it_off(void **state)
{
    (void)state;
    begin(CHANNEL_DETACHED);
    write_text(1, "0123456789");
    said.room = 4;
    session.state.credit[0] = 4;
    console_attach(&console, &session);
    assert_int_equal(said.before, 4);
    assert_int_equal(said.losts, 0);
    for (unsigned i = 0; i < 3; i++) {
        write_text(1, "abcdefgh");
        session.state.credit[0] += 4;
        console_pump(&console);
    }
    assert_int_equal(said.losts, 1);
    assert_int_equal(said.before, 12);
    assert_int_equal(said.behind, 4);
    console_fini(&console);
}

static void what_is_lost_is_counted(void **state)
{
    (void)state;
    static char much[CHANNEL_RING / 2];
    begin(CHANNEL_DETACHED);
    memset(much, 'x', sizeof(much) - 1);
    for (unsigned i = 0; i < 3; i++)
        write_text(1, much);
    console_attach(&console, &session);
    while (said.losts == 0) {
        session.state.credit[0] = CHANNEL_WINDOW;
        console_pump(&console);
    }
    assert_int_equal(said.before + said.behind + lost(), 3 * (sizeof(much) - 1));
    console_fini(&console);
}

static void every_session_that_attaches_is_told(void **state)
{
    (void)state;
    begin(CHANNEL_DETACHED);
    console_attach(&console, &session);
    console_detach(&console);
    said.losts = 0;
    write_text(1, "again");
    console_attach(&console, &session);
    assert_int_equal(lost(), 0);
    console_fini(&console);
}

static void who_brings_the_workload_is_not(void **state)
{
    (void)state;
    begin(CHANNEL_DETACHED);
    session.state.deploys = true;
    console_attach(&console, &session);
    write_text(1, "output");
    assert_int_equal(said.before, 6);
    assert_int_equal(said.losts, 0);
    console_fini(&console);
    begin(0);
    console_attach(&console, &session);
    write_text(1, "output");
    assert_int_equal(said.losts, 0);
    console_fini(&console);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_comes_behind_what_was_kept),
        cmocka_unit_test(there_may_be_nothing_kept),
        cmocka_unit_test(a_busy_workload_does_not_put_it_off),
        cmocka_unit_test(what_is_lost_is_counted),
        cmocka_unit_test(every_session_that_attaches_is_told),
        cmocka_unit_test(who_brings_the_workload_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
