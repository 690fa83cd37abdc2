/* SPDX-License-Identifier: Apache-2.0 */
/* From a check to the line of policy.toml that would pass it; see attest_hint.h. Trusts
 * the result it is given. */
#include "host/cli/attest_hint.h"

#include "attest/snp_report.h"
#include "base/hex.h"
#include "base/rfc3339.h"
#include "conf/policy_key.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONTH (30 * 86400)

/* How the value is written. */
enum form {
    FORM_TRUE,
    FORM_FALSE,
    FORM_EMPTY,    /* [] */
    FORM_PLAIN,    /* what was found: a number or a time */
    FORM_QUOTED,   /* "what was found" */
    FORM_LISTED,   /* ["what was found"] */
    FORM_UNMASKED, /* {mask = "0x0", value = "0x0"} */
    FORM_VERSION,  /* found as a number: two or three parts of a byte */
    FORM_TEES,     /* the rest have a function each */
    FORM_PRODUCT,
    FORM_SIGNERS,
    FORM_TCB,
    FORM_STATUS,
    FORM_ADVISORIES,
    FORM_RTMR,
};

/* `key` is one of policy_keys; ".statuses" is that of the evidence's kind. */
static const struct row {
    const char *key;
    enum check_id check;
    enum form form;
} rows[] = {
    {"tees", CHECK_kind_allowed, FORM_TEES},
    {"crls", CHECK_crl_present, FORM_FALSE},
    {"purpose", CHECK_claims_purpose, FORM_QUOTED},
    {"workload", CHECK_claims_workload, FORM_QUOTED},

    {"snp.signing_keys", CHECK_snp_signing_key_allowed, FORM_SIGNERS},
    {"snp.csp_ids", CHECK_snp_csp, FORM_LISTED},
    {"snp.product_lines", CHECK_snp_product_line, FORM_PRODUCT},
    {"snp.chips", CHECK_snp_chip, FORM_LISTED},
    {"snp.debug", CHECK_snp_debug, FORM_TRUE},
    {"snp.migration", CHECK_snp_migration, FORM_TRUE},
    {"snp.minimum_abi", CHECK_snp_policy_abi, FORM_VERSION},
    {"snp.policy_require", CHECK_snp_policy_required, FORM_EMPTY},
    {"snp.policy_forbid", CHECK_snp_policy_forbidden, FORM_EMPTY},
    {"snp.minimum_tcb", CHECK_snp_reported_tcb, FORM_TCB},
    {"snp.minimum_tcb", CHECK_snp_committed_tcb, FORM_TCB},
    {"snp.minimum_tcb", CHECK_snp_launch_tcb, FORM_TCB},
    {"snp.provisional", CHECK_snp_provisional, FORM_TRUE},
    {"snp.minimum_firmware", CHECK_snp_firmware, FORM_VERSION},
    {"snp.vmpl", CHECK_snp_vmpl, FORM_PLAIN},
    {"snp.platform_require", CHECK_snp_alias_check, FORM_EMPTY},
    {"snp.platform_require", CHECK_snp_platform_required, FORM_EMPTY},
    {"snp.platform_forbid", CHECK_snp_platform_forbidden, FORM_EMPTY},
    {"snp.measurements", CHECK_snp_measurement, FORM_LISTED},
    {"snp.id_keys", CHECK_snp_id_key, FORM_LISTED},
    {"snp.author_keys", CHECK_snp_author_key, FORM_LISTED},
    {"snp.revoked_authors", CHECK_snp_author_revoked, FORM_EMPTY},
    {"snp.minimum_guest_svn", CHECK_snp_guest_svn, FORM_PLAIN},
    {"snp.family_id", CHECK_snp_family_id, FORM_QUOTED},
    {"snp.image_id", CHECK_snp_image_id, FORM_QUOTED},
    {"snp.launch_mitigations", CHECK_snp_launch_mitigations, FORM_QUOTED},
    {"snp.current_mitigations", CHECK_snp_current_mitigations, FORM_QUOTED},
    {"snp.host_data", CHECK_snp_host_data, FORM_QUOTED},

    {".chips", CHECK_pck_chip, FORM_LISTED},
    {".statuses", CHECK_qe_status, FORM_STATUS},
    {".statuses", CHECK_tcb_status, FORM_STATUS},
    {".advisories", CHECK_tcb_advisories, FORM_ADVISORIES},
    {".denied_advisories", CHECK_tcb_advisories_denied, FORM_EMPTY},
    {".minimum_tcb_evaluation_data_number", CHECK_tcb_evaluation_number, FORM_PLAIN},
    {".minimum_tcb_date", CHECK_tcb_date, FORM_PLAIN},

    {"sgx.debug", CHECK_sgx_debug, FORM_TRUE},
    {"sgx.provision_key", CHECK_sgx_provision_key, FORM_TRUE},
    {"sgx.mrenclaves", CHECK_sgx_mrenclave, FORM_LISTED},
    {"sgx.mrsigners", CHECK_sgx_mrsigner, FORM_LISTED},
    {"sgx.isv_prod_id", CHECK_sgx_isv_prod_id, FORM_PLAIN},
    {"sgx.minimum_isv_svn", CHECK_sgx_isv_svn, FORM_PLAIN},
    {"sgx.family_id", CHECK_sgx_family_id, FORM_QUOTED},
    {"sgx.ext_prod_id", CHECK_sgx_ext_prod_id, FORM_QUOTED},
    {"sgx.config_id", CHECK_sgx_config_id, FORM_QUOTED},
    {"sgx.minimum_config_svn", CHECK_sgx_config_svn, FORM_PLAIN},
    {"sgx.attributes", CHECK_sgx_attributes, FORM_UNMASKED},
    {"sgx.xfrm", CHECK_sgx_xfrm, FORM_UNMASKED},
    {"sgx.misc_select", CHECK_sgx_misc_select, FORM_UNMASKED},

    {"tdx.debug", CHECK_tdx_debug, FORM_TRUE},
    {"tdx.migration", CHECK_tdx_migration, FORM_TRUE},
    {"tdx.mrseams", CHECK_tdx_mrseam, FORM_LISTED},
    {"tdx.mrtds", CHECK_tdx_mrtd, FORM_LISTED},
    {"tdx.rtmr0", CHECK_tdx_rtmr, FORM_RTMR},
    {"tdx.mr_config_id", CHECK_tdx_mr_config_id, FORM_QUOTED},
    {"tdx.mr_owner", CHECK_tdx_mr_owner, FORM_QUOTED},
    {"tdx.mr_owner_config", CHECK_tdx_mr_owner_config, FORM_QUOTED},
    {"tdx.mr_service_td", CHECK_tdx_mr_service_td, FORM_QUOTED},
    {"tdx.attributes", CHECK_tdx_attributes, FORM_UNMASKED},
    {"tdx.xfam", CHECK_tdx_xfam, FORM_UNMASKED},
};

/* A value under way into a line; false of an append means that it does not fit. */
struct value {
    const char *key; /* without its section; a form may set another */
    char text[400];
};

format_like(2, 3) static bool append(struct value *v, const char *format, ...)
{
    const size_t used = strlen(v->text);
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(v->text + used, sizeof(v->text) - used, format, args);
    va_end(args);
    return size >= 0 && used + (size_t)size < sizeof(v->text);
}

/* ---- values that are more than what was found ---- */

static bool put_product(enum product product, struct value *v)
{
    switch (product) {
    case PRODUCT_MILAN:
        return append(v, "[\"genoa\", \"turin\", \"milan\"]");
    case PRODUCT_GENOA:
    case PRODUCT_TURIN:
        return append(v, "[\"genoa\", \"turin\"]");
    default:
        return false;
    }
}

static uint8_t least(uint8_t a, uint8_t b) { return a < b ? a : b; }

/* What reported, committed and launch TCB all reach. */
static bool put_tcb(const struct snp_claims *c, struct value *v)
{
    static const char *const products[PRODUCT_COUNT] = {
        [PRODUCT_MILAN] = "milan", [PRODUCT_GENOA] = "genoa", [PRODUCT_TURIN] = "turin"};
    if (products[c->product] == NULL)
        return false;
    const uint8_t *const all[] = {c->reported_tcb, c->committed_tcb, c->launch_tcb};
    struct snp_tcb t = {0xff, 0xff, 0xff, 0xff, 0xff};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
        const struct snp_tcb one = snp_tcb_decode(all[i], c->product);
        t = (struct snp_tcb){least(t.fmc, one.fmc), least(t.bootloader, one.bootloader),
                             least(t.tee, one.tee), least(t.snp, one.snp),
                             least(t.microcode, one.microcode)};
    }
    return append(v, "{%s = {fmc = %u, bootloader = %u, tee = %u, snp = %u, microcode = %u}}",
                  products[c->product], t.fmc, t.bootloader, t.tee, t.snp, t.microcode);
}

/* OutOfDate passes until a date, some statuses never. */
static bool put_status(const struct attest_result *r, int64_t time, struct value *v)
{
    static const char *const fine = "\"UpToDate\", \"SWHardeningNeeded\"";
    char until[RFC3339_SIZE];
    switch (r->tcb_status) {
    case TCB_OUT_OF_DATE:
    case TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
        rfc3339_put(time + MONTH, until);
        v->key = "out_of_date_until";
        return append(v, "%s", until);
    case TCB_SW_HARDENING_NEEDED:
        return append(v, "[%s]", fine);
    case TCB_CONFIGURATION_NEEDED:
    case TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
    case TCB_TD_RELAUNCH_ADVISED:
    case TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED:
        return append(v, "[%s, \"%s\"]", fine, tcb_status_text(r->tcb_status));
    default:
        return false;
    }
}

static bool put_advisories(const struct attest_result *r, struct value *v)
{
    const struct intel_claims *c =
        r->claims.kind == KIND_SGX ? &r->claims.sgx.intel : &r->claims.tdx.intel;
    bool fits = c->advisory_count > 0 && append(v, "{");
    for (size_t i = 0; fits && i < c->advisory_count; i++)
        fits = append(v, "%s%s = \"...\"", i == 0 ? "" : ", ", c->advisories[i]);
    return fits && append(v, "}");
}

static bool put_rtmr(const struct attest_result *r, const char *found, struct value *v)
{
    static const char *const keys[] = {"rtmr0", "rtmr1", "rtmr2", "rtmr3"};
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        const struct bytes rtmr = {r->claims.tdx.rtmr[i], sizeof(r->claims.tdx.rtmr[i])};
        char text[2 * sizeof(r->claims.tdx.rtmr[i]) + 1];
        hex_put(rtmr, text);
        if (strcmp(text, found) != 0)
            continue;
        v->key = keys[i];
        return append(v, "[\"%s\"]", text);
    }
    return false;
}

static bool put_version(const struct row *row, const char *found, struct value *v)
{
    const unsigned long n = strtoul(found, NULL, 10);
    if (row->check == CHECK_snp_policy_abi)
        return append(v, "\"%lu.%lu\"", n >> 8 & 0xff, n & 0xff);
    return append(v, "\"%lu.%lu.%lu\"", n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff);
}

/* ---- all of them ---- */

/* What was not there to be compared is not named in words that would be a value. */
static bool writes_found(enum form form)
{
    return form == FORM_PLAIN || form == FORM_QUOTED || form == FORM_LISTED ||
           form == FORM_VERSION || form == FORM_RTMR;
}

static bool put_value(const struct row *row, const struct attest_result *r, int64_t time,
                      const char *found, struct value *v)
{
    switch (row->form) {
    case FORM_TRUE:
        return append(v, "true");
    case FORM_FALSE:
        return append(v, "false");
    case FORM_EMPTY:
        return append(v, "[]");
    case FORM_PLAIN:
        return append(v, "%s", found);
    case FORM_QUOTED:
        return append(v, "\"%s\"", found);
    case FORM_LISTED:
        return append(v, "[\"%s\"]", found);
    case FORM_UNMASKED:
        return append(v, "{mask = \"0x0\", value = \"0x0\"}");
    case FORM_VERSION:
        return put_version(row, found, v);
    case FORM_TEES:
        return append(v, "[\"%s\"]", kind_text(r->claims.kind));
    case FORM_PRODUCT:
        return put_product(r->claims.snp.product, v);
    case FORM_SIGNERS:
        return r->claims.snp.signing_key <= SNP_SIGNER_VLEK && append(v, "[\"vcek\", \"vlek\"]");
    case FORM_TCB:
        return put_tcb(&r->claims.snp, v);
    case FORM_STATUS:
        return put_status(r, time, v);
    case FORM_ADVISORIES:
        return put_advisories(r, v);
    case FORM_RTMR:
        return put_rtmr(r, found, v);
    }
    return false;
}

static const struct row *find_row(enum check_id id)
{
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].check == id)
            return &rows[i];
    }
    return NULL;
}

bool attest_hint(const struct attest_result *r, int64_t time, const struct check *check,
                 struct attest_hint *hint)
{
    const struct row *row = find_row(check->id);
    if (row == NULL || (check->outcome == OUTCOME_UNDECIDED && writes_found(row->form)))
        return false;
    const char *dot = strchr(row->key, '.');
    const size_t section = dot == NULL ? 0 : (size_t)(dot - row->key);
    *hint = (struct attest_hint){.weaker = NULL};
    memcpy(hint->section, row->key, section);
    if (dot == row->key)
        snprintf(hint->section, sizeof(hint->section), "%s", kind_text(r->claims.kind));
    struct value v = {.key = dot == NULL ? row->key : dot + 1};
    if (!put_value(row, r, time, check->found.text, &v))
        return false;
    char name[64];
    snprintf(name, sizeof(name), "%s%s%s", hint->section, hint->section[0] == '\0' ? "" : ".",
             v.key);
    const struct policy_key *key = policy_key_find(name);
    hint->weaker = key == NULL ? NULL : key->weaker;
    snprintf(hint->line, sizeof(hint->line), "%s = %s", v.key, v.text);
    return hint->weaker != NULL;
}
