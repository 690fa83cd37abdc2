/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring an image. The expected value is calculated in Python's hashlib from the
 * SDM's description; tests/e2e/test_measure.py does that for the whole shim. */
/* links: host/sgx/measure.c crypto/digest.c base/cur.c base/put.c base/wipe.c base/hex.c */
/* libs: -lcrypto */
#include "host/sgx/measure.h"

#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t first[SGX_PAGE];
static uint8_t second[SGX_PAGE];
static struct sgx_image image;

static int make(void **state)
{
    (void)state;
    for (size_t i = 0; i < SGX_PAGE; i++) {
        first[i] = (uint8_t)(i % 251);
        second[i] = (uint8_t)(i % 7);
    }
    image = (struct sgx_image){
        .runs = {{.offset = 0x1000, .size = SGX_PAGE, .data = first, .flags = 0x100},
                 {.offset = 0x3000, .size = SGX_PAGE, .data = second, .flags = 0x205}},
        .count = 2,
    };
    return 0;
}

static void measure(char text[static 65])
{
    uint8_t mrenclave[SHA256_SIZE];
    assert_int_equal(sgx_measure(&image, 0x10000, 1, NULL, mrenclave), 0);
    hex_put((struct bytes){mrenclave, sizeof(mrenclave)}, text);
}

static void as_calculated_elsewhere(void **state)
{
    (void)state;
    char text[65];
    measure(text);
    assert_string_equal(text, "c8a2e4afcc466a2472f9a0022ba856402073e8a29e5adcb8080102de3b34cba7");
}

static void everything_counts(void **state)
{
    (void)state;
    char before[65];
    char after[65];
    measure(before);
    second[SGX_PAGE - 1] ^= 1;
    measure(after);
    assert_string_not_equal(before, after);
    second[SGX_PAGE - 1] ^= 1;
    image.runs[1].flags = 0x201;
    measure(after);
    assert_string_not_equal(before, after);
    image.runs[1].flags = 0x205;
    image.runs[1].offset += SGX_PAGE;
    measure(after);
    assert_string_not_equal(before, after);
}

struct heard {
    unsigned count[3];
    uint64_t last;
};

static void hear(void *context, const struct sgx_record *r)
{
    struct heard *h = context;
    h->count[r->kind]++;
    h->last = r->offset;
    assert_int_equal(r->data.size, r->kind == SGX_RECORD_EEXTEND ? 256 : 0);
}

static void every_record_is_heard(void **state)
{
    (void)state;
    uint8_t mrenclave[SHA256_SIZE];
    struct heard heard = {0};
    const struct sgx_listener listener = {.hear = hear, .context = &heard};
    assert_int_equal(sgx_measure(&image, 0x10000, 1, &listener, mrenclave), 0);
    assert_int_equal(heard.count[SGX_RECORD_ECREATE], 1);
    assert_int_equal(heard.count[SGX_RECORD_EADD], 2);
    assert_int_equal(heard.count[SGX_RECORD_EEXTEND], 32);
    assert_int_equal(heard.last, 0x3f00);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(as_calculated_elsewhere, make),
        cmocka_unit_test_setup(everything_counts, make),
        cmocka_unit_test_setup(every_record_is_heard, make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
