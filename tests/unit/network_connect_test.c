/* SPDX-License-Identifier: Apache-2.0 */
/* Streams that a keep opens: whom it takes for its peer, by a CA or by evidence, and that
 * collateral of the host's that is none only makes it refuse. */
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
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* ---- a keep that connects ---- */

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
    assert_int_equal(network_open(&scene.network, 0, &o), -EPROTO);
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
    scene.stream.tls.server_name = bytes_of_text("db.example.org");
    refuses_to_connect(&www, NULL, "ostname mismatch");
}

/* Which need not be where it is reached. */
static void by_the_name_that_is_wanted(void **state)
{
    (void)state;
    scene.stream.tls.server_name = scene.stream.host;
    scene.stream.host = bytes_of_text("192.0.2.7");
    connects(&www);
}

static void not_by_another_protocol(void **state)
{
    (void)state;
    scene.stream.tls.alpn = bytes_of_text("\1x");
    refuses_to_connect(&www, NULL, "another protocol (ALPN)");
}

static void plain_tcp_is_plain(void **state)
{
    (void)state;
    char got[8] = "";
    scene.stream = (struct manifest_stream){
        .kind = STREAM_CONNECT, .host = bytes_of_text("192.0.2.7"), .protocol = PROTOCOL_TCP};
    struct object *o = opened();
    assert_int_equal(o->ops->write(o, "plain", 5), 5);
    assert_int_equal(recv(scene.fd, got, sizeof(got), 0), 5);
    assert_string_equal(got, "plain");
    assert_false(scene.network.speaks_tls);
    assert_null(scene.network.certificate.own.key);
    network_end(&scene.network);
    o->ops->close(o);
}

/* ---- by evidence ---- */

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

#define TEST(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

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
    };
    return cmocka_run_group_tests(tests, scene_open, scene_close);
}
