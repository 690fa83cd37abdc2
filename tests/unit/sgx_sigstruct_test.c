/* SPDX-License-Identifier: Apache-2.0 */
/* SIGSTRUCT: what ours says [SDM 35.14], its arithmetic done again with plain big
 * numbers, and one fault after the other. */
/* links: host/sgx/sigstruct.c crypto/rsa.c crypto/digest.c base/cur.c base/put.c base/wipe.c */
/* libs: -lcrypto */
#include "host/sgx/sigstruct.h"

#include <errno.h>
#include <openssl/bn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t mrenclave[SHA256_SIZE] = {1, 2, 3};
static EVP_PKEY *key;
static struct sgx_sigstruct good;
static struct sgx_sigstruct s;

static int make_key(void **state)
{
    (void)state;
    return rsa_new(&key) == 0 && sgx_sigstruct_sign(key, mrenclave, 0x20261125, &good) == 0 ? 0
                                                                                            : -1;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static int take_good(void **state)
{
    (void)state;
    s = good;
    return 0;
}

/* Bytes by their offsets in the table, not by our structure's names. */
static void fields_are_where_the_table_has_them(void **state)
{
    (void)state;
    static const uint8_t start[] = {6,    0, 0, 0, 0xe1, 0, 0,    0,    0,    0,    1, 0, 0, 0,
                                    0,    0, 0, 0, 0,    0, 0x25, 0x11, 0x26, 0x20, 1, 1, 0, 0,
                                    0x60, 0, 0, 0, 0x60, 0, 0,    0,    1,    0,    0, 0};
    const uint8_t *at = (const uint8_t *)&s;
    assert_memory_equal(at, start, sizeof(start));
    assert_memory_equal(at + 512, "\3\0\0", 4);                          /* exponent */
    assert_memory_equal(at + 900, "\1\0\0\0\xff\xff\xff\xff", 8);        /* MISCSELECT, mask */
    assert_memory_equal(at + 928, "\4\0\0\0\0\0\0\0\7\0\0\0\0\0\0", 16); /* MODE64BIT, XFRM */
    for (size_t i = 944; i < 960; i++)
        assert_int_equal(at[i], 0xff); /* every bit of both is enforced: DEBUG stays off */
    assert_memory_equal(at + 960, mrenclave, sizeof(mrenclave));
    assert_memory_equal(at + 1024, "\0\0\1\0", 4); /* ISVPRODID, ISVSVN */
}

static BIGNUM *number(const uint8_t *data) { return BN_lebin2bn(data, RSA_SIZE, NULL); }

/* s^3 = (q1 * n + r) * s and r * s = q2 * n + (s^3 mod n), with s^3 mod n padded as
 * PKCS #1 v1.5 pads: 00 01 ff... */
static void numbers_fit_together(void **state)
{
    (void)state;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = number(s.modulus), *x = number(s.signature);
    BIGNUM *q1 = number(s.q1), *q2 = number(s.q2);
    BIGNUM *r = BN_new(), *t = BN_new(), *m = BN_new();
    BN_sqr(r, x, ctx);
    BN_mul(t, q1, n, ctx);
    BN_sub(r, r, t); /* s^2 mod n */
    assert_true(!BN_is_negative(r) && BN_cmp(r, n) < 0);
    BN_mul(m, r, x, ctx);
    BN_mul(t, q2, n, ctx);
    BN_sub(m, m, t); /* s^3 mod n */
    assert_true(!BN_is_negative(m) && BN_cmp(m, n) < 0);
    uint8_t padded[RSA_SIZE];
    assert_int_equal(BN_bn2binpad(m, padded, sizeof(padded)), RSA_SIZE);
    assert_memory_equal(padded, "\0\1\xff\xff", 4);

    uint8_t digest[SHA256_SIZE];
    const struct bytes parts[] = {{(uint8_t *)&s, 128}, {(uint8_t *)&s + 900, 128}};
    assert_int_equal(sha256_parts(parts, 2, digest), 0);
    assert_memory_equal(padded + RSA_SIZE - SHA256_SIZE, digest, SHA256_SIZE);
    BIGNUM *const all[] = {n, x, q1, q2, r, t, m};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        BN_free(all[i]);
    BN_CTX_free(ctx);
}

static void ours_is_without_fault(void **state)
{
    (void)state;
    assert_null(sgx_sigstruct_fault(&s, mrenclave));
    assert_int_equal(sgx_sigstruct_verify(&s), 0);
    s.vendor = 0x8086;
    assert_null(sgx_sigstruct_fault(&s, mrenclave));
}

static void each_part_is_signed(void **state)
{
    (void)state;
    static const size_t signed_[] = {0, 16, 20, 40, 127, 900, 928, 960, 991, 1024, 1026};
    static const size_t others[] = {128, 511, 516, 899, 1040, 1423, 1424, 1807};
    for (size_t i = 0; i < sizeof(signed_) / sizeof(signed_[0]); i++) {
        ((uint8_t *)&s)[signed_[i]] ^= 1;
        assert_int_equal(sgx_sigstruct_verify(&s), -EBADMSG);
        s = good;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ((uint8_t *)&s)[others[i]] ^= 1;
        assert_int_equal(sgx_sigstruct_verify(&s), -EBADMSG);
        s = good;
    }
    memset(s.modulus, 0, sizeof(s.modulus));
    assert_int_equal(sgx_sigstruct_verify(&s), -EBADMSG);
}

static void faulty(const char *said)
{
    const char *fault = sgx_sigstruct_fault(&s, mrenclave);
    assert_non_null(fault);
    if (strstr(fault, said) == NULL)
        fail_msg("'%s' does not say '%s'", fault, said);
    s = good;
}

static void everything_wrong_is_named(void **state)
{
    (void)state;
    s.header[4] = 0;
    faulty("not a SIGSTRUCT");
    s.header2[0] = 0;
    faulty("not a SIGSTRUCT");
    s.exponent = 65537;
    faulty("not a SIGSTRUCT");
    s.reserved4[11] = 1;
    faulty("not a SIGSTRUCT");
    s.enclave_hash[31] ^= 1;
    faulty("another build");
    static const uint64_t forbidden[] = {SGX_ATTR_DEBUG, SGX_ATTR_PROVISIONKEY,
                                         SGX_ATTR_EINITTOKENKEY};
    for (size_t i = 0; i < 3; i++) {
        s.attributes.flags |= forbidden[i];
        faulty("asks for DEBUG");
        s.attribute_mask.flags &= ~forbidden[i];
        faulty("to the host");
    }
    s.attributes.flags |= SGX_ATTR_KSS;
    faulty("other attributes");
    s.attributes.flags = 0;
    faulty("other attributes");
    s.attributes.xfrm |= 0xe0;
    faulty("other attributes");
    s.attribute_mask.xfrm = ~4ull;
    faulty("XFRM");
    s.miscselect = 0;
    faulty("other attributes");
    s.miscmask = 0;
    faulty("MISCSELECT");
}

/* Whatever a signer leaves open the host decides: KSS alone would give other keys. */
static void every_bit_is_masked(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        s.attribute_mask.flags = ~(1ull << bit);
        faulty("to the host");
        s.attribute_mask.xfrm = ~(1ull << bit);
        faulty("to the host");
        s.miscmask = ~(1u << bit % 32);
        faulty("to the host");
    }
}

static void keys_of_another_kind(void **state)
{
    (void)state;
    uint8_t pem[RSA_PEM_MAX];
    EVP_PKEY *parsed;
    struct put p = put_init(pem, sizeof(pem));
    assert_int_equal(rsa_put(key, &p), 0);
    assert_memory_equal(pem, "-----BEGIN RSA PRIVATE KEY-----\n", 32);
    assert_int_equal(rsa_parse(put_done(&p), &parsed), 0);
    assert_int_equal(EVP_PKEY_eq(parsed, key), 1);
    EVP_PKEY_free(parsed);
    assert_int_equal(rsa_parse((struct bytes){pem, p.size / 2}, &parsed), -EBADMSG);
    assert_int_equal(rsa_parse((struct bytes){0}, &parsed), -EBADMSG);
    assert_int_equal(rsa_parse((struct bytes){pem, RSA_PEM_MAX + 1}, &parsed), -EBADMSG);
    assert_null(parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fields_are_where_the_table_has_them, take_good),
        cmocka_unit_test_setup(numbers_fit_together, take_good),
        cmocka_unit_test_setup(ours_is_without_fault, take_good),
        cmocka_unit_test_setup(each_part_is_signed, take_good),
        cmocka_unit_test_setup(everything_wrong_is_named, take_good),
        cmocka_unit_test_setup(every_bit_is_masked, take_good),
        cmocka_unit_test(keys_of_another_kind),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
