/* SPDX-License-Identifier: Apache-2.0 */
/* AES-CMAC, by the examples of its specification. */
/* links: crypto/cmac.c base/cur.c base/hex.c base/wipe.c */
/* libs: -lcrypto */
#include "crypto/cmac.h"

#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* [SP 800-38B, D.1: CMAC-AES128] */
static void macs_are_those_of_the_specification(void **state)
{
    (void)state;
    static const char message[] =
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    static const struct {
        size_t size;
        const char *mac;
    } rows[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},
        {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"},
        {64, "51f0bebf7e3b9d92fc49741779363cfe"},
    };
    uint8_t key[CMAC_SIZE], data[64], mac[CMAC_SIZE], expected[CMAC_SIZE];
    assert_int_equal(hex_parse("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof(key)), 0);
    assert_int_equal(hex_parse(message, data, sizeof(data)), 0);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        aes_cmac(key, (struct bytes){data, rows[i].size}, mac);
        assert_int_equal(hex_parse(rows[i].mac, expected, sizeof(expected)), 0);
        assert_memory_equal(mac, expected, sizeof(mac));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_are_those_of_the_specification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
