/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of a workload that has a steward: what they show to whom, and that a new certificate
 * is shown to new peers while connections that there are go on. */
/* links: exec/network.c exec/enrolment.c exec/steward_answer.c exec/certificate.c exec/evidence.c exec/identity.c exec/peer_policy.c exec/port.c exec/report.c exec/stream.c exec/time.c exec/tls_listener.c exec/tls_stream.c exec/wait.c exec/wire.c */
/* links: conf/[a-z]*.c tls/certificate.c tls/context.c tls/path.c tls/peer.c tls/pipe.c */
/* links: tests/unit/tls_pair.c tests/unit/port_sockets.c tests/unit/test_steward.c tests/unit/made_cert.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "exec/network.h"

#include "exec/time.h"
#include "tests/unit/port_sockets.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sim_evidence.h"
#include "tests/unit/test_steward.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR 3600000000000ull

/* What a workload takes lives as long as its keep. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

static const uint8_t digest[32] = {0x77};
static const char policy_text[] =
    "tees = [\"sgx\"]\n[sgx]\nmrenclaves = [\"5e5e5e5e5e5e5e5e5e5e5e5e5e5e"
    "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e\"]\n";

enum { FOR_ALL, FOR_KEEPS, STREAMS };

static struct {
    struct network network;
    struct manifest manifest;
    struct manifest_stream streams[STREAMS];
    struct bytes ca, policy;
    struct object *listeners[STREAMS];
    int fds[STREAMS]; /* theirs */
} w;

static int set_up(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    setenv("XDG_STATE_HOME", *state, 1);
    sim_evidence_open();
    host.now = TIME_RELEASE + HOUR;
    return 0;
}

static int tear_down(void **state)
{
    test_steward_fini();
    sim_evidence_close();
    return scratch_close(state);
}

static int begin(void **state)
{
    (void)state;
    host = (struct port_sockets){.now = host.now, .evidence = sim_evidence_quote};
    memset(&w, 0, sizeof(w));
    test_steward_reset("DNS:a.example", digest);
    w.ca = made_cert_der(&steward.root);
    w.policy = bytes_of_text(policy_text);
    const struct manifest_stream listens = {.kind = STREAM_LISTEN,
                                            .name = bytes_of_text("web"),
                                            .host = bytes_of_text("::1"),
                                            .port = 443};
    w.streams[FOR_ALL] = w.streams[FOR_KEEPS] = listens;
    w.streams[FOR_KEEPS].tls =
        (struct manifest_tls){.clients = CLIENTS_REQUIRED, .verify = VERIFY_ATTESTED};
    w.manifest = (struct manifest){.streams = w.streams,
                                   .stream_count = STREAMS,
                                   .cas = &w.ca,
                                   .ca_count = 1,
                                   .policies = &w.policy,
                                   .policy_count = 1,
                                   .steward = bytes_of_text(STEWARD_URL)};
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < STREAMS; i++) {
        if (w.listeners[i] != NULL)
            w.listeners[i]->ops->close(w.listeners[i]);
    }
    return 0;
}

static int start(void)
{
    const struct wasi_host outer = {.now = time_now};
    int error = network_init(&w.network, &w.manifest, digest, &outer);
    for (size_t i = 0; error == 0 && i < STREAMS; i++) {
        host.stream = w.fds[i] = socket_listen();
        error = network_open(&w.network, i, &w.listeners[i]);
    }
    return error;
}

/* ---- peers ---- */

struct peer {
    struct tls_session *tls;
    struct object *o; /* the keep's end */
    int fd;
};

static void carry(struct peer *p)
{
    socket_carry(p->tls, p->fd);
    (void)!tls_session_handshake(p->tls);
    socket_carry(p->tls, p->fd);
}

static void program_waits(struct object *o, uint64_t ns)
{
    struct wait_row row = {.object = o, .want = OBJECT_READABLE};
    assert_true(w.network.host.wait(w.network.host.context, &row, 1, ns) >= 0);
}

static struct peer connected(size_t stream, const struct tls_identity *own)
{
    struct object *listener = w.listeners[stream];
    struct peer p = {.tls = pair_new(&(struct tls_config){.own = own}),
                     .fd = socket_connect(w.fds[stream])};
    for (unsigned i = 0; i < 10 && p.o == NULL; i++) {
        carry(&p);
        program_waits(listener, 0);
        if (listener->ops->accept(listener, &p.o) < 0)
            p.o = NULL;
    }
    carry(&p);
    return p;
}

static void speaks(struct peer *p)
{
    char got[8] = "";
    assert_non_null(p->o);
    assert_int_equal(tls_session_write(p->tls, bytes_of_text("ask")), 3);
    carry(p);
    assert_int_equal(p->o->ops->read(p->o, got, sizeof(got), 0), 3);
    assert_string_equal(got, "ask");
    assert_int_equal(p->o->ops->write(p->o, "told", 4), 4);
    carry(p);
    assert_int_equal(tls_session_read(p->tls, got, sizeof(got)), 4);
    assert_string_equal(got, "told");
}

static void leave(struct peer *p)
{
    if (p->o != NULL)
        p->o->ops->close(p->o);
    tls_session_free(p->tls);
    close(p->fd);
}

/* It was shown these certificates, and no others. */
static void saw(const struct peer *p, struct bytes first, struct bytes second)
{
    const struct bytes expected[] = {first, second};
    STACK_OF(X509) *seen = SSL_get_peer_cert_chain(pair_ssl(p->tls));
    assert_int_equal(sk_X509_num(seen), 1 + (second.size > 0));
    for (int i = 0; i < sk_X509_num(seen); i++) {
        uint8_t *der = NULL;
        const int size = i2d_X509(sk_X509_value(seen, i), &der);
        assert_true(size > 0);
        assert_true(bytes_equal((struct bytes){der, (size_t)size}, expected[i]));
        OPENSSL_free(der);
    }
}

static const struct bytes nothing = {NULL, 0};

/* ---- */

static void shows_what_its_steward_gave(void **state)
{
    (void)state;
    assert_int_equal(start(), 0);
    struct peer p = connected(FOR_ALL, NULL);
    speaks(&p);
    saw(&p, made_cert_der(&steward.last), made_cert_der(&steward.issuing));
    leave(&p);
}

/* Other keeps want evidence, which a steward's certificates do not carry. */
static void shows_evidence_to_keeps(void **state)
{
    (void)state;
    assert_int_equal(start(), 0);
    struct peer p = connected(FOR_KEEPS, pair_identity(false));
    assert_null(p.o); /* who has none itself */
    saw(&p, w.network.certificate.own.cert, nothing);
    leave(&p);
    program_waits(w.listeners[FOR_ALL], 17 * HOUR);
    assert_int_equal(steward.requests, 2);
    p = connected(FOR_KEEPS, pair_identity(false));
    saw(&p, w.network.certificate.own.cert, nothing);
    leave(&p);
}

static void connections_outlive_certificates(void **state)
{
    (void)state;
    assert_int_equal(start(), 0);
    struct peer early = connected(FOR_ALL, NULL);
    struct peer shaking = {.tls = pair_new(&(struct tls_config){0}),
                           .fd = socket_connect(w.fds[FOR_ALL])};
    const struct made_cert first = steward.last;
    speaks(&early);
    program_waits(w.listeners[FOR_ALL], 0); /* who has come, and said nothing */
    program_waits(early.o, 17 * HOUR);
    assert_int_equal(steward.requests, 2);
    assert_false(bytes_equal(made_cert_der(&first), made_cert_der(&steward.last)));
    struct peer late = connected(FOR_ALL, NULL);
    saw(&late, made_cert_der(&steward.last), made_cert_der(&steward.issuing));
    saw(&early, made_cert_der(&first), made_cert_der(&steward.issuing));
    speaks(&late);
    speaks(&early);
    program_waits(early.o, 48 * HOUR);
    assert_true(steward.requests >= 4);
    speaks(&early);
    speaks(&late);
    leave(&early);
    leave(&late);
    leave(&shaking);
}

static void busy_programs_are_served(void **state)
{
    (void)state;
    assert_int_equal(start(), 0);
    const struct wasi_host *h = &w.network.host;
    assert_non_null(h->serve);
    host.now += 17 * HOUR;
    for (unsigned i = 0; i < 10; i++) {
        w.network.enrolment.ticks = 0; /* long ago */
        h->serve(h->context);
        host.now += 1000000000u;
    }
    assert_int_equal(steward.requests, 2);
}

static void without_one_it_does_not_start(void **state)
{
    (void)state;
    steward.refusal = -EACCES;
    assert_true(start() < 0);
    assert_non_null(strstr(host.log, "no certificate from the steward " STEWARD_URL));
}

static void by_another_authority_it_does_not_start(void **state)
{
    (void)state;
    w.ca = made_cert_der(&steward.other);
    assert_true(start() < 0);
    assert_non_null(strstr(host.log, "does not lead to"));
}

static void who_can_prove_nothing_does_not_ask(void **state)
{
    (void)state;
    host.evidence = NULL;
    w.manifest.stream_count = 1;
    w.manifest.policy_count = 0;
    w.listeners[FOR_KEEPS] = NULL;
    const struct wasi_host outer = {.now = time_now};
    assert_int_equal(network_init(&w.network, &w.manifest, digest, &outer), 0);
    host.stream = w.fds[FOR_ALL] = socket_listen();
    assert_int_equal(network_open(&w.network, FOR_ALL, &w.listeners[FOR_ALL]), 0);
    assert_int_equal(host.exchanges, 0);
    const char *warning = strstr(host.log, "can prove nothing to the steward " STEWARD_URL);
    assert_non_null(warning);
    assert_null(strstr(warning + 1, "can prove nothing"));
    assert_null(w.network.host.serve);
    struct peer p = connected(FOR_ALL, NULL);
    speaks(&p);
    saw(&p, w.network.certificate.own.cert, nothing);
    leave(&p);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_what_its_steward_gave),        TEST(shows_evidence_to_keeps),
        TEST(connections_outlive_certificates),   TEST(busy_programs_are_served),
        TEST(without_one_it_does_not_start),      TEST(by_another_authority_it_does_not_start),
        TEST(who_can_prove_nothing_does_not_ask),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
