/* SPDX-License-Identifier: Apache-2.0 */
/* Streams as a manifest has them: whom each takes for its peer, and what becomes of them when
 * the host gives wrong handles, half of a wire, or collateral that is none. */
/* links: exec/network.c exec/enrolment.c exec/steward_answer.c exec/certificate.c exec/evidence.c exec/identity.c exec/peer_policy.c exec/port.c exec/report.c exec/stream.c exec/time.c exec/tls_listener.c exec/tls_stream.c exec/wait.c exec/wire.c */
/* links: conf/collateral.c conf/config_key.c conf/evidence_claims.c conf/host_name.c conf/manifest_check.c conf/manifest_tls.c conf/policy_key.c conf/policy_names.c conf/policy_toml.c conf/policy_value.c conf/toml.c conf/toml_datetime.c conf/toml_define.c conf/toml_error.c conf/toml_number.c conf/toml_scan.c conf/toml_string.c conf/toml_tree.c */
/* links: tls/certificate.c tls/context.c tls/path.c tls/peer.c tls/pipe.c tests/unit/tls_pair.c tests/unit/port_sockets.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "exec/network.h"

#include "crypto/key.h"
#include "tests/unit/port_sockets.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sim_evidence.h"
#include "tests/unit/tls_pair.h"
#include "tls/certificate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What a workload takes lives as long as its keep. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

static const uint8_t digest[32] = {0x77};

/* Somebody with a key and a certificate. */
struct somebody {
    struct tls_identity own;
    uint8_t cert[16384];
};
static struct somebody www, other, attested;

static struct {
    struct network network;
    struct manifest manifest;
    struct manifest_stream stream;
    struct bytes ca, policy;
    char policy_text[8192];
    uint8_t collateral[65536];
    struct tls_session *peer;
    int fd; /* the peer's */
} w;

/* ---- who there is ---- */

static void make_somebody(struct somebody *s, const char *host_name, bool proves)
{
    static uint8_t extension[20000];
    uint8_t public_key[KEY_PUBLIC_SIZE];
    const struct bytes name = bytes_of_text(host_name);
    struct tls_certificate cert = {.name = "peer", .hosts = &name, .host_count = 1};
    struct put e = put_init(extension, sizeof(extension));
    struct put out = put_init(s->cert, sizeof(s->cert));
    assert_int_equal(key_generate(&s->own.key), 0);
    assert_int_equal(key_public(s->own.key, public_key), 0);
    if (proves) {
        const struct evidence_claims claims = {.purpose = PURPOSE_CERTIFICATE, .workload = digest};
        const struct sim_evidence made =
            sim_evidence_make(&claims, (struct bytes){public_key, sizeof(public_key)});
        evidence_extension_put(&e, EVIDENCE_INTEL_QUOTE, made.quote, made.claims);
        cert.evidence = put_done(&e);
    }
    assert_int_equal(tls_certificate_make(s->own.key, &cert, &out), 0);
    s->own.cert = put_done(&out);
}

static void put_pieces(struct put *out, const char *name, struct bytes_list pieces)
{
    for (size_t i = 0; i < pieces.count; i++)
        collateral_piece_put(out, name, pieces.items[i]);
}

static struct bytes collateral(void)
{
    const struct attest_input all = sim_evidence_endorsements();
    struct put out = put_init(w.collateral, sizeof(w.collateral));
    collateral_blob_put(&out, all.certificates.count + all.crls.count + 2);
    put_pieces(&out, "tcb_signing_chain.pem", all.certificates);
    put_pieces(&out, "root_ca_crl.der", all.crls);
    collateral_piece_put(&out, "tcb_info.json", all.tcb_info);
    collateral_piece_put(&out, "qe_identity.json", all.qe_identity);
    return put_done(&out);
}

static int set_up(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    setenv("XDG_STATE_HOME", *state, 1);
    sim_evidence_open();
    make_somebody(&www, "www.example.org", false);
    make_somebody(&other, "www.example.org", false);
    make_somebody(&attested, "www.example.org", true);
    return 0;
}

static int tear_down(void **state)
{
    EVP_PKEY_free(www.own.key);
    EVP_PKEY_free(other.own.key);
    EVP_PKEY_free(attested.own.key);
    sim_evidence_close();
    return scratch_close(state);
}

/* ---- one keep, with one stream ---- */

static uint64_t outer_now(void *context, bool monotonic)
{
    (void)context;
    return monotonic ? 5 : 6;
}

/* A stream over a pair of sockets, of which the test holds one. */
static int begin(void **state)
{
    int pair[2];
    (void)state;
    memset(&host, 0, sizeof(host));
    memset(&w, 0, sizeof(w));
    socket_pair(pair);
    host.now = (uint64_t)time(NULL) * 1000000000u;
    host.stream = pair[0];
    w.fd = pair[1];
    w.stream = (struct manifest_stream){.kind = STREAM_CONNECT,
                                        .name = bytes_of_text("db"),
                                        .host = bytes_of_text("www.example.org"),
                                        .port = 5432,
                                        .tls = {.verify = VERIFY_CA}};
    w.ca = www.own.cert;
    w.manifest = (struct manifest){.streams = &w.stream, .stream_count = 1};
    return 0;
}

static int end(void **state)
{
    (void)state;
    tls_session_free(w.peer);
    close(w.fd);
    return 0;
}

static int prepare(void)
{
    const struct wasi_host outer = {.now = outer_now};
    if (w.stream.tls.verify == VERIFY_CA) {
        w.manifest.cas = &w.ca;
        w.manifest.ca_count = 1;
    }
    if (w.stream.tls.verify == VERIFY_ATTESTED) {
        w.manifest.policies = &w.policy;
        w.manifest.policy_count = 1;
    }
    return network_init(&w.network, &w.manifest, digest, &outer);
}

static void shakes(void)
{
    socket_carry(w.peer, w.fd);
    (void)!tls_session_handshake(w.peer);
    socket_carry(w.peer, w.fd);
}

static struct object *opened(void)
{
    struct object *o = NULL;
    assert_int_equal(prepare(), 0);
    if (network_open(&w.network, 0, &o) < 0)
        fail_msg("%s", host.log);
    return o;
}

static void is_told(const char *text)
{
    if (strstr(host.log, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, host.log);
}

static void speaks(struct object *o)
{
    char got[8] = "";
    shakes();
    assert_int_equal(tls_session_handshake(w.peer), 0);
    assert_int_equal(o->ops->write(o, "ask", 3), 3);
    socket_carry(w.peer, w.fd);
    assert_int_equal(tls_session_read(w.peer, got, sizeof(got)), 3);
    assert_string_equal(got, "ask");
    assert_int_equal(tls_session_write(w.peer, bytes_of_text("told")), 4);
    socket_carry(w.peer, w.fd);
    assert_int_equal(o->ops->read(o, got, sizeof(got), 0), 4);
    assert_string_equal(got, "told");
}

/* ---- a keep that connects ---- */

/* The peer shows that certificate, and names that protocol; null: none. */
static void answers(const struct somebody *s, const char *alpn)
{
    w.peer = pair_new(&(struct tls_config){.server = true, .own = &s->own, .alpn = alpn});
    host.idle = shakes;
}

static void connects(const struct somebody *s)
{
    answers(s, NULL);
    struct object *o = opened();
    speaks(o);
    assert_string_equal(host.log, "");
    o->ops->close(o);
}

static void refuses_to_connect(const struct somebody *s, const char *alpn, const char *why)
{
    struct object *o = NULL;
    answers(s, alpn);
    assert_int_equal(prepare(), 0);
    assert_int_equal(network_open(&w.network, 0, &o), -EPROTO);
    assert_null(o);
    assert_int_equal(host.closes, 1);
    is_told("stream db (www.example.org, port 5432): no TLS: ");
    is_told(why);
}

static void by_its_ca(void **state)
{
    (void)state;
    connects(&www);
}

static void not_by_another_ca(void **state)
{
    (void)state;
    refuses_to_connect(&other, NULL, "set its CA");
}

static void not_by_another_name(void **state)
{
    (void)state;
    w.stream.tls.server_name = bytes_of_text("db.example.org");
    refuses_to_connect(&www, NULL, "ostname mismatch");
}

/* Which need not be where it is reached. */
static void by_the_name_that_is_wanted(void **state)
{
    (void)state;
    w.stream.tls.server_name = w.stream.host;
    w.stream.host = bytes_of_text("192.0.2.7");
    connects(&www);
}

static void not_by_another_protocol(void **state)
{
    (void)state;
    w.stream.tls.alpn = bytes_of_text("\1x");
    refuses_to_connect(&www, NULL, "another protocol (ALPN)");
}

static void plain_tcp_is_plain(void **state)
{
    (void)state;
    char got[8] = "";
    w.stream = (struct manifest_stream){
        .kind = STREAM_CONNECT, .host = bytes_of_text("192.0.2.7"), .protocol = PROTOCOL_TCP};
    struct object *o = opened();
    assert_int_equal(o->ops->write(o, "plain", 5), 5);
    assert_int_equal(recv(w.fd, got, sizeof(got), 0), 5);
    assert_string_equal(got, "plain");
    assert_false(w.network.speaks_tls);
    assert_null(w.network.certificate.own.key);
    network_end(&w.network);
    o->ops->close(o);
}

/* ---- by evidence ---- */

static void is_judged(const char *more)
{
    const struct policy policy = sim_evidence_policy();
    const struct bytes root = policy.simulated_roots.items[0];
    snprintf(w.policy_text, sizeof(w.policy_text),
             "tees = [\"sgx\"]\nsimulated_roots = [\"\"\"\n%.*s\"\"\"]\n%s\n", (int)root.size,
             (const char *)root.data, more);
    w.policy = bytes_of_text(w.policy_text);
    w.stream.tls.verify = VERIFY_ATTESTED;
    host.collateral = collateral();
}

static const char *measured(uint8_t byte)
{
    static char line[128];
    size_t length = (size_t)snprintf(line, sizeof(line), "[sgx]\nmrenclaves = [\"");
    for (size_t i = 0; i < 32; i++)
        length += (size_t)snprintf(line + length, sizeof(line) - length, "%02x", byte);
    snprintf(line + length, sizeof(line) - length, "\"]");
    return line;
}

static void by_its_evidence(void **state)
{
    (void)state;
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    connects(&attested);
}

static void not_by_other_evidence(void **state)
{
    (void)state;
    is_judged(measured(SIM_MRENCLAVE_BYTE ^ 1));
    refuses_to_connect(&attested, NULL, "sgx_mrenclave: expected 5f5f");
    is_told("its policy has to say so");
}

static void not_without_evidence(void **state)
{
    (void)state;
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    refuses_to_connect(&www, NULL, "carries no evidence");
}

static void by_the_same_image(void **state)
{
    (void)state;
    is_judged("measurement = \"self\"");
    host.evidence = sim_evidence_quote;
    connects(&attested);
}

static void no_image_of_its_own(void **state)
{
    (void)state;
    is_judged("measurement = \"self\"");
    assert_int_equal(prepare(), -ENOTSUP);
    is_told("this keep has none that could be proved");
}

/* ---- collateral of the host's ---- */

static void collateral_that_is_none(void **state)
{
    (void)state;
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    host.collateral.size--;
    refuses_to_connect(&attested, NULL, "refused");
    is_told("the host's collateral is malformed");
}

static void no_collateral(void **state)
{
    (void)state;
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    host.collateral.size = 0;
    refuses_to_connect(&attested, NULL, "refused");
}

static void collateral_without_end(void **state)
{
    (void)state;
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    host.collateral = (struct bytes){calloc(1, COLLATERAL_BLOB_MAX + 1), COLLATERAL_BLOB_MAX + 1};
    refuses_to_connect(&attested, NULL, "refused");
    assert_int_equal(host.exchanges, 1); /* for its size, and that was enough */
    free((void *)host.collateral.data);
}

static void nobody_is_asked_without_a_policy(void **state)
{
    (void)state;
    connects(&www);
    assert_int_equal(host.exchanges, 0);
}

/* ---- a keep that listens ---- */

/* A client that shows that certificate, or none; whether the program gets to hear it. */
static bool serves(const struct somebody *s)
{
    struct object *listener = opened(), *o = NULL;
    w.peer = pair_new(&(struct tls_config){.own = s == NULL ? NULL : &s->own});
    close(w.fd);
    w.fd = socket_connect((int)host.stream);
    for (unsigned i = 0; i < 10 && o == NULL; i++) {
        shakes();
        struct wait_row row = {.object = listener, .want = OBJECT_READABLE};
        assert_true(w.network.host.wait(w.network.host.context, &row, 1, 0) >= 0);
        if (listener->ops->accept(listener, &o) < 0)
            o = NULL;
    }
    if (o != NULL) {
        speaks(o);
        o->ops->close(o);
    }
    listener->ops->close(listener);
    return o != NULL;
}

static void listen_for(enum tls_clients clients)
{
    close((int)host.stream);
    host.stream = socket_listen();
    w.stream.kind = STREAM_LISTEN;
    w.stream.tls.clients = clients;
    w.stream.tls.verify = clients == CLIENTS_NONE ? VERIFY_NONE : VERIFY_CA;
}

static void serves_anyone(void **state)
{
    (void)state;
    listen_for(CLIENTS_NONE);
    assert_true(serves(NULL));
}

/* What it shows is its own. */
static void shows_its_certificate(void **state)
{
    (void)state;
    const struct bytes name = bytes_of_text("a.example");
    uint8_t told[KEY_PUBLIC_SIZE];
    size_t size = sizeof(told);
    w.manifest.cert_names = (struct bytes *)&name;
    w.manifest.cert_name_count = 1;
    listen_for(CLIENTS_NONE);
    assert_true(serves(NULL));
    assert_int_equal(tls_session_peer_key(w.peer, told, &size), 0);
    assert_memory_equal(told, w.network.certificate.identity.public_key, sizeof(told));
}

static void clients_are_required(void **state)
{
    listen_for(CLIENTS_REQUIRED);
    assert_true(serves(&www));
    end(state);
    begin(state);
    listen_for(CLIENTS_REQUIRED);
    assert_false(serves(NULL));
    end(state);
    begin(state);
    listen_for(CLIENTS_REQUIRED);
    assert_false(serves(&other));
}

static void clients_are_optional(void **state)
{
    listen_for(CLIENTS_OPTIONAL);
    assert_true(serves(&www));
    end(state);
    begin(state);
    listen_for(CLIENTS_OPTIONAL);
    assert_true(serves(NULL));
    end(state);
    begin(state);
    listen_for(CLIENTS_OPTIONAL);
    assert_false(serves(&other));
}

static void clients_prove_themselves(void **state)
{
    listen_for(CLIENTS_REQUIRED);
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    assert_true(serves(&attested));
    end(state);
    begin(state);
    listen_for(CLIENTS_REQUIRED);
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    assert_false(serves(&www));
}

/* ---- hosts ---- */

static void nobody_listens(void **state)
{
    (void)state;
    struct object *o;
    static const struct {
        enum stream_kind kind;
        const char *said;
    } rows[] = {{STREAM_CONNECT, "cannot connect to www.example.org:5432: nothing listens there"},
                {STREAM_LISTEN, "cannot listen on www.example.org:5432: "}};
    close((int)host.stream);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        w.stream.kind = rows[i].kind;
        host.stream = -ECONNREFUSED;
        host.log[0] = '\0';
        assert_int_equal(prepare(), 0);
        assert_int_equal(network_open(&w.network, 0, &o), -ECONNREFUSED);
        is_told("stream db: ");
        is_told(rows[i].said);
        assert_int_equal(host.closes, 0);
    }
}

static int64_t fails_with(void)
{
    struct object *o = NULL;
    assert_int_equal(prepare(), 0);
    const int64_t error = network_open(&w.network, 0, &o);
    assert_null(o);
    assert_int_equal(host.closes, 1);
    is_told("no TLS: ");
    is_told("does a server of TLS 1.3 listen there");
    return error;
}

static void a_handle_of_nobody(void **state)
{
    (void)state;
    close((int)host.stream);
    host.stream = 999999;
    assert_int_equal(fails_with(), -ECONNABORTED);
}

static void a_wire_that_is_cut(void **state)
{
    (void)state;
    assert_int_equal(shutdown(w.fd, SHUT_RDWR), 0);
    assert_int_equal(fails_with(), -ECONNABORTED);
}

/* A poll that says at once that there is something, and a read that has nothing. */
static void a_storm_has_an_end(void **state)
{
    (void)state;
    const uint64_t start = host.now;
    host.liar = true;
    assert_int_equal(fails_with(), -ETIMEDOUT);
    assert_in_range(host.now - start, TLS_HANDSHAKE_NS, 2 * TLS_HANDSHAKE_NS);
    is_told("no end of the handshake within 10 s");
}

static void silence_has_an_end(void **state)
{
    (void)state;
    host.deaf = true;
    assert_int_equal(fails_with(), -ETIMEDOUT);
}

static int64_t no_evidence(const uint8_t report_data[REPORT_DATA_BYTES], void *to, size_t size)
{
    (void)report_data;
    (void)to;
    (void)size;
    return -EIO;
}

static void evidence_that_fails(void **state)
{
    (void)state;
    host.evidence = no_evidence;
    assert_int_equal(prepare(), -EIO);
    is_told("cannot prepare the certificate of this keep");
}

/* ---- manifests that are none ---- */

static void roots_that_are_none(void **state)
{
    (void)state;
    w.ca = bytes_of_text("certificate");
    assert_int_equal(prepare(), -EBADMSG);
    is_told("cannot prepare the CA certificates of a stream");
}

static void policies_that_are_none(void **state)
{
    (void)state;
    is_judged("colour = 1");
    assert_int_equal(prepare(), -EBADMSG);
    is_told("cannot prepare the policy of a stream");
}

/* ---- the end, and what the program hears of the world ---- */

static void ends_as_it_ought_to(void **state)
{
    (void)state;
    char byte;
    answers(&www, NULL);
    struct object *o = opened();
    assert_int_equal(o->ops->write(o, "x", 1), 1);
    network_end(&w.network);
    shakes();
    assert_int_equal(tls_session_read(w.peer, &byte, 1), 1);
    assert_int_equal(tls_session_read(w.peer, &byte, 1), 0);
}

static void the_clock_is_the_surroundings(void **state)
{
    (void)state;
    answers(&www, NULL);
    (void)opened();
    const struct wasi_host *h = &w.network.host;
    assert_int_equal(h->now(h->context, true), 5);
    assert_int_equal(h->now(h->context, false), 6);
    assert_null(h->serve);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_its_ca),
        TEST(not_by_another_ca),
        TEST(not_by_another_name),
        TEST(by_the_name_that_is_wanted),
        TEST(not_by_another_protocol),
        TEST(plain_tcp_is_plain),
        TEST(by_its_evidence),
        TEST(not_by_other_evidence),
        TEST(not_without_evidence),
        TEST(by_the_same_image),
        TEST(no_image_of_its_own),
        TEST(collateral_that_is_none),
        TEST(no_collateral),
        TEST(collateral_without_end),
        TEST(nobody_is_asked_without_a_policy),
        TEST(serves_anyone),
        TEST(shows_its_certificate),
        TEST(clients_are_required),
        TEST(clients_are_optional),
        TEST(clients_prove_themselves),
        TEST(nobody_listens),
        TEST(a_handle_of_nobody),
        TEST(a_wire_that_is_cut),
        TEST(a_storm_has_an_end),
        TEST(silence_has_an_end),
        TEST(evidence_that_fails),
        TEST(roots_that_are_none),
        TEST(policies_that_are_none),
        TEST(ends_as_it_ought_to),
        TEST(the_clock_is_the_surroundings),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
