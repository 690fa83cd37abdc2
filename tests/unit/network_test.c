/* SPDX-License-Identifier: Apache-2.0 */
/* Streams as a manifest has them, when the host gives wrong handles or half of a wire, or when
 * the manifest is none; and how they end. */
/* links: exec/network.c exec/enrolment.c exec/steward_answer.c exec/certificate.c exec/evidence.c exec/identity.c exec/peer_policy.c exec/port.c exec/report.c exec/stream.c exec/time.c exec/tls_listener.c exec/tls_stream.c exec/wait.c exec/wire.c */
/* links: conf/collateral.c conf/config_key.c conf/evidence_claims.c conf/host_name.c conf/manifest_check.c conf/manifest_tls.c conf/policy_key.c conf/policy_names.c conf/policy_toml.c conf/policy_value.c conf/toml.c conf/toml_datetime.c conf/toml_define.c conf/toml_error.c conf/toml_number.c conf/toml_scan.c conf/toml_string.c conf/toml_tree.c */
/* links: tls/certificate.c tls/context.c tls/path.c tls/peer.c tls/pipe.c tests/unit/network_scene.c tests/unit/tls_pair.c tests/unit/port_sockets.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "tests/unit/network_scene.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

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
        scene.stream.kind = rows[i].kind;
        host.stream = -ECONNREFUSED;
        host.log[0] = '\0';
        assert_int_equal(prepare(), 0);
        assert_int_equal(network_open(&scene.network, 0, &o), -ECONNREFUSED);
        is_told("stream db: ");
        is_told(rows[i].said);
        assert_int_equal(host.closes, 0);
    }
}

static int64_t fails_with(void)
{
    struct object *o = NULL;
    assert_int_equal(prepare(), 0);
    const int64_t error = network_open(&scene.network, 0, &o);
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
    assert_int_equal(shutdown(scene.fd, SHUT_RDWR), 0);
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
    scene.ca = bytes_of_text("certificate");
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
    network_end(&scene.network);
    shakes();
    assert_int_equal(tls_session_read(scene.peer, &byte, 1), 1);
    assert_int_equal(tls_session_read(scene.peer, &byte, 1), 0);
}

static void the_clock_is_the_surroundings(void **state)
{
    (void)state;
    answers(&www, NULL);
    (void)opened();
    const struct wasi_host *h = &scene.network.host;
    assert_int_equal(h->now(h->context, true), 5);
    assert_int_equal(h->now(h->context, false), 6);
    assert_null(h->serve);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_listens),      TEST(a_handle_of_nobody),
        TEST(a_wire_that_is_cut),  TEST(a_storm_has_an_end),
        TEST(silence_has_an_end),  TEST(evidence_that_fails),
        TEST(roots_that_are_none), TEST(policies_that_are_none),
        TEST(ends_as_it_ought_to), TEST(the_clock_is_the_surroundings),
    };
    return cmocka_run_group_tests(tests, scene_open, scene_close);
}
