/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts in certificates: what our own code writes, and what is no such list. */
/* links: crypto/host_names.c crypto/issue.c crypto/key.c crypto/digest.c base/der.c base/der_put.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* libs: -lcrypto */
#include "crypto/host_names.h"

#include "base/attr.h"
#include "crypto/issue.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define INPUT(text)                               \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static void reads_what_is_written(void **state)
{
    (void)state;
    uint8_t room[64];
    struct put p = put_init(room, sizeof(room));
    const struct bytes asked[] = {bytes_of_text("a.example"), bytes_of_text("b")};
    struct bytes names[2];
    certificate_put_host_names(&p, asked, 2);
    assert_int_equal(host_names_parse(put_done(&p), names, 2), 2);
    assert_true(bytes_equal(names[0], asked[0]) && bytes_equal(names[1], asked[1]));
    assert_int_equal(host_names_parse(put_done(&p), names, 1), -EBADMSG);
}

static void refuses(void **state)
{
    (void)state;
    struct bytes names[8];
    static const struct bytes bad[] = {
        INPUT(""),
        INPUT("\x30\0"),
        INPUT("\x30\x06\x87\x04\x7f\0\0\x01"),     /* an address */
        INPUT("\x30\x06\x82\x01\x61\x81\x01\x62"), /* and one of mail */
        INPUT("\x30\x03\x82\x02\x61"),             /* cut */
        INPUT("\x30\x03\x82\x01\x61\0"),           /* a byte behind */
        INPUT("\x31\x03\x82\x01\x61"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(host_names_parse(bad[i], names, ARRAY_COUNT(names)), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_written),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
