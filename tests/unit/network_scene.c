/* SPDX-License-Identifier: Apache-2.0 */
/* A keep with one stream for tests; see network_scene.h. */
#include "tests/unit/network_scene.h"

#include "crypto/key.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tls_pair.h"
#include "tls/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

static const uint8_t digest[32] = {0x77};

struct somebody www, other, attested;
struct network_scene scene;

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
    struct put out = put_init(scene.collateral, sizeof(scene.collateral));
    collateral_blob_put(&out, all.certificates.count + all.crls.count + 2);
    put_pieces(&out, "tcb_signing_chain.pem", all.certificates);
    put_pieces(&out, "root_ca_crl.der", all.crls);
    collateral_piece_put(&out, "tcb_info.json", all.tcb_info);
    collateral_piece_put(&out, "qe_identity.json", all.qe_identity);
    return put_done(&out);
}

int scene_open(void **state)
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

int scene_close(void **state)
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
int scene_begin(void **state)
{
    int pair[2];
    (void)state;
    memset(&host, 0, sizeof(host));
    memset(&scene, 0, sizeof(scene));
    socket_pair(pair);
    host.now = (uint64_t)time(NULL) * 1000000000u;
    host.stream = pair[0];
    scene.fd = pair[1];
    scene.stream = (struct manifest_stream){.kind = STREAM_CONNECT,
                                            .name = bytes_of_text("db"),
                                            .host = bytes_of_text("www.example.org"),
                                            .port = 5432,
                                            .tls = {.verify = VERIFY_CA}};
    scene.ca = www.own.cert;
    scene.manifest = (struct manifest){.streams = &scene.stream, .stream_count = 1};
    return 0;
}

int scene_end(void **state)
{
    (void)state;
    tls_session_free(scene.peer);
    close(scene.fd);
    return 0;
}

int prepare(void)
{
    const struct wasi_host outer = {.now = outer_now};
    if (scene.stream.tls.verify == VERIFY_CA) {
        scene.manifest.cas = &scene.ca;
        scene.manifest.ca_count = 1;
    }
    if (scene.stream.tls.verify == VERIFY_ATTESTED) {
        scene.manifest.policies = &scene.policy;
        scene.manifest.policy_count = 1;
    }
    return network_init(&scene.network, &scene.manifest, digest, &outer);
}

void shakes(void)
{
    socket_carry(scene.peer, scene.fd);
    (void)!tls_session_handshake(scene.peer);
    socket_carry(scene.peer, scene.fd);
}

struct object *opened(void)
{
    struct object *o = NULL;
    assert_int_equal(prepare(), 0);
    if (network_open(&scene.network, 0, &o) < 0)
        fail_msg("%s", host.log);
    return o;
}

void is_told(const char *text)
{
    if (strstr(host.log, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, host.log);
}

void speaks(struct object *o)
{
    char got[8] = "";
    shakes();
    assert_int_equal(tls_session_handshake(scene.peer), 0);
    assert_int_equal(o->ops->write(o, "ask", 3), 3);
    socket_carry(scene.peer, scene.fd);
    assert_int_equal(tls_session_read(scene.peer, got, sizeof(got)), 3);
    assert_string_equal(got, "ask");
    assert_int_equal(tls_session_write(scene.peer, bytes_of_text("told")), 4);
    socket_carry(scene.peer, scene.fd);
    assert_int_equal(o->ops->read(o, got, sizeof(got), 0), 4);
    assert_string_equal(got, "told");
}

void answers(const struct somebody *s, const char *alpn)
{
    scene.peer = pair_new(&(struct tls_config){.server = true, .own = &s->own, .alpn = alpn});
    host.idle = shakes;
}

/* ---- what it judges them by ---- */

void is_judged(const char *more)
{
    const struct policy policy = sim_evidence_policy();
    const struct bytes root = policy.sgx.tcb.simulated_roots.items[0];
    snprintf(scene.policy_text, sizeof(scene.policy_text),
             "tees = [\"sgx\"]\nsimulated_roots = [\"\"\"\n%.*s\"\"\"]\n%s\n", (int)root.size,
             (const char *)root.data, more);
    scene.policy = bytes_of_text(scene.policy_text);
    scene.stream.tls.verify = VERIFY_ATTESTED;
    host.collateral = collateral();
}

const char *measured(uint8_t byte)
{
    static char line[128];
    size_t length = (size_t)snprintf(line, sizeof(line), "[sgx]\nmrenclaves = [\"");
    for (size_t i = 0; i < 32; i++)
        length += (size_t)snprintf(line + length, sizeof(line) - length, "%02x", byte);
    snprintf(line + length, sizeof(line) - length, "\"]");
    return line;
}
