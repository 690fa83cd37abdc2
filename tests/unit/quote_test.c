/* SPDX-License-Identifier: Apache-2.0 */
/* links: attest/quote.c base/cur.c */
/* Quotes taken apart: all lengths are accounted for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attest/quote.h"

#define SGX_QUOTE "tests/data/evidence/sgx/dcap-qvl/quote-v3-cfg-and-swhardening/quote.bin"
#define TDX_4_QUOTE \
    "tests/data/evidence/tdx/trustee+attestation-rs/quote-v4-outofdate-2026/quote.bin"
#define TDX_5_QUOTE "tests/data/evidence/tdx/go-tdx-guest/quote-v5-uptodate-2026/quote.bin"

static const char *const paths[] = {SGX_QUOTE, TDX_4_QUOTE, TDX_5_QUOTE};

struct file {
    uint8_t data[8192];
    size_t size;
};

static struct file load(const char *path)
{
    struct file f;
    FILE *from = fopen(path, "rb");

    assert_non_null(from);
    f.size = fread(f.data, 1, sizeof(f.data), from);
    fclose(from);
    return f;
}

static int parse(const struct file *f, struct quote *q)
{
    return quote_parse((struct bytes){f->data, f->size}, q);
}

static void parts_have_their_places(void **state)
{
    static const struct {
        uint16_t version, body_type;
        size_t body_at, body_size;
    } rows[] = {{3, BODY_ENCLAVE, 48, 384}, {4, BODY_TD_10, 48, 584}, {5, BODY_TD_15, 54, 648}};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct file f = load(paths[i]);
        struct quote q;

        assert_int_equal(parse(&f, &q), 0);
        assert_int_equal(q.version, rows[i].version);
        assert_int_equal(q.body_type, rows[i].body_type);
        assert_ptr_equal(q.body.data, f.data + rows[i].body_at);
        assert_int_equal(q.body.size, rows[i].body_size);
        assert_ptr_equal(q.signed_part.data, f.data);
        assert_int_equal(q.signed_part.size, rows[i].body_at + rows[i].body_size);
        assert_ptr_equal(q.signature.data, f.data + q.signed_part.size + 4);
        assert_ptr_equal(q.key.data, q.signature.data + 64);
        assert_int_equal(q.qe_auth.size, 32);
        assert_int_equal(q.cert_type, CERT_DATA_PCK_CHAIN);
        assert_ptr_equal(q.certs.data + q.certs.size, f.data + f.size);
        assert_int_equal(q.trailing.size, 0);
    }
}

static void no_shorter_quote_is_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        struct file f = load(paths[i]);
        struct quote q;

        for (size_t size = 0; size < f.size; size++)
            assert_int_equal(quote_parse((struct bytes){f.data, size}, &q), -EBADMSG);
        f.data[f.size++] = 0;
        assert_int_equal(parse(&f, &q), 0);
        assert_int_equal(q.trailing.size, 1);
    }
}

/* Every length, one more, one less and as large as can be. */
static void lengths_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        const struct file whole = load(paths[i]);
        struct quote q;

        assert_int_equal(parse(&whole, &q), 0);
        const size_t lengths[] = {
            q.signed_part.size,                          /* of the signature */
            (size_t)(q.qe_report.data - whole.data) - 4, /* of what wraps the QE report */
            (size_t)(q.qe_auth.data - whole.data) - 2,
            (size_t)(q.certs.data - whole.data) - 4,
        };

        for (size_t l = 0; l < ARRAY_COUNT(lengths); l++) {
            if (l == 1 && q.version == 3)
                continue; /* there it is the key */
            struct file f = whole;

            f.data[lengths[l]]++;
            assert_int_equal(parse(&f, &q), -EBADMSG);
            f.data[lengths[l]] = (uint8_t)(whole.data[lengths[l]] - 1);
            assert_int_equal(parse(&f, &q), -EBADMSG);
            memset(f.data + lengths[l], 0xff, l == 2 ? 2 : 4);
            assert_int_equal(parse(&f, &q), -EBADMSG);
        }
    }
}

static void other_versions_and_bodies_are_unknown(void **state)
{
    struct file f = load(TDX_5_QUOTE);
    struct quote q;

    (void)state;
    for (unsigned version = 0; version < 256; version++) {
        f.data[0] = (uint8_t)version;
        assert_int_equal(parse(&f, &q), version == 5 ? 0 : -EBADMSG);
    }
    f.data[0] = 5;
    for (unsigned type = 0; type < 256; type++) {
        f.data[48] = (uint8_t)type;
        assert_int_equal(parse(&f, &q), type == BODY_TD_15 ? 0 : -EBADMSG);
    }
}

static void reports_have_their_fields(void **state)
{
    uint8_t body[ENCLAVE_REPORT_SIZE] = {0};
    struct enclave_report r;

    (void)state;
    assert_int_equal(enclave_report_parse((struct bytes){body, 383}, &r), -EBADMSG);
    body[16] = 0x78;
    body[258] = 0x34;
    body[259] = 0x12;
    assert_int_equal(enclave_report_parse((struct bytes){body, sizeof(body)}, &r), 0);
    assert_int_equal(r.misc_select, 0x78);
    assert_int_equal(r.isv_svn, 0x1234);
    assert_ptr_equal(r.attributes.data, body + 48);
    assert_ptr_equal(r.mrenclave.data, body + 64);
    assert_ptr_equal(r.mrsigner.data, body + 128);
    assert_ptr_equal(r.config_id.data, body + 192);
    assert_ptr_equal(r.isv_family_id.data, body + 304);
    assert_ptr_equal(r.report_data.data, body + 320);
    assert_true(r.reserved_zero);
}

static void reserved_bytes_are_seen(void **state)
{
    static const size_t places[] = {20, 31, 96, 127, 160, 191, 262, 303};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        uint8_t body[ENCLAVE_REPORT_SIZE] = {0};
        struct enclave_report r;

        body[places[i]] = 0x80;
        assert_int_equal(enclave_report_parse((struct bytes){body, sizeof(body)}, &r), 0);
        assert_false(r.reserved_zero);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_have_their_places),
        cmocka_unit_test(no_shorter_quote_is_one),
        cmocka_unit_test(lengths_are_exact),
        cmocka_unit_test(other_versions_and_bodies_are_unknown),
        cmocka_unit_test(reports_have_their_fields),
        cmocka_unit_test(reserved_bytes_are_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
