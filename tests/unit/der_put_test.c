/* SPDX-License-Identifier: Apache-2.0 */
/* DER as it is written: by the examples of X.690 and as OpenSSL writes the same. */
/* links: base/der_put.c base/der.c base/put.c base/cur.c base/rfc3339.c */
/* libs: -lcrypto */
#include "base/attr.h"
#include "base/der_put.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t room[70100];

static struct put all_room(void) { return put_init(room, sizeof(room)); }

static void is(const struct put *p, const void *data, size_t size)
{
    const struct bytes done = put_done(p);
    assert_int_equal(done.size, size);
    assert_memory_equal(done.data, data, size);
}

static void lengths_are_the_shortest(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 70000};
    static const uint8_t contents[70000] = {1, 2, 3};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct put p = all_room(), counted = put_counter();
        const struct bytes wanted = {contents, sizes[i]};
        const size_t at = der_open(&p, DER_SEQUENCE);
        put_bytes(&p, wanted);
        der_close(&p, at);
        der_put(&counted, DER_SEQUENCE, wanted);
        assert_int_equal(counted.size, p.size);
        struct cur c = cur_init(put_done(&p));
        const struct bytes back = der_take(&c, DER_SEQUENCE); /* refuses longer forms */
        assert_true(cur_done(&c) && bytes_equal(back, wanted));
    }
}

static void elements_nest(void **state)
{
    (void)state;
    struct put p = all_room();
    put_u8(&p, 0xee); /* what was there stays */
    const size_t outer = der_open(&p, DER_SEQUENCE);
    const size_t inner = der_open(&p, DER_SET);
    der_put_true(&p);
    der_close(&p, inner);
    der_put_bits(&p, bytes_of_text("ab"));
    der_close(&p, outer);
    is(&p,
       "\xee\x30\x0a\x31\x03\x01\x01\xff\x03\x03\x00"
       "ab",
       13);
}

static void what_does_not_fit_shows(void **state)
{
    (void)state;
    for (size_t size = 0; size < 204; size++) {
        struct put p = put_init(room, size);
        const size_t at = der_open(&p, DER_SEQUENCE);
        for (size_t i = 0; i < 200; i++)
            put_u8(&p, 7);
        der_close(&p, at);
        assert_int_equal(p.bad, size < 203);
    }
}

/* [X.690 8.3] */
static void numbers(void **state)
{
    (void)state;
    static const struct {
        struct bytes magnitude;
        const char *der;
        size_t size;
    } rows[] = {
        {{(const uint8_t *)"", 0}, "\x02\x01\x00", 3},
        {{(const uint8_t *)"\0\0", 2}, "\x02\x01\x00", 3},
        {{(const uint8_t *)"\x7f", 1}, "\x02\x01\x7f", 3},
        {{(const uint8_t *)"\x80", 1}, "\x02\x02\x00\x80", 4},
        {{(const uint8_t *)"\0\x12\x34", 3}, "\x02\x02\x12\x34", 4},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct put p = all_room();
        der_put_unsigned(&p, rows[i].magnitude);
        is(&p, rows[i].der, rows[i].size);
    }
}

static void object_identifiers_are_as_openssl_writes_them(void **state)
{
    (void)state;
    static const char *const oids[] = {
        "2.5.29.17",
        "1.2.840.10045.4.3.2",
        "0.39",
        "1.0",
        "2.999.3",
        "1.3.6.1.4.1.58270.1.3",
        "2.25.340282366920938463463374607431768211455", /* the largest UUID [X.667] */
    };
    for (size_t i = 0; i < ARRAY_COUNT(oids); i++) {
        struct put p = all_room();
        der_put_oid(&p, oids[i]);
        ASN1_OBJECT *object = OBJ_txt2obj(oids[i], 1);
        uint8_t *der = NULL;
        const int size = i2d_ASN1_OBJECT(object, &der);
        is(&p, der, (size_t)size);
        OPENSSL_free(der);
        ASN1_OBJECT_free(object);
    }
}

static void what_is_no_object_identifier_fails(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "1",
                                      "1.",
                                      ".1",
                                      "1..2",
                                      "3.1",
                                      "0.40",
                                      "1.40",
                                      "a.b",
                                      "1.2x",
                                      "1.-2",
                                      "1.2.",
                                      "2.25.9999999999999999999999999999999999999999"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct put p = all_room();
        der_put_oid(&p, bad[i]);
        assert_true(p.bad);
    }
}

/* [RFC 5280 4.1.2.5]: two digits for the years up to 2049. */
static void times(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *der;
    } rows[] = {
        {0, "\x17\x0d"
            "700101000000Z"},
        {2524607999, "\x17\x0d"
                     "491231235959Z"},
        {2524608000, "\x18\x0f"
                     "20500101000000Z"},
        {253402300799, "\x18\x0f"
                       "99991231235959Z"},
        {-631152000, "\x17\x0d"
                     "500101000000Z"},
        {-631152001, "\x18\x0f"
                     "19491231235959Z"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct put p = all_room();
        der_put_time(&p, rows[i].seconds);
        is(&p, rows[i].der, strlen(rows[i].der));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_the_shortest),
        cmocka_unit_test(elements_nest),
        cmocka_unit_test(what_does_not_fit_shows),
        cmocka_unit_test(numbers),
        cmocka_unit_test(object_identifiers_are_as_openssl_writes_them),
        cmocka_unit_test(what_is_no_object_identifier_fails),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
