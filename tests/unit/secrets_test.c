/* SPDX-License-Identifier: Apache-2.0 */
/* Values of secrets: what is put comes back, and nothing else is taken. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/secrets.c conf/manifest_check.c base/cbor.c base/utf8.c base/cur.c base/put.c */
#include "conf/secrets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One variable, two files. */
static struct bytes names[3];
static const struct manifest three = {
    .secret_env = names, .secret_env_count = 1, .secret_files = names + 1, .secret_file_count = 2};
static const struct manifest none;

static uint8_t buffer[64];

static struct bytes encode(const struct manifest *m, const struct bytes *values)
{
    struct put p = put_init(buffer, sizeof(buffer));
    secrets_put(m, values, &p);
    return put_done(&p);
}

static void values_come_back(void **state)
{
    (void)state;
    const struct bytes values[] = {
        bytes_of_text("t0ken"), {(const uint8_t *)"\0\xff", 2}, bytes_of_text("")};
    struct bytes got[3];
    /* by hand from RFC 8949 */
    static const uint8_t want[] = {0x83, 0x45, 't', '0', 'k', 'e', 'n', 0x42, 0x00, 0xff, 0x40};
    const struct bytes encoded = encode(&three, values);
    assert_int_equal(encoded.size, sizeof(want));
    assert_memory_equal(encoded.data, want, sizeof(want));
    assert_int_equal(secrets_parse(encoded, &three, got), 0);
    for (size_t i = 0; i < 3; i++)
        assert_true(bytes_equal(got[i], values[i]));
    for (size_t size = 0; size < encoded.size; size++) {
        uint8_t *copy = malloc(size + 1); /* so that a sanitizer sees its end */
        memcpy(copy, encoded.data, size);
        assert_int_equal(secrets_parse((struct bytes){copy, size}, &three, got), -EBADMSG);
        free(copy);
    }
    buffer[encoded.size] = 0x40;
    assert_int_equal(secrets_parse((struct bytes){buffer, encoded.size + 1}, &three, got),
                     -EBADMSG);
}

static void there_are_as_many_as_named(void **state)
{
    (void)state;
    struct bytes got[3];
    static const uint8_t two[] = {0x82, 0x40, 0x40};
    static const uint8_t four[] = {0x84, 0x40, 0x40, 0x40, 0x40};
    static const uint8_t empty[] = {0x80};
    assert_int_equal(secrets_parse((struct bytes){two, sizeof(two)}, &three, got), -EBADMSG);
    assert_int_equal(secrets_parse((struct bytes){four, sizeof(four)}, &three, got), -EBADMSG);
    assert_int_equal(secrets_parse((struct bytes){empty, sizeof(empty)}, &three, got), -EBADMSG);
    assert_int_equal(secrets_parse((struct bytes){empty, sizeof(empty)}, &none, got), -EBADMSG);
    assert_int_equal(secrets_parse((struct bytes){0}, &three, got), -EBADMSG);
    assert_int_equal(secrets_parse((struct bytes){0}, &none, got), 0);
    assert_int_equal(encode(&none, NULL).size, 0);
}

static void variables_are_text(void **state)
{
    (void)state;
    const struct bytes bad[] = {{(const uint8_t *)"a\0b", 3}, {(const uint8_t *)"\xff", 1}};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        const struct bytes variable[] = {bad[i], bytes_of_text(""), bytes_of_text("")};
        const struct bytes file[] = {bytes_of_text(""), bad[i], bad[i]};
        struct bytes got[3];
        assert_int_equal(secrets_parse(encode(&three, variable), &three, got), -EBADMSG);
        assert_int_equal(secrets_parse(encode(&three, file), &three, got), 0);
    }
    static const uint8_t as_text[] = {0x83, 0x61, 'a', 0x40, 0x40};
    struct bytes got[3];
    assert_int_equal(secrets_parse((struct bytes){as_text, sizeof(as_text)}, &three, got),
                     -EBADMSG);
}

static void a_mebibyte_is_the_most(void **state)
{
    (void)state;
    static uint8_t large[SECRETS_SIZE_MAX + 1] = {0x81, 0x5a, 0x00, 0x0f, 0xff, 0xfa};
    const struct manifest one = {.secret_files = names, .secret_file_count = 1};
    struct bytes got[1];
    assert_int_equal(secrets_parse((struct bytes){large, SECRETS_SIZE_MAX}, &one, got), 0);
    assert_int_equal(got[0].size, SECRETS_SIZE_MAX - 6);
    large[5]++;
    assert_int_equal(secrets_parse((struct bytes){large, SECRETS_SIZE_MAX + 1}, &one, got),
                     -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(there_are_as_many_as_named),
        cmocka_unit_test(variables_are_text),
        cmocka_unit_test(a_mebibyte_is_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
