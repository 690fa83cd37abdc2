/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC against published vectors; hex and secrets beside them. */
/* links: crypto/digest.c base/cur.c base/hex.c base/wipe.c */
/* libs: -lcrypto */
#include "base/hex.h"
#include "base/wipe.h"
#include "crypto/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expect(const uint8_t *digest, const char *hex)
{
    char text[2 * SHA256_SIZE + 1];
    hex_put((struct bytes){.data = digest, .size = SHA256_SIZE}, text);
    assert_string_equal(text, hex);
}

/* [FIPS 180-4], NIST CSRC example values. */
static void sha256_of_the_standard(void **state)
{
    (void)state;
    uint8_t digest[SHA256_SIZE];
    assert_int_equal(sha256(bytes_of_text("abc"), digest), 0);
    expect(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(sha256((struct bytes){0}, digest), 0);
    expect(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void parts_of_a_stream_make_the_whole(void **state)
{
    (void)state;
    uint8_t digest[SHA256_SIZE];
    struct sha256_stream s;
    sha256_begin(&s);
    sha256_add(&s, bytes_of_text("a"));
    sha256_add(&s, (struct bytes){0});
    sha256_add(&s, bytes_of_text("bc"));
    assert_int_equal(sha256_end(&s, digest), 0);
    expect(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* [RFC 4231 4.2, 4.3] */
static void hmac_of_the_standard(void **state)
{
    (void)state;
    uint8_t mac[SHA256_SIZE];
    uint8_t key[20];
    memset(key, 0x0b, sizeof(key));
    const struct bytes one[] = {bytes_of_text("Hi "), bytes_of_text("There")};
    assert_int_equal(hmac_sha256((struct bytes){.data = key, .size = sizeof(key)}, one, 2, mac), 0);
    expect(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    const struct bytes two[] = {bytes_of_text("what do ya want for nothing?")};
    assert_int_equal(hmac_sha256(bytes_of_text("Jefe"), two, 1, mac), 0);
    expect(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void hmac_refuses_a_long_key(void **state)
{
    (void)state;
    uint8_t key[65] = {0};
    uint8_t mac[SHA256_SIZE];
    assert_int_equal(hmac_sha256((struct bytes){.data = key, .size = sizeof(key)}, NULL, 0, mac),
                     -EINVAL);
}

static void hex_reads_what_it_writes(void **state)
{
    (void)state;
    uint8_t out[3];
    assert_int_equal(hex_parse("00fFa1", out, 3), 0);
    assert_memory_equal(out, "\x00\xff\xa1", 3);
    assert_int_equal(hex_parse("00fF", out, 3), -1);
    assert_int_equal(hex_parse("00fFa", out, 3), -1);
    assert_int_equal(hex_parse("00fFa1b", out, 3), -1);
    assert_int_equal(hex_parse("00fFag", out, 3), -1);
    assert_int_equal(hex_parse("", out, 0), 0);
}

static void secrets_are_erased_and_compared(void **state)
{
    (void)state;
    char secret[] = "secret";
    assert_true(equal_ct(secret, "secret", 6));
    assert_false(equal_ct(secret, "secreT", 6));
    assert_true(equal_ct(secret, "other", 0));
    wipe(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++)
        assert_int_equal(secret[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_the_standard),
        cmocka_unit_test(parts_of_a_stream_make_the_whole),
        cmocka_unit_test(hmac_of_the_standard),
        cmocka_unit_test(hmac_refuses_a_long_key),
        cmocka_unit_test(hex_reads_what_it_writes),
        cmocka_unit_test(secrets_are_erased_and_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
