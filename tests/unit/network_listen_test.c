/* SPDX-License-Identifier: Apache-2.0 */
/* Streams that a keep listens on: what it shows its clients, and whom of them it serves. */
/* links: exec/network.c exec/enrolment.c exec/steward_answer.c exec/certificate.c exec/evidence.c exec/identity.c exec/peer_policy.c exec/port.c exec/report.c exec/stream.c exec/time.c exec/tls_listener.c exec/tls_stream.c exec/wait.c exec/wire.c */
/* links: conf/collateral.c conf/config_key.c conf/evidence_claims.c conf/host_name.c conf/manifest_check.c conf/manifest_tls.c conf/policy_key.c conf/policy_names.c conf/policy_toml.c conf/policy_value.c conf/toml.c conf/toml_datetime.c conf/toml_define.c conf/toml_error.c conf/toml_number.c conf/toml_scan.c conf/toml_string.c conf/toml_tree.c */
/* links: tls/certificate.c tls/context.c tls/path.c tls/peer.c tls/pipe.c tests/unit/network_scene.c tests/unit/tls_pair.c tests/unit/port_sockets.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "tests/unit/network_scene.h"
#include "tests/unit/tls_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a keep that listens ---- */

/* A client that shows that certificate, or none; whether the program gets to hear it. */
static bool serves(const struct somebody *s)
{
    struct object *listener = opened(), *o = NULL;
    scene.peer = pair_new(&(struct tls_config){.own = s == NULL ? NULL : &s->own});
    close(scene.fd);
    scene.fd = socket_connect((int)host.stream);
    for (unsigned i = 0; i < 10 && o == NULL; i++) {
        shakes();
        struct wait_row row = {.object = listener, .want = OBJECT_READABLE};
        assert_true(scene.network.host.wait(scene.network.host.context, &row, 1, 0) >= 0);
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
    scene.stream.kind = STREAM_LISTEN;
    scene.stream.tls.clients = clients;
    scene.stream.tls.verify = clients == CLIENTS_NONE ? VERIFY_NONE : VERIFY_CA;
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
    scene.manifest.cert_names = (struct bytes *)&name;
    scene.manifest.cert_name_count = 1;
    listen_for(CLIENTS_NONE);
    assert_true(serves(NULL));
    assert_int_equal(tls_session_peer_key(scene.peer, told, &size), 0);
    assert_memory_equal(told, scene.network.certificate.identity.public_key, sizeof(told));
}

static void clients_are_required(void **state)
{
    listen_for(CLIENTS_REQUIRED);
    assert_true(serves(&www));
    scene_end(state);
    scene_begin(state);
    listen_for(CLIENTS_REQUIRED);
    assert_false(serves(NULL));
    scene_end(state);
    scene_begin(state);
    listen_for(CLIENTS_REQUIRED);
    assert_false(serves(&other));
}

static void clients_are_optional(void **state)
{
    listen_for(CLIENTS_OPTIONAL);
    assert_true(serves(&www));
    scene_end(state);
    scene_begin(state);
    listen_for(CLIENTS_OPTIONAL);
    assert_true(serves(NULL));
    scene_end(state);
    scene_begin(state);
    listen_for(CLIENTS_OPTIONAL);
    assert_false(serves(&other));
}

static void clients_prove_themselves(void **state)
{
    listen_for(CLIENTS_REQUIRED);
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    assert_true(serves(&attested));
    scene_end(state);
    scene_begin(state);
    listen_for(CLIENTS_REQUIRED);
    is_judged(measured(SIM_MRENCLAVE_BYTE));
    assert_false(serves(&www));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(serves_anyone),        TEST(shows_its_certificate),    TEST(clients_are_required),
        TEST(clients_are_optional), TEST(clients_prove_themselves),
    };
    return cmocka_run_group_tests(tests, scene_open, scene_close);
}
