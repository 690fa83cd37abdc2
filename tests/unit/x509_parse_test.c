/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and CRLs taken apart: of what is made here with one thing wrong each, only
 * what RFC 5280 allows is taken. tests/fuzz/x509_parse.c compares with OpenSSL. */
/* links: tests/attest/issuer.c crypto/digest.c crypto/ecdsa.c crypto/rsa_pss.c */
/* links: crypto/x509_parse.c base/cur.c base/der.c base/rfc3339.c base/wipe.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "crypto/ecdsa.h"
#include "crypto/rsa_pss.h"
#include "crypto/x509_parse.h"
#include "tests/attest/issuer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW  1767225600ll /* 2026-01-01 */
#define YEAR (365 * 86400ll)

static EVP_PKEY *key;

static struct issue_cert spec(void)
{
    return (struct issue_cert){
        .subject = "subject",
        .issuer = "issuer",
        .key = key,
        .issuer_key = key,
        .serial = 0x1234,
        .not_before = NOW,
        .not_after = NOW + YEAR,
    };
}

static int parse(const struct blob *b, struct x509_cert *cert)
{
    *cert = (struct x509_cert){0};
    const int result = x509_parse_cert(BLOB_BYTES(b), NULL, cert);
    ecdsa_key_free(cert->ec);
    rsa_pss_key_free(cert->rsa);
    return result;
}

static int parse_crl(const struct blob *b, struct x509_crl *crl)
{
    *crl = (struct x509_crl){0};
    return x509_parse_crl(BLOB_BYTES(b), crl);
}

/* Puts `to` in the place of the `nth` occurrence of `from`, as long. */
static void replace(struct blob *b, const char *from, const char *to, size_t size, size_t nth)
{
    uint8_t *at = b->data;
    for (size_t i = 0; i <= nth; i++) {
        at = memmem(at, b->size - (size_t)(at - b->data), from, size);
        assert_non_null(at);
        at++;
    }
    memcpy(at - 1, to, size);
}

static void parts_are_where_they_should_be(void **state)
{
    (void)state;
    struct issue_cert s = spec();
    s.extensions[0] = (struct issue_extension){"1.2.3", bytes_of_text("abc"), true};
    const struct blob b = issue_cert(&s);
    struct x509_cert cert;
    assert_int_equal(parse(&b, &cert), 0);
    assert_true(bytes_equal(cert.serial, bytes_of_text("\x12\x34")));
    assert_int_equal(cert.not_before, NOW);
    assert_int_equal(cert.not_after, NOW + YEAR);
    assert_true(cert.v3);
    assert_int_equal(cert.extension_count, 1);
    assert_true(cert.extensions[0].critical);
    assert_true(bytes_equal(cert.extensions[0].value, bytes_of_text("abc")));
    assert_non_null(memmem(cert.subject.data, cert.subject.size, "subject", 7));
    assert_non_null(memmem(cert.issuer_name.data, cert.issuer_name.size, "issuer", 6));
}

#define ECDSA_384 "\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define ECDSA_256 "\x2a\x86\x48\xce\x3d\x04\x03\x02"

/* Inside is signed, outside is not: they have to be the same [RFC 5280 4.1.1.2]. */
static void algorithms_differ(void **state)
{
    (void)state;
    const struct issue_cert s = spec();
    struct x509_cert cert;
    for (size_t nth = 0; nth < 2; nth++) {
        struct blob b = issue_cert(&s);
        replace(&b, ECDSA_384, ECDSA_256, 8, nth);
        assert_int_equal(parse(&b, &cert), -EBADMSG);
    }
}

static void versions(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        int result;
        bool v3;
    } rows[] = {
        {"\xa0\x03\x02\x01\x02", 0, true},
        {"\xa0\x03\x02\x01\x01", 0, false},
        {"\xa0\x03\x02\x01\x00", -EBADMSG, false}, /* the default is not written */
        {"\xa0\x03\x02\x01\x03", -EBADMSG, false},
    };
    const struct issue_cert s = spec();
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct blob b = issue_cert(&s);
        struct x509_cert cert;
        replace(&b, rows[0].version, rows[i].version, 5, 0);
        assert_int_equal(parse(&b, &cert), rows[i].result);
        assert_int_equal(cert.v3, rows[i].v3);
    }
}

/* UTCTime up to 2049, GeneralizedTime from 2050 on [RFC 5280 4.1.2.5]. */
static void times(void **state)
{
    (void)state;
    static const int64_t good[] = {-631152000 /* 1950 */, 0, 2524607999, 2524608000 /* 2050 */};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        struct issue_cert s = spec();
        s.not_before = good[i];
        const struct blob b = issue_cert(&s);
        struct x509_cert cert;
        assert_int_equal(parse(&b, &cert), 0);
        assert_int_equal(cert.not_before, good[i]);
    }
    static const char *const bad[] = {"261301000000Z", "260100000000Z", "260230000000Z",
                                      "260101240000Z", "26010100000xZ", "2601010000+00",
                                      "2601010000000"};
    const struct issue_cert s = spec();
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct blob b = issue_cert(&s);
        struct x509_cert cert;
        replace(&b, "260101000000Z", bad[i], 13, 0);
        assert_int_equal(parse(&b, &cert), -EBADMSG);
    }
}

/* A point off its curve is no key; of an algorithm not used here there is none. */
static void keys(void **state)
{
    (void)state;
    const struct issue_cert s = spec();
    struct blob b = issue_cert(&s);
    struct x509_cert cert;
    assert_int_equal(x509_parse_cert(BLOB_BYTES(&b), NULL, memset(&cert, 0, sizeof(cert))), 0);
    assert_int_equal(ecdsa_bits(cert.ec), 384);
    assert_null(cert.rsa);
    ecdsa_key_free(cert.ec);
    uint8_t *last = (uint8_t *)cert.spki.data + cert.spki.size - 1;
    *last ^= 1;
    assert_int_equal(parse(&b, &cert), -EBADMSG);
    *last ^= 1;
    replace(&b, "\x2b\x81\x04\x00\x22", "\x2b\x81\x04\x00\x23", 5, 0); /* secp521r1 */
    assert_int_equal(x509_parse_cert(BLOB_BYTES(&b), NULL, memset(&cert, 0, sizeof(cert))), 0);
    assert_null(cert.ec);
    assert_null(cert.rsa);
}

static void revoked_entries(void **state)
{
    (void)state;
    struct issue_crl s = {.issuer = "issuer",
                          .issuer_key = key,
                          .revoked = 0x1234,
                          .this_update = NOW,
                          .next_update = NOW + YEAR};
    struct blob b = issue_crl(&s);
    struct x509_crl crl;
    assert_int_equal(parse_crl(&b, &crl), 0);
    assert_int_equal(crl.this_update, NOW);
    assert_int_equal(crl.next_update, NOW + YEAR);
    assert_false(crl.critical);
    struct cur entries = cur_init(crl.entries);
    assert_true(bytes_equal(x509_take_revoked(&entries), bytes_of_text("\x12\x34")));
    assert_true(cur_done(&entries));
    for (size_t size = 0; size < b.size; size++)
        assert_int_equal(x509_parse_crl((struct bytes){b.data, size}, &crl), -EBADMSG);
    s.critical_oid = "1.2.3";
    s.next_update = 0;
    s.revoked = 0;
    b = issue_crl(&s);
    assert_int_equal(parse_crl(&b, &crl), 0);
    assert_true(crl.critical);
    assert_int_equal(crl.next_update, 0);
    assert_int_equal(crl.entries.size, 0);
}

static int make_key(void **state)
{
    (void)state;
    key = issue_key();
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_where_they_should_be),
        cmocka_unit_test(algorithms_differ),
        cmocka_unit_test(versions),
        cmocka_unit_test(times),
        cmocka_unit_test(keys),
        cmocka_unit_test(revoked_entries),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
