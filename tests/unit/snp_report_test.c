/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation reports of real hardware, taken apart and put together again; what is
 * expected stands in their expected.json. */
/* links: attest/snp_report.c tests/attest/snp_report_put.c base/cur.c base/hex.c base/put.c */
#include "base/hex.h"
#include "tests/attest/snp_report_put.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/data/evidence/snp/"

static void read_report(const char *set, uint8_t out[static SNP_REPORT_SIZE])
{
    char path[256];
    snprintf(path, sizeof(path), FOLDER "%s/report.bin", set);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(out, 1, SNP_REPORT_SIZE, file), SNP_REPORT_SIZE);
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
}

#define WHOLE(raw) ((struct bytes){.data = (raw), .size = SNP_REPORT_SIZE})

static const struct expected {
    const char *set;
    uint32_t version;
    uint64_t policy;
    enum product product;
    unsigned signing_key;
    const char *tcb; /* reported */
} sets[] = {
    {"go-sev-guest/milan-v2", 2, 0xb0000, PRODUCT_UNKNOWN, 0, "0200000000000544"},
    {"enarx-steward/milan-v2-idblock", 2, 0x30133, PRODUCT_UNKNOWN, 0, "020000000000065d"},
    {"ms-tee-attestation-verification/milan", 3, 0x3001f, PRODUCT_MILAN, 0, "04000000000018db"},
    {"ms-tee-attestation-verification/genoa", 3, 0x3001f, PRODUCT_GENOA, 0, NULL},
    {"ms-tee-attestation-verification/turin", 5, 0x3001f, PRODUCT_TURIN, 0, "0101010400000051"},
    {"trustee/milan-v3-vlek-aws", 3, 0x30000, PRODUCT_MILAN, 1, "04000000000018d9"},
};

static void reads_real_reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sets); i++) {
        uint8_t raw[SNP_REPORT_SIZE];
        char tcb[17];
        struct snp_report r;
        read_report(sets[i].set, raw);
        assert_int_equal(snp_report_parse(WHOLE(raw), &r), 0);
        assert_int_equal(r.claims.version, sets[i].version);
        assert_int_equal(r.claims.policy, sets[i].policy);
        assert_int_equal(r.claims.product, sets[i].product);
        assert_int_equal(r.claims.signing_key, sets[i].signing_key);
        assert_true(r.claims.reserved_zero);
        assert_true(r.signature_clean);
        hex_put((struct bytes){r.claims.reported_tcb, 8}, tcb);
        if (sets[i].tcb != NULL)
            assert_string_equal(tcb, sets[i].tcb);
    }
}

static void writes_what_it_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sets); i++) {
        uint8_t raw[SNP_REPORT_SIZE];
        uint8_t again[SNP_REPORT_SIZE];
        struct snp_report r;
        read_report(sets[i].set, raw);
        assert_int_equal(snp_report_parse(WHOLE(raw), &r), 0);
        struct put p = put_init(again, sizeof(again));
        snp_report_put(&p, &r.claims);
        snp_report_put_signature(&p, r.signature);
        assert_true(bytes_equal(put_done(&p), WHOLE(raw)));
    }
}

static void refuses_other_sizes(void **state)
{
    (void)state;
    uint8_t raw[SNP_REPORT_SIZE + 1] = {0};
    struct snp_report r;
    read_report(sets[0].set, raw);
    for (size_t size = 0; size <= sizeof(raw); size++) {
        const struct bytes from = {raw, size};
        assert_int_equal(snp_report_parse(from, &r), size == SNP_REPORT_SIZE ? 0 : -EBADMSG);
    }
}

/* Each byte that the table calls reserved, in a report of version 5. */
static void sees_reserved_bytes(void **state)
{
    (void)state;
    static const struct {
        size_t from, to;
    } reserved[] = {{0x4c, 0x50}, {0x18b, 0x1a0}, {0x1eb, 0x1ec}, {0x1ef, 0x1f0}, {0x208, 0x2a0}};
    uint8_t raw[SNP_REPORT_SIZE];
    struct snp_report r;
    read_report("ms-tee-attestation-verification/turin", raw);
    for (size_t i = 0; i < ARRAY_COUNT(reserved); i++) {
        for (size_t at = reserved[i].from; at < reserved[i].to; at++) {
            raw[at] ^= 0x10;
            assert_int_equal(snp_report_parse(WHOLE(raw), &r), 0);
            assert_false(r.claims.reserved_zero);
            raw[at] ^= 0x10;
        }
    }
    for (size_t at = SNP_SIGNED_SIZE; at < SNP_REPORT_SIZE; at++) {
        const size_t in_field = at - SNP_SIGNED_SIZE;
        const bool used = in_field < 2 * SNP_SIGNATURE_FIELD && in_field % SNP_SIGNATURE_FIELD < 48;
        raw[at] ^= 1;
        assert_int_equal(snp_report_parse(WHOLE(raw), &r), 0);
        assert_int_equal(r.signature_clean, used);
        raw[at] ^= 1;
    }
}

/* [SNP-ABI 2.2]; Turin has another order. */
static void decodes_a_tcb(void **state)
{
    (void)state;
    static const uint8_t raw[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const struct snp_tcb old = snp_tcb_decode(raw, PRODUCT_MILAN);
    const struct snp_tcb turin = snp_tcb_decode(raw, PRODUCT_TURIN);
    assert_int_equal(old.bootloader, 1);
    assert_int_equal(old.tee, 2);
    assert_int_equal(old.snp, 7);
    assert_int_equal(old.microcode, 8);
    assert_int_equal(turin.fmc, 1);
    assert_int_equal(turin.bootloader, 2);
    assert_int_equal(turin.tee, 3);
    assert_int_equal(turin.snp, 4);
    assert_int_equal(turin.microcode, 8);
    for (size_t i = 0; i < sizeof(raw); i++) {
        uint8_t one[8] = {0};
        one[i] = 1;
        assert_int_equal(snp_tcb_clean(one, PRODUCT_GENOA), i < 2 || i > 5);
        assert_int_equal(snp_tcb_clean(one, PRODUCT_TURIN), i < 4 || i > 6);
    }
}

static void compares_each_component(void **state)
{
    (void)state;
    const struct snp_tcb least = {1, 1, 1, 1, 1};
    assert_true(snp_tcb_at_least(least, least));
    assert_false(snp_tcb_at_least((struct snp_tcb){0, 9, 9, 9, 9}, least));
    assert_false(snp_tcb_at_least((struct snp_tcb){9, 0, 9, 9, 9}, least));
    assert_false(snp_tcb_at_least((struct snp_tcb){9, 9, 0, 9, 9}, least));
    assert_false(snp_tcb_at_least((struct snp_tcb){9, 9, 9, 0, 9}, least));
    assert_false(snp_tcb_at_least((struct snp_tcb){9, 9, 9, 9, 0}, least));
}

static void knows_product_lines(void **state)
{
    (void)state;
    static const struct {
        uint8_t family, model;
        enum product product;
    } rows[] = {
        {0x19, 0x01, PRODUCT_MILAN},   {0x19, 0x11, PRODUCT_GENOA},   {0x19, 0xa0, PRODUCT_GENOA},
        {0x1a, 0x02, PRODUCT_TURIN},   {0x1a, 0x11, PRODUCT_TURIN},   {0x19, 0x21, PRODUCT_UNKNOWN},
        {0x17, 0x01, PRODUCT_UNKNOWN}, {0x1a, 0x24, PRODUCT_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct snp_claims claims = {
            .version = 3, .cpuid_family = rows[i].family, .cpuid_model = rows[i].model};
        assert_int_equal(snp_cpuid_product(&claims), rows[i].product);
        claims.version = 2;
        assert_int_equal(snp_cpuid_product(&claims), PRODUCT_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_real_reports),  cmocka_unit_test(writes_what_it_read),
        cmocka_unit_test(refuses_other_sizes), cmocka_unit_test(sees_reserved_bytes),
        cmocka_unit_test(decodes_a_tcb),       cmocka_unit_test(compares_each_component),
        cmocka_unit_test(knows_product_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
