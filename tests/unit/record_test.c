/* SPDX-License-Identifier: Apache-2.0 */
/* What checks leave behind: the first reason, and texts that fit. The list of checks
 * and the roots compiled in are looked over beside. */
/* links: attest/anchors.c attest/anchors_data.S attest/check.c attest/policy.c attest/record.c attest/text.c crypto/digest.c base/cur.c base/hex.c base/put.c base/rfc3339.c base/wipe.c */
/* libs: -lcrypto */
#include "attest/record.h"

#include "attest/anchors.h"
#include "base/hex.h"
#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct attest_result result;

static void keeps_the_first_reason(void **state)
{
    (void)state;
    result = (struct attest_result){0};
    assert_true(check(&result, kind, true, show_uint(1), show_uint(1)));
    assert_int_equal(result.reason, CHECK_NONE);
    assert_false(check_there(&result, crl_present, false, show_text("a"), show_text("b")));
    assert_false(check(&result, snp_debug, false, show_text("c"), show_text("d")));
    assert_int_equal(result.reason, CHECK_crl_present);
    assert_int_equal(result.check_count, 3);
    assert_int_equal(result.checks[1].outcome, OUTCOME_UNDECIDED);
    assert_int_equal(result.checks[2].outcome, OUTCOME_FAILED);
    assert_string_equal(result.checks[2].found.text, "d");
}

/* Too many are counted, and none is written past the end. */
static void counts_what_does_not_fit(void **state)
{
    (void)state;
    result = (struct attest_result){0};
    for (size_t i = 0; i < CHECKS_MAX + 1; i++)
        check(&result, kind, true, show_uint(i), show_uint(i));
    for (size_t i = 0; i < NOTES_MAX + 1; i++)
        result_note(&result, "remark");
    assert_int_equal(result.check_count, CHECKS_MAX + 1);
    assert_int_equal(result.note_count, NOTES_MAX);
}

static void shows_values(void **state)
{
    (void)state;
    static const uint8_t bytes[200] = {0xab, 0x01};
    const struct bytes two = {bytes, 2};
    const struct bytes_list list = {&two, 1};
    assert_string_equal(show_uint(0).text, "0");
    assert_string_equal(show_uint(UINT64_MAX).text, "18446744073709551615");
    assert_string_equal(show_flags(0).text, "0x0");
    assert_string_equal(show_flags(UINT64_MAX).text, "0xffffffffffffffff");
    assert_string_equal(show_hex(two).text, "ab01");
    assert_string_equal(show_hex_list(list).text, "ab01");
    assert_string_equal(show_hex_list((struct bytes_list){0}).text, "any");
    assert_string_equal(show_masked((struct masked){0}).text, "any");
    assert_string_equal(show_masked((struct masked){.mask = 3, .value = 1}).text, "0x1/0x3");
    assert_string_equal(show_time(0).text, "1970-01-01T00:00:00Z");
    assert_string_equal(show_bytes_text(bytes_of_text("a\033[1m")).text, "a?[1m");
    assert_int_equal(strlen(show_hex((struct bytes){bytes, 64}).text), 128);
    const struct shown cut = show_hex(BYTES(bytes));
    assert_int_equal(strlen(cut.text), 131);
    assert_string_equal(cut.text + 128, "...");
}

static void marks_long_text(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    const struct shown s = show_text(text);
    assert_int_equal(strlen(s.text), SHOWN_MAX - 1);
    assert_string_equal(s.text + SHOWN_MAX - 4, "...");
}

/* Each check can be told from every other. */
static void names_each_check_once(void **state)
{
    (void)state;
    for (unsigned i = 1; i < CHECK_COUNT; i++) {
        const struct check_info *a = check_info((enum check_id)i);
        assert_true(a->name[0] != '\0' && a->reason[0] != '\0');
        assert_true(a->trust != TRUST_NONE);
        for (unsigned j = 1; j < i; j++) {
            assert_string_not_equal(a->name, check_info((enum check_id)j)->name);
            assert_string_not_equal(a->reason, check_info((enum check_id)j)->reason);
        }
    }
    assert_string_equal(check_info(CHECK_NONE)->name, "");
    assert_string_equal(check_info(CHECK_COUNT)->name, "");
}

/* SHA-256 of AMD's and Intel's root certificates, as others publish them. */
static void pins_the_right_roots(void **state)
{
    (void)state;
    static const char *const expected[ANCHOR_COUNT] = {
        "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
        "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
        "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
        "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3",
    };
    for (size_t i = 0; i < ANCHOR_COUNT; i++) {
        uint8_t digest[SHA256_SIZE];
        char text[2 * SHA256_SIZE + 1];
        const struct bytes der = {anchors[i].start, (size_t)(anchors[i].end - anchors[i].start)};
        assert_int_equal(sha256(der, digest), 0);
        hex_put(BYTES(digest), text);
        assert_string_equal(text, expected[i]);
    }
}

/* The defaults of policy.toml, and that zeroed memory accepts nothing. */
static void defaults_are_strict(void **state)
{
    (void)state;
    const struct policy p = policy_default();
    assert_true(p.crls);
    assert_int_equal(p.snp.product_lines, 1u << PRODUCT_GENOA | 1u << PRODUCT_TURIN);
    assert_int_equal(p.snp.platform_require, SNP_PLATFORM_ALIAS_CHECK_COMPLETE);
    assert_false(p.snp.debug || p.sgx.debug || p.tdx.debug || p.snp.migration || p.tdx.migration);
    assert_int_equal(p.sgx.tcb.statuses,
                     TCB_BIT(TCB_UP_TO_DATE) | TCB_BIT(TCB_SW_HARDENING_NEEDED));
    assert_int_equal(p.sgx.tcb.advisory_count, 0);
    for (unsigned kind = KIND_UNKNOWN; kind <= KIND_TDX; kind++)
        assert_false(policy_names_identity(&p, (enum kind)kind));
    assert_int_equal(ACCEPTED, 1);
    assert_int_equal((struct attest_result){0}.verdict, UNVERIFIED);
}

static void names_statuses(void **state)
{
    (void)state;
    for (unsigned i = TCB_UP_TO_DATE; i <= TCB_REVOKED; i++)
        assert_int_equal(tcb_status_parse(bytes_of_text(tcb_status_text((enum tcb_status)i))), i);
    assert_int_equal(tcb_status_parse(bytes_of_text("uptodate")), TCB_NONE);
    assert_int_equal(tcb_status_parse(bytes_of_text("met")), TCB_NONE);
    assert_null(tcb_status_text(TCB_NONE));
    assert_string_equal(verdict_text(REFUSED), "refused");
    assert_string_equal(collateral_text(COLLATERAL_REVOKED), "revoked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_first_reason), cmocka_unit_test(counts_what_does_not_fit),
        cmocka_unit_test(shows_values),           cmocka_unit_test(marks_long_text),
        cmocka_unit_test(names_each_check_once),  cmocka_unit_test(pins_the_right_roots),
        cmocka_unit_test(defaults_are_strict),    cmocka_unit_test(names_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
