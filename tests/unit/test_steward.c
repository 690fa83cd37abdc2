/* SPDX-License-Identifier: Apache-2.0 */
/* A steward for tests; see test_steward.h. */
#include "tests/unit/test_steward.h"

#include "attest/carrier.h"
#include "attest/claims_buffer.h"
#include "base/der_put.h"
#include "conf/evidence_claims.h"
#include "tests/unit/port_sockets.h"

#include <errno.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NONCE_SIZE 56u   /* bytes; docs/steward.md */
#define ASKED_MAX  2000u /* in one test */

struct test_steward steward;

static struct {
    char extensions[512];
    const uint8_t *workload;
    uint64_t number; /* of the last exchange */
    unsigned waited; /* in it */
    int64_t error;   /* that it ends with */
    uint8_t answer[16384];
    size_t size;
} s;

static int64_t now_seconds(void) { return (int64_t)((host.now + host.ahead) / 1000000000u); }

/* ---- what it answers ---- */

static struct bytes nonce(void)
{
    static uint8_t bytes[PORT_NONCE_MAX + 1];
    memset(bytes, (int)steward.nonces, sizeof(bytes));
    return (struct bytes){bytes, steward.nonce_size == 0 ? NONCE_SIZE : steward.nonce_size};
}

static void put_answer(struct put *out, const struct made_cert *leaf)
{
    const size_t all = der_open(out, DER_SEQUENCE);
    put_bytes(out, made_cert_der(&steward.root));
    put_bytes(out, made_cert_der(&steward.issuing));
    put_bytes(out, made_cert_der(leaf));
    der_close(out, all);
    if (steward.longer)
        put_u8(out, 0);
}

static void certify(struct bytes public_key)
{
    const uint8_t *pos = public_key.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &pos, (long)public_key.size);
    struct put out = put_init(s.answer, sizeof(s.answer));
    assert_non_null(key);
    made_cert_fini(&steward.last);
    made_cert_init(
        &steward.last,
        (struct made_like){
            .name = "Enarx keep",
            .extensions = steward.extensions == NULL ? s.extensions : steward.extensions,
            .before = now_seconds() - 300,
            .after = now_seconds() + (steward.lifetime == 0 ? 86400 - 300 : steward.lifetime),
            .by = steward.by == NULL ? &steward.issuing : steward.by,
            .key = steward.key == NULL ? key : steward.key,
        });
    put_answer(&out, &steward.last);
    s.size = put_done(&out).size;
    steward.last.key = NULL; /* which goes now */
    EVP_PKEY_free(key);
}

/* ---- what it is asked ---- */

/* A request with evidence of the last nonce, for the workload. */
static void judge(struct bytes request)
{
    struct carrier c;
    struct claims_buffer claims;
    assert_int_equal(carrier_parse_request(request, NULL, &c), 0);
    assert_int_equal(c.binding, BIND_CLAIMS);
    assert_false(c.key_unproven);
    assert_int_equal(claims_buffer_parse(c.claims_buffer, &claims), 0);
    assert_true(bytes_equal(claims.nonce, nonce()));
    assert_true(bytes_equal(claims.purpose, bytes_of_text(PURPOSE_CERTIFICATE)));
    assert_true(bytes_equal(claims.workload, (struct bytes){s.workload, 32}));
    certify(c.public_key);
    carrier_fini(&c);
}

static int64_t begin(const struct port_call *c)
{
    struct bytes input = {c->in, c->in_size};
    const bool wants_nonce = c->arg[0] == PORT_BLOB_STEWARD_NONCE;
    const size_t url = strlen(STEWARD_URL);
    assert_int_equal(c->arg[1], s.number + 1);
    s.number++;
    s.waited = 0;
    assert_true(input.size >= url && memcmp(input.data, STEWARD_URL, url) == 0);
    if (wants_nonce) {
        assert_int_equal(input.size, url);
        if (++steward.nonces > ASKED_MAX)
            fail_msg("it is asked all the time");
        s.size = nonce().size;
        memcpy(s.answer, nonce().data, s.size);
        return steward.no_nonce;
    }
    assert_true(input.size > url + 1 && input.data[url] == 0);
    steward.requests++;
    if (steward.refusal == 0)
        judge((struct bytes){input.data + url + 1, input.size - url - 1});
    return steward.refusal;
}

static int64_t exchange(const struct port_call *c)
{
    assert_int_equal(c->arg[2], 0);
    if (c->in_size > 0)
        s.error = begin(c);
    assert_int_equal(c->arg[1], s.number);
    if (steward.waits == UINT32_MAX || s.waited++ < steward.waits)
        return -EAGAIN;
    if (s.error < 0)
        return s.error;
    if (steward.answer_size != 0)
        return (int64_t)steward.answer_size;
    assert_true(s.size <= c->out_size);
    memcpy(c->out, s.answer, s.size);
    return (int64_t)s.size;
}

/* ---- the whole ---- */

static void make_ca(struct made_cert *m, const char *name, const struct made_cert *by)
{
    const int64_t year = 365 * 86400;
    made_cert_init(m, (struct made_like){.name = name,
                                         .extensions = STEWARD_CA,
                                         .before = now_seconds() - year,
                                         .after = now_seconds() + 20 * year,
                                         .by = by});
}

void test_steward_reset(const char *hosts, const uint8_t *workload)
{
    test_steward_fini();
    make_ca(&steward.root, "root", NULL);
    make_ca(&steward.issuing, "issuing", &steward.root);
    make_ca(&steward.other, "root", NULL);
    memset(&s, 0, sizeof(s));
    snprintf(s.extensions, sizeof(s.extensions), STEWARD_USAGE "subjectAltName=%s", hosts);
    s.workload = workload;
    host.steward = exchange;
}

void test_steward_fini(void)
{
    made_cert_fini(&steward.root);
    made_cert_fini(&steward.issuing);
    made_cert_fini(&steward.other);
    memset(&steward, 0, sizeof(steward));
}
