/* SPDX-License-Identifier: Apache-2.0 */
/* The keyed hash: SipHash-1-3, and a key of this process's own. */
/* links: exec/vfs/hash.c base/cur.c */
#include "exec/vfs/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Expected: CPython 3.11 (PYTHONHASHSEED=0) and Rust 1.95's DefaultHasher, which
 * are SipHash-1-3 under the zero key and agree. */
static void is_siphash_1_3(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = {
        {"a", 0x407448d2b89b1813},
        {"seven77", 0xa6db6108ea1ca0c6},
        {"eightbyt", 0xe281285510e568f4},
        {"a name of twenty-four b.", 0x9e065b15b636ed95},
    };
    const struct hash_key zero = {{0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(hash_bytes(&zero, bytes_of_text(rows[i].text)) == rows[i].hash);
}

/* Expected: first vector of the SipHash-1-3 tests of the Rust project. */
static void uses_its_key(void **state)
{
    (void)state;
    const struct hash_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
    assert_true(hash_bytes(&key, (struct bytes){0}) == 0xabac0158050fc4dc);
}

static void key_is_secret(void **state)
{
    (void)state;
    const struct hash_key key = hash_key_new();
    assert_true(key.half[0] != 0 && key.half[1] != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_siphash_1_3),
        cmocka_unit_test(uses_its_key),
        cmocka_unit_test(key_is_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
