/* SPDX-License-Identifier: Apache-2.0 */
/* links: attest/pck.c base/cur.c base/der.c base/hex.c */
/* The SGX extension of a real PCK certificate, and what is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "attest/pck.h"
#include "base/hex.h"

/* From the quote of tdx/go-tdx-guest/quote-v5-uptodate-2026, as openssl asn1parse
 * shows it; what it means is in that set's expected.json. */
#define SVN(n, value) "3010060b2a864886f84d010d0102" n "0201" value
static const char HEX[] = "30820226"
                          "301e060a2a864886f84d010d010104102734b654f553596897eaadfb5667a954"
                          "30820163060a2a864886f84d010d010230820153"                //
    SVN("01", "04") SVN("02", "04") SVN("03", "02") SVN("04", "02") SVN("05", "04") //
    SVN("06", "01") SVN("07", "00") SVN("08", "05") SVN("09", "00") SVN("0a", "00") //
    SVN("0b", "00") SVN("0c", "00") SVN("0d", "00") SVN("0e", "00") SVN("0f", "00") //
    SVN("10", "00") SVN("11", "0d")                                                 //
    "301f060b2a864886f84d010d010212041004040202040100050000000000000000"
    "3010060a2a864886f84d010d010304020000"
    "3014060a2a864886f84d010d0104040690c06f000000"
    "300f060a2a864886f84d010d01050a0101"
    "301e060a2a864886f84d010d01060410056d0350250988808a9d09103f3e54d5"
    "3044060a2a864886f84d010d01073036"
    "3010060b2a864886f84d010d0107010101ff3010060b2a864886f84d010d0107020101ff"
    "3010060b2a864886f84d010d0107030101ff";

#define SIZE ((sizeof(HEX) - 1) / 2)

static int parse(const uint8_t *data, size_t size, struct intel_claims *claims)
{
    *claims = (struct intel_claims){0};
    return pck_parse((struct bytes){data, size}, claims);
}

static void a_real_one_is_read(void **state)
{
    static const uint8_t components[16] = {4, 4, 2, 2, 4, 1, 0, 5};
    static const uint8_t fmspc[6] = {0x90, 0xc0, 0x6f};
    uint8_t der[SIZE];
    struct intel_claims c;

    (void)state;
    assert_int_equal(hex_parse(HEX, der, SIZE), 0);
    assert_int_equal(parse(der, SIZE, &c), 0);
    assert_memory_equal(c.tcb_comp, components, 16);
    assert_memory_equal(c.cert_cpu_svn, components, 16);
    assert_int_equal(c.cert_pce_svn, 13);
    assert_memory_equal(c.fmspc, fmspc, 6);
    assert_int_equal(c.pce_id[0] | c.pce_id[1], 0);
    assert_int_equal(c.ppid[0], 0x27);
    assert_int_equal(c.sgx_type, 1);
    assert_true(c.platform_instance_id_given);
    assert_int_equal(c.platform_instance_id[15], 0xd5);
    assert_true(c.dynamic_platform && c.cached_keys && c.smt_enabled);
}

static void none_is_shorter_or_longer(void **state)
{
    uint8_t der[SIZE + 1] = {0};
    struct intel_claims c;

    (void)state;
    assert_int_equal(hex_parse(HEX, der, SIZE), 0);
    for (size_t size = 0; size < SIZE; size++)
        assert_int_equal(parse(der, size, &c), -EBADMSG);
    assert_int_equal(parse(der, SIZE + 1, &c), -EBADMSG);
}

/* Every bit is either part of a value, and then changes one, or makes it no DER. */
static void no_bit_is_idle(void **state)
{
    uint8_t der[SIZE];
    struct intel_claims first, c;

    (void)state;
    assert_int_equal(hex_parse(HEX, der, SIZE), 0);
    assert_int_equal(parse(der, SIZE, &first), 0);
    for (size_t bit = 0; bit < 8 * SIZE; bit++) {
        der[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(parse(der, SIZE, &c) < 0 || memcmp(&c, &first, sizeof(c)) != 0);
        der[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* `from` becomes `to`, of the same length. */
static int parse_with(const char *from, const char *to)
{
    char text[sizeof(HEX)];
    uint8_t der[SIZE];
    struct intel_claims c;

    memcpy(text, HEX, sizeof(HEX));
    char *at = strstr(text, from);

    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    assert_int_equal(hex_parse(text, der, SIZE), 0);
    return parse(der, SIZE, &c);
}

static void values_have_their_types(void **state)
{
    (void)state;
    assert_int_equal(parse_with("021102010d", "021102017f"), 0);
    assert_int_equal(parse_with("021102010d", "0211020180"), -EBADMSG); /* negative */
    assert_int_equal(parse_with("01050a0101", "01050a0102"), 0);
    assert_int_equal(parse_with("01050a0101", "01050a0103"), -EBADMSG); /* no such type */
    assert_int_equal(parse_with("01050a0101", "0105020101"), -EBADMSG);
    assert_int_equal(parse_with("0107010101ff", "010701010100"), 0);
    assert_int_equal(parse_with("0107010101ff", "010701010101"), -EBADMSG); /* no DER */
    assert_int_equal(parse_with("0d01050a", "0d01080a"), -EBADMSG); /* unknown, and one missing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_one_is_read),
        cmocka_unit_test(none_is_shorter_or_longer),
        cmocka_unit_test(no_bit_is_idle),
        cmocka_unit_test(values_have_their_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
