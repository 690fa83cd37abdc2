/* SPDX-License-Identifier: Apache-2.0 */
/* Streams that only the host can open: what it is asked, how often, and for how long; who is
 * served meanwhile; and what an owner is told. */
/* links: exec/network.c exec/enrolment.c exec/steward_answer.c exec/certificate.c exec/evidence.c exec/identity.c exec/peer_policy.c exec/port.c exec/report.c exec/stream.c exec/time.c exec/tls_listener.c exec/tls_stream.c exec/wait.c exec/wire.c */
/* links: conf/collateral.c conf/config_key.c conf/evidence_claims.c conf/host_name.c conf/manifest_check.c conf/manifest_tls.c conf/policy_key.c conf/policy_names.c conf/policy_toml.c conf/policy_value.c conf/toml.c conf/toml_datetime.c conf/toml_define.c conf/toml_error.c conf/toml_number.c conf/toml_scan.c conf/toml_string.c conf/toml_tree.c */
/* links: tls/certificate.c tls/context.c tls/path.c tls/peer.c tls/pipe.c tls/session.c tests/unit/port_sockets.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "exec/network.h"

#include "exec/report.h"
#include "exec/wait.h"
#include "tests/unit/port_sockets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

static const uint8_t digest[32] = {0x77};

static struct {
    struct manifest manifest;
    struct manifest_stream streams[2]; /* the second one is the one */
    struct network network;
    struct wait_company company;
    unsigned answers; /* of the company */
    int interrupted;  /* what it then says */
    char said[1024];  /* to the owner */
    unsigned asked;   /* the host */
    unsigned busy;    /* how often it has not done it yet */
    int64_t result;   /* at last; 1: a socket */
    uint32_t verb;
    char place[PORT_ENDPOINT_MAX + 1];
} w;

static void tell(void *context, enum port_level level, struct bytes text)
{
    (void)context;
    (void)level;
    snprintf(w.said, sizeof(w.said), "%.*s", (int)text.size, (const char *)text.data);
}

static int64_t open_stream(const struct port_call *call)
{
    assert_int_equal(call->arg[0], 1);
    assert_true(call->in_size < sizeof(w.place));
    w.verb = call->verb;
    snprintf(w.place, sizeof(w.place), "%.*s", (int)call->in_size, (const char *)call->in);
    if (w.asked++ < w.busy)
        return -EAGAIN;
    return w.result == 1 ? socket(AF_UNIX, SOCK_STREAM, 0) : w.result;
}

static size_t company_ask(void *context, struct port_poll_row *rows, size_t room,
                          uint64_t *timeout_ns)
{
    (void)context;
    (void)rows;
    (void)room;
    (void)timeout_ns;
    return 0;
}

static int company_answer(void *context, const struct port_poll_row *rows, size_t count)
{
    (void)context;
    (void)rows;
    (void)count;
    w.answers++;
    return w.answers > 3 ? w.interrupted : 0;
}

static uint64_t now(void *context, bool monotonic)
{
    (void)context;
    (void)monotonic;
    return host.now;
}

static int set_up(void **state)
{
    static const struct report_sink sink = {.tell = tell};
    (void)state;
    memset(&w, 0, sizeof(w));
    memset(&host, 0, sizeof(host));
    host.deploys = true;
    host.open = open_stream;
    w.result = 1;
    w.company = (struct wait_company){.ask = company_ask, .answer = company_answer};
    w.manifest = (struct manifest){.streams = w.streams, .stream_count = 2};
    report_to(&sink);
    return 0;
}

static int open_at(enum stream_kind kind, const char *place, uint16_t port)
{
    struct object *o = NULL;
    const struct wasi_host outer = {.wait = wait_for, .now = now, .context = &w.company};
    w.streams[1] = (struct manifest_stream){
        .kind = kind,
        .protocol = PROTOCOL_TCP,
        .name = bytes_of_text("web"),
        .host = bytes_of_text(place),
        .port = port,
    };
    assert_int_equal(network_init(&w.network, &w.manifest, digest, &outer), 0);
    const int error = network_open(&w.network, 1, &o);
    assert_true((o != NULL) == (error == 0));
    if (o != NULL)
        o->ops->close(o);
    return error;
}

static void is_told(const char *part)
{
    if (strstr(w.said, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", w.said, part);
}

static void the_host_of_a_deployment_is_told_where(void **state)
{
    (void)state;
    assert_int_equal(open_at(STREAM_LISTEN, "::", 8080), 0);
    assert_int_equal(w.verb, PORT_LISTEN);
    assert_string_equal(w.place, "[::]:8080");
    assert_int_equal(open_at(STREAM_CONNECT, "db.example.org", 1), 0);
    assert_int_equal(w.verb, PORT_CONNECT);
    assert_string_equal(w.place, "db.example.org:1");
    assert_int_equal(open_at(STREAM_LISTEN, "127.0.0.1", 65535), 0);
    assert_string_equal(w.place, "127.0.0.1:65535");
    assert_int_equal(w.asked, 3);
}

/* It has opened what there is, and learns nothing by the way. */
static void the_host_of_a_run_is_told_nothing(void **state)
{
    (void)state;
    host.deploys = false;
    assert_int_equal(open_at(STREAM_CONNECT, "db.example.org", 1), 0);
    assert_string_equal(w.place, "");
}

static void it_is_asked_until_it_is_done(void **state)
{
    (void)state;
    w.busy = 20;
    assert_int_equal(open_at(STREAM_CONNECT, "a", 1), 0);
    assert_int_equal(w.asked, 21);
    assert_string_equal(w.place, "a:1");
    assert_true(host.now > SECOND / 10 && host.now < 2 * SECOND); /* and not all the time */
    assert_string_equal(w.said, "");
}

static void patience_has_an_end(void **state)
{
    (void)state;
    w.busy = UINT32_MAX;
    assert_int_equal(open_at(STREAM_CONNECT, "a", 1), -ETIMEDOUT);
    assert_true(host.now >= 30 * SECOND && host.now < 31 * SECOND);
    is_told("stream web: cannot connect to a:1: nobody answered in time");
}

/* Nor does a host that wakes the keep all the time keep it busy for ever. */
static void patience_has_an_end_with_liars(void **state)
{
    (void)state;
    w.busy = UINT32_MAX;
    host.liar = true;
    assert_int_equal(open_at(STREAM_LISTEN, "::", 1), -ETIMEDOUT);
}

static void others_are_served_meanwhile(void **state)
{
    (void)state;
    w.busy = 10;
    assert_int_equal(open_at(STREAM_CONNECT, "a", 1), 0);
    assert_true(w.answers >= 10);
}

/* The owner has left, or the workload is to end. */
static void they_may_end_it(void **state)
{
    (void)state;
    w.busy = UINT32_MAX;
    w.interrupted = -EINTR;
    assert_int_equal(open_at(STREAM_CONNECT, "a", 1), -EINTR);
    assert_true(w.asked <= 4);
}

static void an_owner_is_told_what_to_do(void **state)
{
    (void)state;
    static const struct {
        int64_t error;
        enum stream_kind kind;
        uint16_t port;
        const char *said;
    } rows[] = {
        {-EACCES, STREAM_LISTEN, 8080,
         "stream web: the host does not let keeps listen on a:8080: its operator allows that with "
         "'enarx host --allow-listen 8080'"},
        {-EACCES, STREAM_LISTEN, 80, "--allow-listen 80', run as root"},
        {-EACCES, STREAM_CONNECT, 80,
         "the host does not let keeps connect to a:80: its operator allows that with 'enarx host "
         "--allow-connect a:80'"},
        {-EADDRINUSE, STREAM_LISTEN, 80, "cannot listen on a:80: another program of the host"},
        {-EADDRNOTAVAIL, STREAM_LISTEN, 80, "the host has no such address"},
        {-ECONNREFUSED, STREAM_CONNECT, 80, "cannot connect to a:80: nothing listens there"},
        {-EHOSTUNREACH, STREAM_CONNECT, 80, "no such address, or no way to it"},
        {-EMFILE, STREAM_CONNECT, 80, "more than one keep may open"},
        {-ENOSYS, STREAM_CONNECT, 80, "the host opens no streams for keeps"},
        {-EIO, STREAM_CONNECT, 80, "Input/output error"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        w.result = rows[i].error;
        assert_int_equal(open_at(rows[i].kind, "a", rows[i].port), rows[i].error);
        is_told(rows[i].said);
        assert_string_equal(host.log, ""); /* the host hears nothing of it */
    }
}

/* Longer than any place that there is: not even asked for. */
static void a_name_that_is_too_long(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'x', sizeof(name));
    name[299] = '\0';
    assert_int_equal(open_at(STREAM_CONNECT, name, 1), -ENAMETOOLONG);
    assert_int_equal(w.asked, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_host_of_a_deployment_is_told_where),
        TEST(the_host_of_a_run_is_told_nothing),
        TEST(it_is_asked_until_it_is_done),
        TEST(patience_has_an_end),
        TEST(patience_has_an_end_with_liars),
        TEST(others_are_served_meanwhile),
        TEST(they_may_end_it),
        TEST(an_owner_is_told_what_to_do),
        TEST(a_name_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
