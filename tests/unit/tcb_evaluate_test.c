/* SPDX-License-Identifier: Apache-2.0 */
/* Matching and converging of TCB levels, as tables. The levels are those of a real
 * TCB info; what each platform reaches follows from PCS v4 "Get TCB Info" by hand,
 * the converged statuses from Intel's verification of TD quotes. */
/* links: attest/tcb_evaluate.c attest/tcb_info.c attest/tcb_level.c attest/tcb_status.c attest/signed_json.c attest/policy.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto -ljansson */
#include "attest/tcb_evaluate.h"

#include "attest/tcb_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two levels over modules 0 (no list), 1 (6 UpToDate, 4 OutOfDate, 2 Revoked) and 3. */
#define COMPONENTS(a, b, h)                                                                    \
    "[{\"svn\":" a "},{\"svn\":" b "},{\"svn\":2},{\"svn\":2},{\"svn\":4},{\"svn\":1},"        \
    "{\"svn\":0},{\"svn\":" h "},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}," \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0}]"
#define TDX_COMPONENTS(a, b, c)                                                             \
    "[{\"svn\":" a "},{\"svn\":" b "},{\"svn\":" c "},{\"svn\":0},{\"svn\":0},{\"svn\":0}," \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"  \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0}]"
#define LEVEL(sgx, pce, tdx, status, date)                                                     \
    "{\"tcb\":{\"sgxtcbcomponents\":" sgx ",\"pcesvn\":" pce ",\"tdxtcbcomponents\":" tdx "}," \
    "\"tcbDate\":\"" date "T00:00:00Z\",\"tcbStatus\":\"" status "\"}"
#define ZEROS_48                                       \
    "000000000000000000000000000000000000000000000000" \
    "000000000000000000000000000000000000000000000000"
#define MODULE_HEAD                                                      \
    "\"mrsigner\":\"" ZEROS_48 "\",\"attributes\":\"0000000000000000\"," \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\""
#define SVN_LEVEL(svn, status)                                                                   \
    "{\"tcb\":{\"isvsvn\":" svn "},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"" status \
    "\"}"
/* clang-format off */
#define INFO(newest, oldest)                                                                    \
    "{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"2026-03-16T22:06:09Z\","                     \
    "\"nextUpdate\":\"2026-04-15T22:06:09Z\",\"fmspc\":\"90c06f000000\",\"pceId\":\"0000\","    \
    "\"tcbType\":0,\"tcbEvaluationDataNumber\":18,\"tdxModule\":{" MODULE_HEAD "},"             \
    "\"tdxModuleIdentities\":["                                                                 \
    "{\"id\":\"TDX_03\"," MODULE_HEAD ",\"tcbLevels\":[" SVN_LEVEL("3", "UpToDate") "]},"       \
    "{\"id\":\"TDX_01\"," MODULE_HEAD ",\"tcbLevels\":[" SVN_LEVEL("6", "UpToDate") ","         \
    SVN_LEVEL("4", "OutOfDate") "," SVN_LEVEL("2", "Revoked") "]}],\"tcbLevels\":["             \
    LEVEL(COMPONENTS("3", "3", "5"), "13", TDX_COMPONENTS("5", "0", "3"), newest, "2024-11-13") \
    ","                                                                                         \
    LEVEL(COMPONENTS("2", "2", "5"), "11", TDX_COMPONENTS("5", "0", "2"), oldest, "2024-03-13") \
    "]}"
/* clang-format on */

static struct tcb_info *parse(const char *text)
{
    const struct signed_json cut = {.object = bytes_of_text(text)};
    struct tcb_info *info;

    assert_int_equal(tcb_info_parse(&cut, &info), 0);
    return info;
}

/* ---- levels ---- */

struct platform {
    uint8_t sgx[16];
    uint16_t pce_svn;
    uint8_t tdx[16];
};

#define NEWEST                 \
    {                          \
        3, 3, 2, 2, 4, 1, 0, 5 \
    }

static void levels_match(void **state)
{
    enum { FIRST, SECOND, NONE };
    static const struct {
        struct platform p;
        int level;
    } rows[] = {
        {{NEWEST, 13, {5, 0, 3}}, FIRST},
        {{{255, 255, 255, 255, 255, 255, 255, 255}, 65535, {5, 0, 3}}, FIRST},
        {{{2, 3, 2, 2, 4, 1, 0, 5}, 13, {5, 0, 3}}, SECOND}, /* one component lower */
        {{{3, 2, 2, 2, 4, 1, 0, 5}, 13, {5, 0, 3}}, SECOND},
        {{NEWEST, 12, {5, 0, 3}}, SECOND}, /* the PCE is older */
        {{NEWEST, 10, {5, 0, 3}}, NONE},
        {{{3, 3, 2, 2, 4, 1, 0, 4}, 13, {5, 0, 3}}, NONE}, /* the last one that counts */
        {{{3, 3, 2, 2, 3, 1, 0, 5}, 13, {5, 0, 3}}, NONE},
        {{NEWEST, 13, {5, 0, 2}}, SECOND}, /* late microcode */
        {{NEWEST, 13, {5, 0, 1}}, NONE},
        {{NEWEST, 13, {4, 0, 3}}, NONE},  /* version 0: the module's SVN counts here */
        {{NEWEST, 13, {4, 1, 3}}, FIRST}, /* version 1: it does not */
        {{NEWEST, 13, {0, 1, 3}}, FIRST},
        {{NEWEST, 13, {0, 1, 2}}, SECOND},
        {{NEWEST, 13, {255, 255, 1}}, NONE},
    };
    struct tcb_info *info = parse(INFO("UpToDate", "OutOfDate"));

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct tcb_level *found =
            tcb_info_match(info, rows[i].p.sgx, rows[i].p.pce_svn, rows[i].p.tdx);

        assert_ptr_equal(found, rows[i].level == NONE ? NULL : &info->levels[rows[i].level]);
    }
    free(info);
}

/* Every component counts: one less than the level, at each place. */
static void all_components_count(void **state)
{
    struct tcb_info *info = parse(INFO("UpToDate", "OutOfDate"));

    (void)state;
    info->level_count = 1;
    memset(info->levels[0].sgx, 7, 16);
    memset(info->levels[0].tdx, 9, 16);
    for (size_t i = 0; i < 32; i++) {
        struct platform p = {.pce_svn = 13};

        memset(p.sgx, 7, 16);
        memset(p.tdx, 9, 16);
        assert_non_null(tcb_info_match(info, p.sgx, p.pce_svn, p.tdx));
        (i < 16 ? p.sgx : p.tdx)[i % 16]--;
        /* 0 and 1 of TEE_TCB_SVN are the module's own: its version is not 0 */
        const bool reached = tcb_info_match(info, p.sgx, p.pce_svn, p.tdx) != NULL;

        assert_int_equal(reached, i == 16 || i == 17);
        assert_true(i < 16 || tcb_info_match(info, p.sgx, p.pce_svn, NULL) != NULL);
    }
    free(info);
}

/* ---- statuses ---- */

static void parts_lower_a_status(void **state)
{
    /* columns: the part is UpToDate, OutOfDate, Revoked, matches no level */
    static const enum tcb_status parts[] = {TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_REVOKED,
                                            TCB_NO_MATCHING_LEVEL};
    static const enum tcb_status rows[][5] = {
        {TCB_UP_TO_DATE, TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_REVOKED, TCB_NO_MATCHING_LEVEL},
        {TCB_SW_HARDENING_NEEDED, TCB_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE, TCB_REVOKED,
         TCB_NO_MATCHING_LEVEL},
        {TCB_CONFIGURATION_NEEDED, TCB_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
         TCB_REVOKED, TCB_NO_MATCHING_LEVEL},
        {TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
         TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_REVOKED, TCB_NO_MATCHING_LEVEL},
        {TCB_OUT_OF_DATE, TCB_OUT_OF_DATE, TCB_OUT_OF_DATE, TCB_REVOKED, TCB_NO_MATCHING_LEVEL},
        {TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
         TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_REVOKED, TCB_NO_MATCHING_LEVEL},
        {TCB_TD_RELAUNCH_ADVISED, TCB_TD_RELAUNCH_ADVISED, TCB_OUT_OF_DATE, TCB_REVOKED,
         TCB_NO_MATCHING_LEVEL},
        {TCB_REVOKED, TCB_REVOKED, TCB_REVOKED, TCB_REVOKED, TCB_REVOKED},
        {TCB_NO_MATCHING_LEVEL, TCB_NO_MATCHING_LEVEL, TCB_NO_MATCHING_LEVEL, TCB_NO_MATCHING_LEVEL,
         TCB_NO_MATCHING_LEVEL},
        {TCB_NONE, TCB_NONE, TCB_NONE, TCB_NONE, TCB_NONE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(tcb_status_lower(rows[i][0], TCB_NONE), rows[i][0]);
        for (size_t j = 0; j < ARRAY_COUNT(parts); j++)
            assert_int_equal(tcb_status_lower(rows[i][0], parts[j]), rows[i][j + 1]);
    }
}

static void policies_accept(void **state)
{
    const struct intel_policy all = {.statuses = ~0u, .out_of_date_until = 100};
    const struct intel_policy none = {.statuses = 0};

    (void)state;
    for (unsigned status = TCB_NONE; status <= TCB_NO_MATCHING_LEVEL; status++) {
        const enum tcb_status s = (enum tcb_status)status;
        const bool never = s == TCB_NONE || s == TCB_REVOKED || s == TCB_NO_MATCHING_LEVEL;

        assert_int_equal(tcb_status_accepted(&all, s, 99), !never);
        assert_int_equal(tcb_status_accepted(&all, s, 100),
                         !never && !tcb_status_is_out_of_date(s));
        assert_false(tcb_status_accepted(&none, s, 99));
    }
}

/* The platform, the status of its module and QE, and what they come to. */
struct convergence {
    const char *newest, *oldest;
    struct platform p;
    uint8_t now[16]; /* TEE_TCB_SVN_2 */
    enum tcb_status qe, module, converged;
};

#define UP       TCB_UP_TO_DATE
#define OLD      TCB_OUT_OF_DATE
#define NO_LEVEL TCB_NO_MATCHING_LEVEL
#define RELAUNCH TCB_TD_RELAUNCH_ADVISED

/* clang-format off */
static const struct convergence convergences[] = {
    /* up to date, and each part that is not */
    {"UpToDate", "OutOfDate", {NEWEST, 13, {6, 1, 3}}, {6, 1, 3}, UP, UP, UP},
    {"UpToDate", "OutOfDate", {NEWEST, 13, {6, 1, 3}}, {6, 1, 3}, OLD, UP, OLD},
    {"UpToDate", "OutOfDate", {NEWEST, 13, {6, 1, 3}}, {6, 1, 3}, TCB_REVOKED, UP, TCB_REVOKED},
    {"UpToDate", "OutOfDate", {NEWEST, 13, {3, 1, 3}}, {6, 1, 3}, UP, TCB_REVOKED, TCB_REVOKED},
    {"UpToDate", "OutOfDate", {NEWEST, 13, {1, 1, 3}}, {6, 1, 3}, UP, NO_LEVEL, NO_LEVEL},
    /* no such module */
    {"UpToDate", "OutOfDate", {NEWEST, 13, {6, 2, 3}}, {6, 1, 3}, UP, TCB_NONE, NO_LEVEL},
    /* version 0 has no levels */
    {"UpToDate", "OutOfDate", {NEWEST, 13, {5, 0, 3}}, {5, 0, 3}, UP, TCB_NONE, UP},
    {"Revoked", "OutOfDate", {NEWEST, 13, {6, 1, 3}}, {6, 1, 3}, UP, UP, TCB_REVOKED},
    /* launched on an old module, running on the newest by now */
    {"UpToDate", "OutOfDate", {NEWEST, 13, {4, 1, 3}}, {6, 1, 3}, UP, OLD, RELAUNCH},
    {"UpToDate", "OutOfDate", {NEWEST, 13, {4, 1, 2}}, {3, 3, 3}, UP, OLD, RELAUNCH},
    {"UpToDate", "OutOfDate", {NEWEST, 13, {4, 1, 3}}, {5, 0, 3}, UP, OLD, RELAUNCH},
    {"ConfigurationNeeded", "OutOfDate", {NEWEST, 13, {4, 1, 3}},
     {6, 1, 3}, UP, OLD, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED},
    {"UpToDate", "OutOfDateConfigurationNeeded", {NEWEST, 13, {4, 1, 2}},
     {6, 1, 3}, UP, OLD, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED},
    /* and when that would not help */
    /* still not the newest module */
    {"UpToDate", "OutOfDate", {NEWEST, 13, {4, 1, 3}}, {5, 1, 3}, UP, OLD, OLD},
    {"UpToDate", "OutOfDate", {NEWEST, 13, {4, 1, 3}}, {6, 1, 2}, UP, OLD, OLD}, /* nor microcode */
    /* a module unheard of */
    {"UpToDate", "OutOfDate", {NEWEST, 13, {4, 1, 3}}, {6, 9, 3}, UP, OLD, OLD},
    /* the QE is old too */
    {"UpToDate", "OutOfDate", {NEWEST, 13, {4, 1, 3}}, {6, 1, 3}, OLD, OLD, OLD},
    /* and so is the platform */
    {"UpToDate", "OutOfDate", {NEWEST, 11, {4, 1, 3}}, {6, 1, 3}, UP, OLD, OLD},
};
/* clang-format on */

static void statuses_converge(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(convergences); i++) {
        const struct convergence *row = &convergences[i];
        char text[8192];

        snprintf(text, sizeof(text), INFO("%s", "%s"), row->newest, row->oldest);
        struct tcb_info *info = parse(text);
        const struct tcb_platform platform = {
            .components = row->p.sgx,
            .pce_svn = row->p.pce_svn,
            .tee_tcb_svn = row->p.tdx,
            .tee_tcb_svn_2 = row->now,
            .qe_status = row->qe,
        };
        struct tcb_evaluation e = tcb_evaluate(info, &platform);

        if (e.converged != row->converged || e.module_status != row->module)
            print_error("row %zu\n", i);
        assert_int_equal(e.module_status, row->module);
        assert_int_equal(e.converged, row->converged);
        free(info);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_match),         cmocka_unit_test(all_components_count),
        cmocka_unit_test(parts_lower_a_status), cmocka_unit_test(policies_accept),
        cmocka_unit_test(statuses_converge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
