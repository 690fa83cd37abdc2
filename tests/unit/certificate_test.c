/* SPDX-License-Identifier: Apache-2.0 */
/* What a keep shows on TLS streams: its own key, with evidence about that key where it can
 * prove anything, and none that is not about itself. The verdicts are the verifier's. */
/* links: exec/certificate.c exec/evidence.c exec/identity.c exec/port.c conf/evidence_claims.c tls/certificate.c tests/unit/port_sockets.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: tls/session.c tls/pipe.c tls/context.c tls/peer.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "exec/certificate.h"

#include "attest/carrier.h"
#include "attest/claims_buffer.h"
#include "crypto/host_names.h"
#include "crypto/key.h"
#include "tests/unit/port_sockets.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sim_evidence.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const uint8_t workload[32] = {0x77};

static int set_up(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    setenv("XDG_STATE_HOME", *state, 1);
    sim_evidence_open();
    return 0;
}

static int tear_down(void **state)
{
    sim_evidence_close();
    return scratch_close(state);
}

static int begin(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.evidence = sim_evidence_quote;
    return 0;
}

static struct keep_certificate made(const struct bytes *names, size_t count)
{
    struct keep_certificate c;
    const struct keep_subject subject = {workload, names, count};
    assert_int_equal(keep_certificate_init(&c, &subject), 0);
    return c;
}

static X509 *taken_apart(const struct keep_certificate *c)
{
    const uint8_t *pos = c->own.cert.data;
    X509 *x = d2i_X509(NULL, &pos, (long)c->own.cert.size);
    assert_non_null(x);
    assert_ptr_equal(pos, c->own.cert.data + c->own.cert.size);
    return x;
}

/* ---- a keep that proves nothing ---- */

static void shows_its_own_key(void **state)
{
    (void)state;
    host.evidence = NULL;
    struct keep_certificate a = made(NULL, 0), b = made(NULL, 0);
    struct carrier carrier;
    X509 *x = taken_apart(&a);
    assert_int_equal(X509_check_private_key(x, a.own.key), 1);
    assert_int_equal(X509_verify(x, a.own.key), 1);
    assert_int_equal(X509_check_ca(x), 0);
    assert_int_equal(X509_get_ext_by_NID(x, NID_subject_alt_name, -1), -1);
    assert_int_equal(EVP_PKEY_eq(a.own.key, b.own.key), 0); /* each keep has another */
    assert_int_equal(carrier_parse(a.own.cert, &carrier), -ENOENT);
    assert_false(a.claims.decoded);
    X509_free(x);
    keep_certificate_fini(&a);
    keep_certificate_fini(&b);
    assert_null(a.own.key);
    assert_null(a.own.cert.data);
}

static void has_names(void **state)
{
    (void)state;
    const struct bytes names[] = {bytes_of_text("a.example"), bytes_of_text("*.b.example")};
    struct keep_certificate c = made(names, 2);
    X509 *x = taken_apart(&c);
    assert_int_equal(X509_check_host(x, "a.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "x.b.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "c.example", 0, 0, NULL), 0);
    X509_free(x);
    keep_certificate_fini(&c);
}

/* As many and as long as a manifest may have them, beside evidence. */
static void has_room_for_names(void **state)
{
    (void)state;
    static char text[32][254];
    struct bytes names[32];
    for (size_t i = 0; i < 32; i++) {
        memset(text[i], 'a', 253);
        for (size_t at = 50; at < 253; at += 51)
            text[i][at] = '.';
        text[i][0] = (char)('a' + i % 26);
        text[i][1] = (char)('a' + i / 26);
        names[i] = bytes_of_text(text[i]);
    }
    struct keep_certificate c = made(names, 32);
    X509 *x = taken_apart(&c);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(X509_check_host(x, text[i], 0, 0, NULL), 1);
    X509_free(x);
    keep_certificate_fini(&c);
}

/* ---- one that does ---- */

static enum verdict judged_in(struct bytes file, const char *purpose, struct attest_result *r)
{
    struct carrier carrier;
    struct policy policy = sim_evidence_policy();
    policy.purpose = bytes_of_text(purpose);
    policy.workload = (struct bytes){workload, sizeof(workload)};
    assert_int_equal(carrier_parse(file, &carrier), 0);
    struct attest_input in = sim_evidence_endorsements();
    in.evidence = carrier.evidence;
    in.binding = carrier.binding;
    in.claims_buffer = carrier.claims_buffer;
    in.public_key = carrier.public_key;
    in.key_unproven = carrier.key_unproven;
    in.policy = &policy;
    in.time = time(NULL);
    assert_int_equal(attest_verify(&in, r), 0);
    carrier_fini(&carrier);
    return r->verdict;
}

static enum verdict judged(const struct keep_certificate *c, const char *purpose,
                           struct attest_result *r)
{
    return judged_in(c->own.cert, purpose, r);
}

static void proves_its_key_purpose_and_workload(void **state)
{
    (void)state;
    static struct attest_result r;
    struct keep_certificate c = made(NULL, 0);
    if (judged(&c, PURPOSE_CERTIFICATE, &r) != ACCEPTED)
        fail_msg("%s", check_info(r.reason)->name);
    assert_int_equal(r.identity, IDENTITY_NAMED);
    assert_int_equal(judged(&c, PURPOSE_READY, &r), REFUSED);
    assert_int_equal(judged(&c, PURPOSE_EMPTY, &r), REFUSED);
    keep_certificate_fini(&c);
}

static void knows_its_own_measurement(void **state)
{
    (void)state;
    struct keep_certificate c = made(NULL, 0);
    assert_true(c.claims.decoded);
    assert_int_equal(c.claims.kind, KIND_SGX);
    for (size_t i = 0; i < sizeof(c.claims.sgx.mrenclave); i++)
        assert_int_equal(c.claims.sgx.mrenclave[i], SIM_MRENCLAVE_BYTE);
    keep_certificate_fini(&c);
}

/* ---- what it asks a steward ---- */

static uint8_t room[PORT_REQUEST_MAX];
static const struct bytes nonce = {(const uint8_t *)"a nonce", 7};

static struct bytes asked(const struct keep_certificate *c)
{
    struct put p = put_init(room, sizeof(room));
    put_u8(&p, '!');
    assert_int_equal(keep_certificate_request(c, nonce, &p), 0);
    const struct bytes all = put_done(&p);
    assert_int_equal(all.data[0], '!');
    return (struct bytes){all.data + 1, all.size - 1};
}

static void asks_for_its_key_with_new_evidence(void **state)
{
    (void)state;
    static struct attest_result r;
    struct keep_certificate c = made(NULL, 0);
    struct carrier carrier;
    struct claims_buffer claims;
    struct bytes names;
    const struct bytes request = asked(&c), key = {c.identity.public_key, KEY_PUBLIC_SIZE};
    assert_int_equal(judged_in(request, PURPOSE_CERTIFICATE, &r), ACCEPTED);
    assert_int_equal(judged_in(request, PURPOSE_READY, &r), REFUSED);
    assert_int_equal(carrier_parse_request(request, NULL, &carrier), 0);
    assert_false(carrier.key_unproven);
    assert_int_equal(carrier.key_bits, 256);
    assert_true(bytes_equal(carrier.public_key, key));
    assert_false(carrier_extension(&carrier, "2.5.29.17", &names)); /* all that there are */
    assert_int_equal(claims_buffer_parse(carrier.claims_buffer, &claims), 0);
    assert_true(bytes_equal(claims.nonce, nonce));
    carrier_fini(&carrier);
    keep_certificate_fini(&c);
}

static void asks_for_its_names(void **state)
{
    (void)state;
    const struct bytes names[] = {bytes_of_text("a.example"), bytes_of_text("b.example")};
    struct keep_certificate c = made(names, 2);
    struct carrier carrier;
    struct bytes value, found[3];
    assert_int_equal(carrier_parse_request(asked(&c), NULL, &carrier), 0);
    assert_true(carrier_extension(&carrier, "2.5.29.17", &value));
    assert_int_equal(host_names_parse(value, found, 3), 2);
    assert_true(bytes_equal(found[0], names[0]) && bytes_equal(found[1], names[1]));
    carrier_fini(&carrier);
    struct put small = put_init(room, 1000);
    assert_int_equal(keep_certificate_request(&c, nonce, &small), -EMSGSIZE);
    keep_certificate_fini(&c);
}

static void cannot_ask_without_evidence(void **state)
{
    (void)state;
    struct keep_certificate c = made(NULL, 0);
    struct put p = put_init(room, sizeof(room));
    host.evidence = NULL;
    assert_int_equal(keep_certificate_request(&c, nonce, &p), -ENOSYS);
    assert_int_equal(p.size, 0);
    keep_certificate_fini(&c);
}

/* ---- hosts that do not give it ---- */

static int64_t answer;

static int64_t answers(const uint8_t report_data[REPORT_DATA_BYTES], void *to, size_t size)
{
    (void)report_data;
    memset(to, 0xa5, size);
    return answer;
}

/* Which is no reason to go on without. */
static void fails_where_evidence_fails(void **state)
{
    (void)state;
    static const struct {
        int64_t answer;
        int error;
    } rows[] = {
        {-EIO, -EIO},
        {-EAGAIN, -EAGAIN},
        {0, -EIO},
        {1, -EBADMSG},
        {1184, -EBADMSG}, /* as long as a report, and none */
        {PORT_EVIDENCE_MAX, -EBADMSG},
        {PORT_EVIDENCE_MAX + 1, -EIO},
        {INT64_MAX, -EIO},
    };
    host.evidence = answers;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct keep_certificate c;
        answer = rows[i].answer;
        const struct keep_subject subject = {.workload = workload};
        assert_int_equal(keep_certificate_init(&c, &subject), rows[i].error);
        assert_null(c.own.key);
        assert_null(c.identity.key);
    }
}

#define TEST(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_its_own_key),           TEST(has_names),
        TEST(has_room_for_names),          TEST(proves_its_key_purpose_and_workload),
        TEST(knows_its_own_measurement),   TEST(fails_where_evidence_fails),
        TEST(asks_for_its_names),          TEST(asks_for_its_key_with_new_evidence),
        TEST(cannot_ask_without_evidence),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
