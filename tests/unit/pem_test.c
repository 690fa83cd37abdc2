/* SPDX-License-Identifier: Apache-2.0 */
/* PEM: what it decodes, and that no byte of it is free. */
/* links: crypto/pem.c base/base64.c base/cur.c base/put.c */
#include "crypto/pem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* [RFC 4648 10] */
static const char sample[] = "-----BEGIN X-----\n"
                             "Zm9v\r\nYmE=\n"
                             "-----END X-----\n";

static int take(struct bytes from, char *out, size_t *count)
{
    struct cur c = cur_init(from);
    struct put p = put_init(out, 64);
    int result = 1;
    for (*count = 0; result > 0; *count += result > 0)
        result = pem_take(&c, "X", &p);
    out[p.size] = '\0';
    return result;
}

static void reads_blocks(void **state)
{
    (void)state;
    char out[65];
    char twice[2 * sizeof(sample)];
    size_t count;
    memcpy(twice, sample, sizeof(sample) - 1);
    memcpy(twice + sizeof(sample) - 1, sample, sizeof(sample));
    assert_int_equal(take(bytes_of_text(twice), out, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(out, "foobafooba");
    assert_true(pem_is(bytes_of_text(sample)));
    assert_false(pem_is(bytes_of_text("0\x82")));
    const struct bytes with_nul = {(const uint8_t *)sample, sizeof(sample)};
    assert_int_equal(take(with_nul, out, &count), 0);
}

static void has_no_free_bit(void **state)
{
    (void)state;
    char out[65];
    size_t count;
    for (size_t bit = 0; bit < 8 * (sizeof(sample) - 1); bit++) {
        char copy[sizeof(sample)];
        memcpy(copy, sample, sizeof(sample));
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        const struct bytes from = {(const uint8_t *)copy, sizeof(sample) - 1};
        assert_true(take(from, out, &count) < 0 || strcmp(out, "fooba") != 0);
    }
}

static void refuses_what_is_cut_or_wrong(void **state)
{
    (void)state;
    char out[65];
    size_t count;
    const size_t end = sizeof(sample) - 2; /* the last line end may be missing */
    for (size_t size = 1; size < end; size++)
        assert_int_equal(take((struct bytes){(const uint8_t *)sample, size}, out, &count),
                         -EBADMSG);
    static const char *const wrongs[] = {
        "-----BEGIN Y-----\nZm9v\n-----END Y-----\n",
        "x\n-----BEGIN X-----\nZm9v\n-----END X-----\n",
        "-----BEGIN X-----\nZm9\n-----END X-----\n",
        "-----BEGIN X-----\nZ===\n-----END X-----\n",
        "-----BEGIN X-----\nYmF=\n-----END X-----\n",
        "-----BEGIN X-----\nZm 9v\n-----END X-----\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(wrongs); i++)
        assert_int_equal(take(bytes_of_text(wrongs[i]), out, &count), -EBADMSG);
}

/* As Python's base64 has it; what is written is read. */
static void writes_what_it_reads(void **state)
{
    (void)state;
    uint8_t from[100], back[100];
    char text[400];
    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = (uint8_t)(i * 5);
    for (size_t size = 0; size <= sizeof(from); size++) {
        struct put p = put_init(text, sizeof(text)), q = put_init(back, sizeof(back));
        pem_put(&p, "X", (struct bytes){from, size});
        struct cur c = cur_init(put_done(&p));
        assert_int_equal(pem_take(&c, "X", &q), 1);
        assert_int_equal(q.size, size);
        assert_memory_equal(back, from, size);
        assert_int_equal(p.size, 34 + (size + 2) / 3 * 4 + (size + 47) / 48);
    }
    struct put p = put_init(text, sizeof(text));
    pem_put(&p, "X", (struct bytes){from, 49});
    assert_memory_equal(text,
                        "-----BEGIN X-----\n"
                        "AAUKDxQZHiMoLTI3PEFGS1BVWl9kaW5zeH2Ch4yRlpugpaqvtLm+w8jN0tfc4ebr\n"
                        "8A==\n"
                        "-----END X-----\n",
                        p.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_blocks),
        cmocka_unit_test(has_no_free_bit),
        cmocka_unit_test(refuses_what_is_cut_or_wrong),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
