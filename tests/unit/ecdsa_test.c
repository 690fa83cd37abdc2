/* SPDX-License-Identifier: Apache-2.0 */
/* links: crypto/digest.c crypto/ecdsa.c base/cur.c base/der.c base/hex.c base/put.c base/wipe.c */
/* libs: -lcrypto */
/* ECDSA: the signatures of RFC 6979 A.2.5 and A.2.6 hold, and none that is not one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/put.h"
#include "crypto/ecdsa.h"

/* Message "sample" [RFC 6979 A.2.5, A.2.6]; n is the order of the curve [FIPS 186-5]. */
static const struct vector {
    size_t size;
    const char *key, *r, *s, *n;
} VECTORS[] = {
    {32,
     "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
     "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
     "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
     "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"},
    {48,
     "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64"
     "DEF8F0EA9055866064A254515480BC13"
     "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1"
     "288B231C3AE0D4FE7344FD2533264720",
     "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
     "81A648152E44ACF96E36DD1E80FABE46",
     "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F"
     "A329C145786E679E7B82C71A38628AC8",
     "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF"
     "581A0DB248B0A77AECEC196ACCC52973"},
};

struct sample {
    uint8_t key[2 * 48];
    uint8_t r_s[2 * 48];
};

static struct sample sample_of(const struct vector *v)
{
    struct sample s = {0};

    assert_int_equal(hex_parse(v->key, s.key, 2 * v->size), 0);
    assert_int_equal(hex_parse(v->r, s.r_s, v->size), 0);
    assert_int_equal(hex_parse(v->s, s.r_s + v->size, v->size), 0);
    return s;
}

static EC_KEY *key_like(const struct vector *v, const EC_KEY *like)
{
    struct sample s = sample_of(v);
    EC_KEY *key;

    assert_int_equal(ecdsa_key((struct bytes){s.key, 2 * v->size}, like, &key), 0);
    return key;
}

static int verify_like(const struct vector *v, const struct sample *s, const char *message,
                       const EC_KEY *like)
{
    EC_KEY *key;
    int rc = ecdsa_key((struct bytes){s->key, 2 * v->size}, like, &key);

    if (rc == 0)
        rc = ecdsa_verify(key, bytes_of_text(message), (struct bytes){s->r_s, 2 * v->size});
    ecdsa_key_free(key);
    return rc;
}

/* Whatever key the curve is copied from, or none. */
static int verify(const struct vector *v, const struct sample *s, const char *message)
{
    int rc = verify_like(v, s, message, NULL);

    for (size_t i = 0; i < ARRAY_COUNT(VECTORS); i++) {
        EC_KEY *like = key_like(&VECTORS[i], NULL);

        assert_int_equal(verify_like(v, s, message, like), rc);
        ecdsa_key_free(like);
    }
    return rc;
}

static void a_signature_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(VECTORS); i++) {
        struct sample s = sample_of(&VECTORS[i]);

        assert_int_equal(verify(&VECTORS[i], &s, "sample"), 0);
        assert_int_equal(verify(&VECTORS[i], &s, "Sample"), -EBADMSG);
    }
}

static void r_or_s_out_of_range_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(VECTORS) * 2; i++) {
        const struct vector *v = &VECTORS[i / 2];
        struct sample s = sample_of(v);
        uint8_t *number = s.r_s + (i % 2) * v->size;

        memset(number, 0, v->size);
        assert_int_equal(verify(v, &s, "sample"), -EBADMSG);
        assert_int_equal(hex_parse(v->n, number, v->size), 0);
        assert_int_equal(verify(v, &s, "sample"), -EBADMSG);
        memset(number, 0xff, v->size);
        assert_int_equal(verify(v, &s, "sample"), -EBADMSG);
    }
}

static void r_and_s_zero_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(VECTORS); i++) {
        struct sample s = sample_of(&VECTORS[i]);

        memset(s.r_s, 0, sizeof(s.r_s));
        assert_int_equal(verify(&VECTORS[i], &s, "sample"), -EBADMSG);
    }
}

static void a_point_off_the_curve_is_no_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(VECTORS); i++) {
        const struct vector *v = &VECTORS[i];
        struct sample s = sample_of(v);

        s.key[2 * v->size - 1] ^= 1;
        assert_int_equal(verify(v, &s, "sample"), -EBADMSG);
        memset(s.key, 0, sizeof(s.key));
        assert_int_equal(verify(v, &s, "sample"), -EBADMSG);
        memset(s.key, 0xff, sizeof(s.key)); /* coordinates not below the prime */
        assert_int_equal(verify(v, &s, "sample"), -EBADMSG);
    }
}

static void sizes_and_curves_are_exact(void **state)
{
    struct sample s = sample_of(&VECTORS[0]);
    struct bytes message = bytes_of_text("sample");
    EC_KEY *key;

    (void)state;
    assert_int_equal(ecdsa_key((struct bytes){s.key, 63}, NULL, &key), -EBADMSG);
    assert_int_equal(ecdsa_key((struct bytes){s.key, 0}, NULL, &key), -EBADMSG);
    assert_int_equal(ecdsa_key((struct bytes){s.key, 64}, NULL, &key), 0);
    assert_int_equal(ecdsa_verify(key, message, (struct bytes){s.r_s, 63}), -EBADMSG);
    assert_int_equal(ecdsa_verify(key, message, (struct bytes){s.r_s, 96}), -EBADMSG);
    ecdsa_key_free(key);
}

/* SEQUENCE { r, s }, both of `size` bytes with a zero before them. */
static size_t put_pair(const struct vector *v, const struct sample *s, uint8_t *out)
{
    struct put p = put_init(out, 128);

    put_bytes(&p, (struct bytes){(const uint8_t[]){0x30, (uint8_t)(2 * (v->size + 3))}, 2});
    for (size_t i = 0; i < 2; i++) {
        const uint8_t head[] = {0x02, (uint8_t)(v->size + 1), 0};

        put_bytes(&p, (struct bytes){head, sizeof(head)});
        put_bytes(&p, (struct bytes){s->r_s + i * v->size, v->size});
    }
    return put_done(&p).size;
}

/* r and s of the second vector begin with a high bit, so that the zero has to be there. */
static void der_has_one_form(void **state)
{
    const struct vector *v = &VECTORS[1];
    struct sample s = sample_of(v);
    struct bytes message = bytes_of_text("sample");
    uint8_t der[128] = {0};
    size_t size = put_pair(v, &s, der);
    EC_KEY *key = key_like(v, NULL);

    (void)state;
    assert_int_equal(ecdsa_verify_der(key, message, (struct bytes){der, size}), 0);
    assert_int_equal(ecdsa_verify_der(NULL, message, (struct bytes){der, size}), -EBADMSG);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(ecdsa_verify_der(key, message, (struct bytes){der, i}), -EBADMSG);
    assert_int_equal(ecdsa_verify_der(key, message, (struct bytes){der, size + 1}), -EBADMSG);
    for (size_t i = 0; i < 8 * size; i++) {
        der[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(ecdsa_verify_der(key, message, (struct bytes){der, size}), -EBADMSG);
        der[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    ecdsa_key_free(key);
}

static void bits_tell_the_curve(void **state)
{
    (void)state;
    assert_int_equal(ecdsa_bits(NULL), 0);
    for (size_t i = 0; i < ARRAY_COUNT(VECTORS); i++) {
        EC_KEY *key = key_like(&VECTORS[i], NULL);

        assert_int_equal(ecdsa_bits(key), 8 * VECTORS[i].size);
        ecdsa_key_free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(der_has_one_form),
        cmocka_unit_test(bits_tell_the_curve),
        cmocka_unit_test(a_signature_holds),
        cmocka_unit_test(r_or_s_out_of_range_does_not),
        cmocka_unit_test(r_and_s_zero_does_not),
        cmocka_unit_test(a_point_off_the_curve_is_no_key),
        cmocka_unit_test(sizes_and_curves_are_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
