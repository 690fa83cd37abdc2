/* SPDX-License-Identifier: Apache-2.0 */
/* Claims buffers [CCC-RA-TLS 3]: what may stand in them, and what they bind. */
/* links: attest/claims_buffer.c crypto/digest.c base/cbor.c base/cur.c base/put.c base/utf8.c base/wipe.c */
/* libs: -lcrypto */
#include "attest/claims_buffer.h"
#include "base/cbor.h"
#include "crypto/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct bytes key = {(const uint8_t *)"key", 3};

static void put_pair(struct put *p, const char *name, struct bytes value)
{
    cbor_put_text(p, bytes_of_text(name));
    cbor_put_bytes(p, value);
}

static void put_key_hash(struct put *p, uint64_t algorithm, size_t size)
{
    uint8_t hash[SHA512_SIZE];
    uint8_t inner[96];
    assert_int_equal(algorithm == HASH_SHA512   ? sha512(key, hash)
                     : algorithm == HASH_SHA384 ? sha384(key, hash)
                                                : sha256(key, hash),
                     0);
    struct put q = put_init(inner, sizeof(inner));
    cbor_put_array(&q, 2);
    cbor_put_uint(&q, algorithm);
    cbor_put_bytes(&q, (struct bytes){hash, size});
    put_pair(p, "pubkey-hash", put_done(&q));
}

static void reads_all_keys(void **state)
{
    (void)state;
    uint8_t buffer[512];
    uint8_t digest[SHA256_SIZE] = {7};
    struct claims_buffer claims;
    struct put p = put_init(buffer, sizeof(buffer));
    cbor_put_map(&p, 6);
    put_pair(&p, "nonce", bytes_of_text("n"));
    cbor_put_text(&p, bytes_of_text("purpose"));
    cbor_put_text(&p, bytes_of_text("certificate"));
    put_pair(&p, "workload", (struct bytes){digest, sizeof(digest)});
    cbor_put_text(&p, bytes_of_text("eat-profile"));
    cbor_put_text(&p, bytes_of_text("tag:enarx"));
    put_key_hash(&p, HASH_SHA256, SHA256_SIZE);
    put_pair(&p, "tls-exporter", (struct bytes){digest, sizeof(digest)});
    assert_int_equal(claims_buffer_parse(put_done(&p), &claims), 0);
    assert_true(bytes_equal(claims.nonce, bytes_of_text("n")));
    assert_true(bytes_equal(claims.purpose, bytes_of_text("certificate")));
    assert_true(bytes_equal(claims.workload, (struct bytes){digest, sizeof(digest)}));
    assert_int_equal(claims_buffer_check_key(&claims, key), 0);
    assert_int_equal(claims_buffer_check_key(&claims, bytes_of_text("other")), -EBADMSG);
    for (size_t size = 0; size < p.size; size++)
        assert_int_equal(claims_buffer_parse((struct bytes){buffer, size}, &claims), -EBADMSG);
    buffer[p.size] = 0;
    assert_int_equal(claims_buffer_parse((struct bytes){buffer, p.size + 1}, &claims), -EBADMSG);
}

/* SHA-256, SHA-384 and SHA-512, and none cut short. */
static void takes_three_hashes(void **state)
{
    (void)state;
    static const struct {
        uint64_t algorithm;
        size_t size;
        int result;
    } rows[] = {
        {HASH_SHA256, 32, 0},        {HASH_SHA384, 48, 0},        {HASH_SHA512, 64, 0},
        {HASH_SHA256, 31, -EBADMSG}, {HASH_SHA512, 32, -EBADMSG}, {2, 16, -EBADMSG},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint8_t buffer[128];
        struct claims_buffer claims;
        struct put p = put_init(buffer, sizeof(buffer));
        cbor_put_map(&p, 1);
        put_key_hash(&p, rows[i].algorithm, rows[i].size);
        assert_int_equal(claims_buffer_parse(put_done(&p), &claims), 0);
        assert_int_equal(claims_buffer_check_key(&claims, key), rows[i].result);
    }
}

static void expect_refused(const struct put *p)
{
    struct claims_buffer claims;
    assert_int_equal(claims_buffer_parse(put_done(p), &claims), -EBADMSG);
}

static void refuses_other_maps(void **state)
{
    (void)state;
    uint8_t buffer[256];
    struct put p = put_init(buffer, sizeof(buffer));
    cbor_put_map(&p, 1); /* no pubkey-hash */
    put_pair(&p, "nonce", bytes_of_text("n"));
    expect_refused(&p);
    p = put_init(buffer, sizeof(buffer));
    cbor_put_map(&p, 2); /* an unknown key */
    put_key_hash(&p, HASH_SHA256, SHA256_SIZE);
    put_pair(&p, "nonsense", bytes_of_text("n"));
    expect_refused(&p);
    p = put_init(buffer, sizeof(buffer));
    cbor_put_map(&p, 2); /* one key twice */
    put_key_hash(&p, HASH_SHA256, SHA256_SIZE);
    put_key_hash(&p, HASH_SHA256, SHA256_SIZE);
    expect_refused(&p);
    p = put_init(buffer, sizeof(buffer));
    cbor_put_map(&p, 2); /* a profile without a purpose */
    put_key_hash(&p, HASH_SHA256, SHA256_SIZE);
    cbor_put_text(&p, bytes_of_text("eat-profile"));
    cbor_put_text(&p, bytes_of_text("tag:enarx"));
    expect_refused(&p);
    p = put_init(buffer, sizeof(buffer));
    cbor_put_map(&p, 2); /* a digest of another size */
    put_key_hash(&p, HASH_SHA256, SHA256_SIZE);
    put_pair(&p, "workload", bytes_of_text("short"));
    expect_refused(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_keys),
        cmocka_unit_test(takes_three_hashes),
        cmocka_unit_test(refuses_other_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
