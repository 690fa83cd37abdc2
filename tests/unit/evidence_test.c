/* SPDX-License-Identifier: Apache-2.0 */
/* A keep's evidence: what its claims buffer says, byte for byte and to the verifier's
 * parser, what report data binds, and the keep that makes nothing else. */
/* links: exec/evidence.c exec/identity.c exec/inspect.c exec/port.c exec/report.c conf/evidence_claims.c attest/claims_buffer.c crypto/digest.c crypto/key.c base/cbor.c base/cur.c base/hex.c base/put.c base/utf8.c base/wipe.c */
/* libs: -lcrypto */
#include "exec/evidence.h"

#include "attest/claims_buffer.h"
#include "base/hex.h"
#include "crypto/digest.h"
#include "exec/inspect.h"
#include "exec/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include <cmocka.h>

static struct {
    struct boot_record boot;
    bool proves;
    int64_t evidence_result; /* 0: as it should be */
    struct bytes nonce;
    uint8_t report_data[REPORT_DATA_BYTES];
    uint8_t stored[2][1024]; /* claims, evidence */
    size_t stored_size[2];
    bool store_fails;
    char logged[256];
    uint64_t end;
    unsigned other_calls;
    jmp_buf exited;
} host;

static const char quote[] = "a quote";

static int64_t give_evidence(const uint8_t report_data[REPORT_DATA_BYTES], void *evidence,
                             size_t size)
{
    assert_int_equal(size, PORT_EVIDENCE_MAX);
    memcpy(host.report_data, report_data, sizeof(host.report_data));
    memcpy(evidence, quote, sizeof(quote));
    return host.evidence_result != 0 ? host.evidence_result : (int64_t)sizeof(quote);
}

static int64_t store(const struct port_call *c)
{
    const size_t i = c->arg[0] - PORT_STORE_CLAIMS;
    assert_true(i < 2 && c->in_size <= sizeof(host.stored[i]) - host.stored_size[i]);
    if (host.store_fails)
        return -ENOSPC;
    memcpy(host.stored[i] + host.stored_size[i], c->in, c->in_size);
    host.stored_size[i] += c->in_size;
    return (int64_t)c->in_size;
}

static int64_t entry(const struct port_call *c)
{
    switch (c->verb) {
    case PORT_EXCHANGE:
        assert_int_equal(c->arg[0], PORT_BLOB_CHALLENGE);
        if (c->out_size >= host.nonce.size && host.nonce.size > 0)
            memcpy(c->out, host.nonce.data, host.nonce.size);
        return (int64_t)host.nonce.size;
    case PORT_STORE:
        return store(c);
    case PORT_LOG:
        snprintf(host.logged, sizeof(host.logged), "%.*s", (int)c->in_size, (const char *)c->in);
        return 0;
    case PORT_EXIT:
        host.end = c->arg[0];
        longjmp(host.exited, 1);
    default:
        host.other_calls++;
        return -ENOSYS;
    }
}

unsigned long getauxval(unsigned long type)
{
    switch (type) {
    case AT_ENARX_PORT:
        return (unsigned long)entry;
    case AT_ENARX_BOOT:
        return (unsigned long)&host.boot;
    case AT_ENARX_EVIDENCE:
        return host.proves ? (unsigned long)give_evidence : 0;
    default:
        return 0;
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.boot = (struct boot_record){
        .magic = BOOT_MAGIC, .version = PORT_VERSION, .mode = BOOT_EVIDENCE, .cpus = 1};
    host.proves = true;
    host.nonce = bytes_of_text("nonce");
    return 0;
}

/* ---- the claims buffer ---- */

/* Written by hand after [RFC 8949 4.2.1] and [CCC-RA-TLS 3]. */
static void claims_are_deterministic(void **state)
{
    (void)state;
    static const char expected[] = "a6"
                                   "656e6f6e6365"
                                   "4101" /* nonce */
                                   "67707572706f7365"
                                   "67696e7370656374" /* purpose: inspect */
                                   "68776f726b6c6f6164"
                                   "5820"
                                   "%s" /* workload */
                                   "6b6561742d70726f66696c65"
                                   "75" /* eat-profile */
                                   "7461673a656e6172782c323032363a6b6565702f31"
                                   "6b7075626b65792d68617368"
                                   "5824"
                                   "8201"
                                   "5820"
                                   "%s" /* pubkey-hash */
                                   "6c746c732d6578706f72746572"
                                   "5820"
                                   "%s"; /* tls-exporter */
    uint8_t digests[3][32], buffer[EVIDENCE_CLAIMS_MAX];
    char hex[3][65], text[1024], got[2 * EVIDENCE_CLAIMS_MAX + 1];
    for (size_t i = 0; i < 3; i++) {
        memset(digests[i], (int)(0x11 * (i + 1)), sizeof(digests[i]));
        hex_put((struct bytes){digests[i], 32}, hex[i]);
    }
    const struct evidence_claims claims = {
        .key_hash = digests[0],
        .nonce = {(const uint8_t *)"\1", 1},
        .purpose = PURPOSE_INSPECT,
        .workload = digests[1],
        .tls_exporter = digests[2],
    };
    struct put p = put_init(buffer, sizeof(buffer));
    evidence_claims_put(&p, &claims);
    hex_put(put_done(&p), got);
    snprintf(text, sizeof(text), expected, hex[1], hex[0], hex[2]);
    assert_string_equal(got, text);
}

/* With and without each key that may be missing. */
static void the_verifier_reads_them(void **state)
{
    (void)state;
    static const uint8_t hash[32] = {1}, workload[32] = {2}, exporter[32] = {3};
    for (unsigned bits = 0; bits < 8; bits++) {
        uint8_t buffer[EVIDENCE_CLAIMS_MAX];
        struct claims_buffer read;
        const struct evidence_claims claims = {
            .key_hash = hash,
            .nonce = (bits & 1) != 0 ? bytes_of_text("n") : (struct bytes){0},
            .purpose = "deploy-ready",
            .workload = (bits & 2) != 0 ? workload : NULL,
            .tls_exporter = (bits & 4) != 0 ? exporter : NULL,
        };
        struct put p = put_init(buffer, sizeof(buffer));
        evidence_claims_put(&p, &claims);
        assert_int_equal(claims_buffer_parse(put_done(&p), &read), 0);
        assert_true(bytes_equal(read.nonce, claims.nonce));
        assert_true(bytes_equal(read.purpose, bytes_of_text("deploy-ready")));
        assert_true(bytes_equal(read.profile, bytes_of_text(EVIDENCE_PROFILE)));
        assert_int_equal(read.key_hash_algorithm, HASH_SHA256);
        assert_memory_equal(read.key_hash.data, hash, sizeof(hash));
        assert_int_equal(read.workload.size, (bits & 2) != 0 ? 32 : 0);
        assert_int_equal(read.tls_exporter.size, (bits & 4) != 0 ? 32 : 0);
    }
}

/* The largest of our claims fits. */
static void claims_fit(void **state)
{
    (void)state;
    static const uint8_t digest[32], nonce[PORT_NONCE_MAX];
    struct put p = put_counter();
    evidence_claims_put(&p, &(struct evidence_claims){
                                .key_hash = digest,
                                .nonce = {nonce, sizeof(nonce)},
                                .purpose = "deploy-empty",
                                .workload = digest,
                                .tls_exporter = digest,
                            });
    assert_true(!p.bad && p.size <= EVIDENCE_CLAIMS_MAX);
}

/* ---- evidence ---- */

static void report_data_binds_claims_and_key(void **state)
{
    (void)state;
    struct keep_identity identity;
    struct evidence evidence;
    struct claims_buffer claims;
    uint8_t expected[REPORT_DATA_BYTES] = {0};
    assert_int_equal(identity_init(&identity), 0);
    const struct evidence_claims wanted = {.purpose = "certificate", .nonce = host.nonce};
    assert_int_equal(evidence_make(&identity, wanted, &evidence), 0);
    const struct bytes buffer = {evidence.claims, evidence.claims_size};
    assert_int_equal(sha256(buffer, expected), 0);
    assert_memory_equal(host.report_data, expected, sizeof(expected));
    assert_int_equal(evidence.quote_size, sizeof(quote));
    assert_int_equal(claims_buffer_parse(buffer, &claims), 0);
    const struct bytes key = {identity.public_key, sizeof(identity.public_key)};
    assert_int_equal(claims_buffer_check_key(&claims, key), 0);
    evidence_fini(&evidence);
    identity_fini(&identity);
    assert_null(identity.key);
}

static void keys_are_new_each_time(void **state)
{
    (void)state;
    struct keep_identity one, other;
    assert_int_equal(identity_init(&one), 0);
    assert_int_equal(identity_init(&other), 0);
    assert_memory_not_equal(one.public_key, other.public_key, sizeof(one.public_key));
    identity_fini(&one);
    identity_fini(&other);
}

static void failures_leave_nothing(void **state)
{
    (void)state;
    static const uint8_t long_nonce[EVIDENCE_CLAIMS_MAX];
    struct keep_identity identity;
    struct evidence evidence;
    assert_int_equal(identity_init(&identity), 0);
    struct evidence_claims claims = {.purpose = PURPOSE_INSPECT};
    host.evidence_result = -EIO;
    assert_int_equal(evidence_make(&identity, claims, &evidence), -EIO);
    host.evidence_result = PORT_EVIDENCE_MAX + 1;
    assert_int_equal(evidence_make(&identity, claims, &evidence), -EIO);
    host.proves = false;
    assert_int_equal(evidence_make(&identity, claims, &evidence), -ENOSYS);
    assert_true(evidence.quote_size == 0 && evidence.claims_size > 0);
    evidence_fini(&evidence);
    claims.nonce = (struct bytes){long_nonce, sizeof(long_nonce)};
    assert_int_equal(evidence_make(&identity, claims, &evidence), -EMSGSIZE);
    assert_true(evidence.quote == NULL && evidence.claims_size == 0);
    identity_fini(&identity);
}

/* ---- the keep that shows what it is ---- */

static void run_inspect(void)
{
    host.end = UINT64_MAX;
    if (setjmp(host.exited) == 0)
        inspect();
}

static void it_hands_over_both_and_ends(void **state)
{
    (void)state;
    struct claims_buffer claims;
    uint8_t expected[REPORT_DATA_BYTES] = {0};
    assert_non_null(port_open());
    run_inspect();
    const struct bytes buffer = {host.stored[0], host.stored_size[0]};
    assert_int_equal(host.end, PORT_END_DONE);
    assert_int_equal(host.other_calls, 0);
    assert_int_equal(claims_buffer_parse(buffer, &claims), 0);
    assert_true(bytes_equal(claims.nonce, host.nonce));
    assert_true(bytes_equal(claims.purpose, bytes_of_text("inspect")));
    assert_int_equal(claims.workload.size + claims.tls_exporter.size, 0);
    assert_int_equal(sha256(buffer, expected), 0);
    assert_memory_equal(host.report_data, expected, sizeof(expected));
    assert_int_equal(host.stored_size[1], sizeof(quote));
    assert_memory_equal(host.stored[1], quote, sizeof(quote));
}

static void a_nonce_may_be_none_or_64_bytes(void **state)
{
    (void)state;
    static const uint8_t nonce[PORT_NONCE_MAX + 1] = {1};
    struct claims_buffer claims;
    for (size_t size = 0; size <= PORT_NONCE_MAX; size += PORT_NONCE_MAX) {
        host.nonce = (struct bytes){nonce, size};
        host.stored_size[0] = host.stored_size[1] = 0;
        run_inspect();
        assert_int_equal(host.end, PORT_END_DONE);
        assert_int_equal(
            claims_buffer_parse((struct bytes){host.stored[0], host.stored_size[0]}, &claims), 0);
        assert_int_equal(claims.nonce.size, size);
    }
    host.nonce.size = PORT_NONCE_MAX + 1;
    run_inspect();
    assert_int_equal(host.end, PORT_END_FAILED);
}

static void without_proof_it_says_so(void **state)
{
    (void)state;
    host.proves = false;
    run_inspect();
    assert_int_equal(host.end, PORT_END_FAILED);
    assert_string_equal(host.logged, "this kind of keep cannot prove what it is");
    assert_int_equal(host.stored_size[0] + host.stored_size[1], 0);
    host.proves = true;
    host.store_fails = true;
    run_inspect();
    assert_int_equal(host.end, PORT_END_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(claims_are_deterministic, set_up),
        cmocka_unit_test_setup(the_verifier_reads_them, set_up),
        cmocka_unit_test_setup(claims_fit, set_up),
        cmocka_unit_test_setup(report_data_binds_claims_and_key, set_up),
        cmocka_unit_test_setup(keys_are_new_each_time, set_up),
        cmocka_unit_test_setup(failures_leave_nothing, set_up),
        cmocka_unit_test_setup(it_hands_over_both_and_ends, set_up),
        cmocka_unit_test_setup(a_nonce_may_be_none_or_64_bytes, set_up),
        cmocka_unit_test_setup(without_proof_it_says_so, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
