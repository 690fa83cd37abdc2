/* SPDX-License-Identifier: Apache-2.0 */
/* links: tests/attest/forge.c tests/attest/issuer.c tests/attest/set.c attest/anchors.c attest/anchors_data.S attest/ar4si.c attest/attest.c attest/kvm_statement.c attest/binding.c attest/cache.c attest/check.c attest/claims.c attest/claims_buffer.c attest/document.c attest/endorsement.c attest/pck.c attest/policy.c attest/qe.c attest/qe_identity.c attest/quote.c attest/quote_appraise.c attest/record.c attest/sgx.c attest/signed_json.c attest/snp.c attest/snp_cert.c attest/snp_fields.c attest/snp_policy.c attest/snp_report.c attest/tcb.c attest/tcb_evaluate.c attest/tcb_info.c attest/tcb_level.c attest/tcb_status.c attest/tdx.c attest/text.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/cbor.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/utf8.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto -ljansson */
/* Every check of SGX and TDX quotes, one at a time: real sets signed anew, in which
 * one thing is wrong, or one thing that the policy wants is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "attest/record.h"
#include "base/hex.h"
#include "tests/attest/forge.h"

#define SGX "sgx/dcap-qvl/quote-v3-cfg-and-swhardening"
#define TDX "tdx/go-tdx-guest/quote-v5-uptodate-2026"

typedef void edit_fn(struct forge *f);

/* `before` edits what is then signed, `after` what is then appraised. */
struct row {
    enum check_id refused_for; /* the first check not to pass; CHECK_NONE: accepted */
    edit_fn *before;
    edit_fn *after;
};

static void appraise(const char *set, const struct row *row, struct attest_result *result)
{
    struct forge *f = forge_open(set);

    if (row->before)
        row->before(f);
    forge_seal(f);
    if (row->after)
        row->after(f);
    assert_int_equal(attest_verify(&f->in, result), 0);
    forge_close(f);
}

static void check_rows(const char *set, const struct row *rows, size_t count)
{
    static struct attest_result result;

    for (size_t i = 0; i < count; i++) {
        appraise(set, &rows[i], &result);
        if (result.reason != rows[i].refused_for)
            print_error("row %zu of %s\n", i, set);
        assert_string_equal(check_info(result.reason)->name, check_info(rows[i].refused_for)->name);
        assert_int_equal(result.verdict, rows[i].refused_for == CHECK_NONE ? ACCEPTED : REFUSED);
    }
}

/* One byte of header, body or QE report is another. */
#define HEAD(name, at) \
    static void name(struct forge *f) { f->head[at] ^= 0x01; }
#define BODY(name, at) \
    static void name(struct forge *f) { f->head[f->body + (at)] ^= 0x01; }
#define QE(name, at) \
    static void name(struct forge *f) { f->qe_report[at] ^= 0x01; }
#define TCB(name, from, to) \
    static void name(struct forge *f) { forge_replace(f->tcb_info, from, to); }
#define IDENTITY(name, from, to) \
    static void name(struct forge *f) { forge_replace(f->qe_identity, from, to); }

/* ---- quote and quoting enclave ---- */

static void nothing(struct forge *f) { (void)f; }
static void one_byte_more(struct forge *f) { f->in.evidence.size++; }
static void one_byte_less(struct forge *f) { f->in.evidence.size--; }
static void tee_type(struct forge *f) { f->head[4] = 0x81; }
static void platform_manifest(struct forge *f) { f->cert_type = 4; }
HEAD(key_type, 2)
HEAD(reserved, 8)
HEAD(vendor, 12)

static uint8_t *signature_of(struct forge *f) { return f->quote + f->head_size + 4; }
static uint8_t *qe_signature_of(struct forge *f)
{
    return signature_of(f) + 128 + (f->wrap ? 6 : 0) + ENCLAVE_REPORT_SIZE;
}

/* The order of P-256 [FIPS 186-5]. */
static void put_order(uint8_t *number)
{
    assert_int_equal(
        hex_parse("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", number, 32),
        0);
}
static void flipped(struct forge *f) { signature_of(f)[5] ^= 1; }
static void r_zero(struct forge *f) { memset(signature_of(f), 0, 32); }
static void s_zero(struct forge *f) { memset(signature_of(f) + 32, 0, 32); }
static void both_zero(struct forge *f) { memset(signature_of(f), 0, 64); }
static void r_order(struct forge *f) { put_order(signature_of(f)); }
static void s_order(struct forge *f) { put_order(signature_of(f) + 32); }
static void off_curve(struct forge *f) { signature_of(f)[127] ^= 1; }
static void infinity(struct forge *f) { memset(signature_of(f) + 64, 0, 64); }
static void qe_flipped(struct forge *f) { qe_signature_of(f)[40] ^= 1; }
static void qe_r_zero(struct forge *f) { memset(qe_signature_of(f), 0, 32); }
static void qe_s_order(struct forge *f) { put_order(qe_signature_of(f) + 32); }
static void key_unbound(struct forge *f) { f->qe_data_xor[0] = 1; }
static void padding_not_zero(struct forge *f) { f->qe_data_xor[63] = 1; }
static void pck_cut(struct forge *f) { f->pck_extension_size--; }
static void pck_unknown(struct forge *f) { f->pck_extension[16] ^= 0x20; }
QE(qe_reserved, 20)
QE(qe_signer, 128)
QE(qe_product, 257)
QE(qe_misc, 16)
static void qe_debug(struct forge *f) { f->qe_report[48] |= 2; }
static void qe_old(struct forge *f) { memset(f->qe_report + 258, 0, 2); }

static const struct bytes other_chip = {(const uint8_t *)"0123456789abcdef", 16};
static void other_chips(struct forge *f)
{
    f->policy.sgx.tcb.chips = f->policy.tdx.tcb.chips = (struct bytes_list){&other_chip, 1};
}

static void no_identity(struct forge *f) { f->in.qe_identity.size = 0; }
static void identity_changed(struct forge *f) { strstr(f->qe_identity_text, "isvsvn")[8] ^= 1; }
static void identity_longer(struct forge *f) { strcat(f->qe_identity_text, "1"); }
static void relink_identity(struct forge *f)
{
    identity_longer(f);
    f->in.qe_identity = bytes_of_text(f->qe_identity_text);
}
IDENTITY(identity_version, "\"version\":2", "\"version\":3")
IDENTITY(identity_twice, "\"version\":2", "\"version\":2,\"version\":2")
IDENTITY(identity_id, "\"id\":\"QE\"", "\"id\":\"QVE\"")
IDENTITY(identity_future, "\"issueDate\":\"2025-06", "\"issueDate\":\"2025-07")
IDENTITY(identity_past, "\"nextUpdate\":\"2025-07", "\"nextUpdate\":\"2025-06")
IDENTITY(identity_status, "\"UpToDate\"", "\"Dated\"")
IDENTITY(identity_revoked, "\"UpToDate\"", "\"Revoked\"")

static void quotes_are_refused(void **state)
{
    static const struct row rows[] = {
        {CHECK_NONE, nothing, NULL},
        {CHECK_quote_trailing, NULL, one_byte_more},
        {CHECK_quote_format, NULL, one_byte_less},
        {CHECK_quote_version, tee_type, NULL},
        {CHECK_quote_cert_data, platform_manifest, NULL},
        {CHECK_quote_key_type, key_type, NULL},
        {CHECK_quote_qe_vendor, vendor, NULL},
        {CHECK_quote_signature, NULL, flipped},
        {CHECK_quote_signature, NULL, r_zero},
        {CHECK_quote_signature, NULL, s_zero},
        {CHECK_quote_signature, NULL, both_zero},
        {CHECK_quote_signature, NULL, r_order},
        {CHECK_quote_signature, NULL, s_order},
        {CHECK_quote_key_point, NULL, off_curve},
        {CHECK_quote_key_point, NULL, infinity},
        {CHECK_quote_reserved, qe_reserved, NULL},
        {CHECK_qe_report_data, key_unbound, NULL},
        {CHECK_qe_report_data, padding_not_zero, NULL},
        {CHECK_qe_report_signature, NULL, qe_flipped},
        {CHECK_qe_report_signature, NULL, qe_r_zero},
        {CHECK_qe_report_signature, NULL, qe_s_order},
        {CHECK_pck_extensions, pck_cut, NULL},
        {CHECK_pck_extensions, pck_unknown, NULL},
        {CHECK_pck_chip, other_chips, NULL},
        {CHECK_qe_identity_present, NULL, no_identity},
        {CHECK_qe_identity_signature, NULL, identity_changed},
        {CHECK_qe_identity_format, NULL, relink_identity},
        {CHECK_qe_identity_format, identity_version, NULL},
        {CHECK_qe_identity_format, identity_twice, NULL},
        {CHECK_qe_identity_id, identity_id, NULL},
        {CHECK_qe_identity_validity, identity_future, NULL},
        {CHECK_qe_identity_validity, identity_past, NULL},
        {CHECK_qe_mrsigner, qe_signer, NULL},
        {CHECK_qe_isv_prod_id, qe_product, NULL},
        {CHECK_qe_misc_select, qe_misc, NULL},
        {CHECK_qe_attributes, qe_debug, NULL},
        {CHECK_qe_status, qe_old, NULL},
        {CHECK_qe_status, identity_status, NULL},
        {CHECK_qe_status, identity_revoked, NULL},
    };

    (void)state;
    check_rows(SGX, rows, ARRAY_COUNT(rows));
}

/* ---- TCB ---- */

static void no_tcb_info(struct forge *f) { f->in.tcb_info.size = 0; }
static void tcb_changed(struct forge *f) { strstr(f->tcb_info_text, "pcesvn")[8] ^= 1; }
TCB(tcb_version, "\"version\":3", "\"version\":4")
TCB(tcb_twice, "\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0")
TCB(tcb_type, "\"tcbType\":0", "\"tcbType\":1")
TCB(tcb_id, "\"id\":\"SGX\"", "\"id\":\"SGY\"")
TCB(tcb_fmspc, "00A067110000", "00A067110001")
TCB(tcb_pce_id, "\"pceId\":\"0000\"", "\"pceId\":\"0001\"")
TCB(tcb_future, "\"issueDate\":\"2025-06", "\"issueDate\":\"2025-07")
TCB(tcb_past, "\"nextUpdate\":\"2025-07", "\"nextUpdate\":\"2025-06")
TCB(tcb_unknown, "\"OutOfDate\"", "\"Stale\"")
TCB(tcb_revoked, "\"ConfigurationAndSWHardeningNeeded\"", "\"Revoked\"")
TCB(tcb_out_of_date, "\"ConfigurationAndSWHardeningNeeded\"", "\"OutOfDate\"")
TCB(tcb_unnamed, "[\"INTEL-SA-00289\",\"INTEL-SA-00615\"]", "[]")
TCB(tcb_end_of_life, "\"INTEL-SA-00289\"", "\"INTEL-DOC-10001\"")

static void floor_above(struct forge *f)
{
    f->policy.sgx.tcb.minimum_tcb_evaluation_data_number = 18;
}
static void floor_met(struct forge *f)
{
    f->policy.sgx.tcb.minimum_tcb_evaluation_data_number = 17;
}
static void identity_below_floor(struct forge *f)
{
    forge_replace(f->qe_identity, "DataNumber\":17", "DataNumber\":16");
    floor_met(f);
}

/* The PCESVN, 13 here, is what all levels of the platform want at least 5 of. */
static void pce_old(struct forge *f)
{
    static const uint8_t oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01,
                                  0x0d, 0x01, 0x02, 0x11, 0x02, 0x01};

    for (size_t i = 0; i + sizeof(oid) < f->pck_extension_size; i++)
        if (memcmp(f->pck_extension + i, oid, sizeof(oid)) == 0)
            f->pck_extension[i + sizeof(oid)] = 0;
}

static void no_statuses(struct forge *f) { f->policy.sgx.tcb.statuses = TCB_BIT(TCB_UP_TO_DATE); }
static void in_grace(struct forge *f)
{
    tcb_out_of_date(f);
    f->policy.sgx.tcb.statuses = TCB_BIT(TCB_UP_TO_DATE);
    f->policy.sgx.tcb.out_of_date_until = f->set.time + 1;
}
static void grace_over(struct forge *f)
{
    in_grace(f);
    f->policy.sgx.tcb.out_of_date_until = f->set.time;
}
static void unlisted(struct forge *f)
{
    static struct policy policy;

    policy = f->policy;
    policy.sgx.tcb.advisory_count = 1;
    f->in.policy = &policy;
}
static const struct bytes denied = {(const uint8_t *)"INTEL-SA-00615", 14};
static void denies(struct forge *f)
{
    f->policy.sgx.tcb.denied_advisories = (struct bytes_list){&denied, 1};
}
static void end_of_life_listed(struct forge *f)
{
    static struct policy policy;
    static const struct advisory list[] = {
        {.id = {(const uint8_t *)"INTEL-DOC-10001", 15}},
        {.id = {(const uint8_t *)"INTEL-SA-00615", 14}},
    };

    policy = f->policy;
    policy.sgx.tcb.advisories = list;
    policy.sgx.tcb.advisory_count = ARRAY_COUNT(list);
    f->in.policy = &policy;
}
static void date_above(struct forge *f)
{
    f->policy.sgx.tcb.minimum_tcb_date = 1710288001; /* the level: 2024-03-13T00:00:00Z */
}
static void date_met(struct forge *f) { f->policy.sgx.tcb.minimum_tcb_date = 1710288000; }

static void tcbs_are_refused(void **state)
{
    static const struct row rows[] = {
        {CHECK_tcb_info_present, NULL, no_tcb_info},
        {CHECK_tcb_info_signature, NULL, tcb_changed},
        {CHECK_tcb_info_format, tcb_version, NULL},
        {CHECK_tcb_info_format, tcb_twice, NULL},
        {CHECK_tcb_info_format, tcb_type, NULL},
        {CHECK_tcb_info_id, tcb_id, NULL},
        {CHECK_tcb_info_fmspc, tcb_fmspc, NULL},
        {CHECK_tcb_info_pce_id, tcb_pce_id, NULL},
        {CHECK_tcb_info_validity, tcb_future, NULL},
        {CHECK_tcb_info_validity, tcb_past, NULL},
        {CHECK_tcb_evaluation_number, floor_above, NULL},
        {CHECK_tcb_evaluation_number, identity_below_floor, NULL},
        {CHECK_NONE, floor_met, NULL},
        {CHECK_tcb_level, pce_old, NULL},
        {CHECK_tcb_status_known, tcb_unknown, NULL},
        {CHECK_tcb_status, no_statuses, NULL},
        {CHECK_tcb_status, tcb_revoked, NULL},
        {CHECK_tcb_status, grace_over, NULL},
        {CHECK_NONE, in_grace, NULL},
        {CHECK_tcb_advisories, NULL, unlisted},
        {CHECK_tcb_advisories, tcb_unnamed, NULL},
        {CHECK_tcb_advisories_denied, denies, NULL},
        {CHECK_tcb_advisories_denied, tcb_end_of_life, end_of_life_listed},
        {CHECK_tcb_date, date_above, NULL},
        {CHECK_NONE, date_met, NULL},
    };

    (void)state;
    check_rows(SGX, rows, ARRAY_COUNT(rows));
}

/* ---- enclaves ---- */

static const uint8_t other_64[64] = {1};
static const struct bytes other_16 = {other_64, 16}, other_32 = {other_64, 32},
                          other_48 = {other_64, 48};
static const struct bytes_list others_32 = {&other_32, 1}, others_48 = {&other_48, 1};

BODY(sgx_reserved, 20)
static void sgx_unknown_flag(struct forge *f) { f->head[f->body + 48] |= 8; }
static void sgx_debug(struct forge *f)
{
    f->head[f->body + 48] |= 2;
    f->policy.sgx.debug = false;
}
static void sgx_not_initialised(struct forge *f) { f->head[f->body + 48] ^= 1; }
static void sgx_not_64(struct forge *f) { f->head[f->body + 48] ^= 4; }
static void sgx_keys(struct forge *f)
{
    f->head[f->body + 48] |= 0x10;
    f->policy.sgx.provision_key = false;
}
static void sgx_mrenclave(struct forge *f) { f->policy.sgx.mrenclaves = others_32; }
static void sgx_mrsigner(struct forge *f) { f->policy.sgx.mrsigners = others_32; }
static void sgx_prod_id(struct forge *f)
{
    f->policy.sgx.isv_prod_id = (struct optional){.given = true, .value = 1};
}
static void sgx_svn(struct forge *f) { f->policy.sgx.minimum_isv_svn = 1; }
static void sgx_family(struct forge *f) { f->policy.sgx.family_id = other_16; }
static void sgx_ext_prod(struct forge *f) { f->policy.sgx.ext_prod_id = other_16; }
static void sgx_config(struct forge *f) { f->policy.sgx.config_id = BYTES(other_64); }
static void sgx_config_svn(struct forge *f) { f->policy.sgx.minimum_config_svn = 1; }
static void sgx_attributes(struct forge *f)
{
    f->policy.sgx.attributes = (struct masked){.mask = 0x80, .value = 0x80};
}
static void sgx_xfrm(struct forge *f)
{
    f->policy.sgx.xfrm = (struct masked){.mask = ~0ull, .value = 7};
}
static void sgx_misc(struct forge *f)
{
    f->policy.sgx.misc_select = (struct masked){.mask = 1, .value = 1};
}

/* What the quote of this set has; each would be refused were it another. */
static void sgx_all_as_wanted(struct forge *f)
{
    struct sgx_policy *p = &f->policy.sgx;
    static struct bytes mrenclave, mrsigner;

    mrenclave = (struct bytes){f->head + f->body + 64, 32};
    mrsigner = (struct bytes){f->head + f->body + 128, 32};
    p->mrenclaves = (struct bytes_list){&mrenclave, 1};
    p->mrsigners = (struct bytes_list){&mrsigner, 1};
    p->isv_prod_id = (struct optional){.given = true, .value = 0};
    p->debug = p->provision_key = false;
    p->attributes = (struct masked){.mask = ~0ull, .value = 5};
    p->xfrm = (struct masked){.mask = 0xff, .value = 0xe7};
}

static void enclaves_are_refused(void **state)
{
    static const struct row rows[] = {
        {CHECK_NONE, sgx_all_as_wanted, NULL},
        {CHECK_sgx_reserved, sgx_reserved, NULL},
        {CHECK_sgx_reserved, sgx_unknown_flag, NULL},
        {CHECK_sgx_debug, sgx_debug, NULL},
        {CHECK_sgx_init, sgx_not_initialised, NULL},
        {CHECK_sgx_init, sgx_not_64, NULL},
        {CHECK_sgx_provision_key, sgx_keys, NULL},
        {CHECK_sgx_mrenclave, sgx_mrenclave, NULL},
        {CHECK_sgx_mrsigner, sgx_mrsigner, NULL},
        {CHECK_sgx_isv_prod_id, sgx_prod_id, NULL},
        {CHECK_sgx_isv_svn, sgx_svn, NULL},
        {CHECK_sgx_family_id, sgx_family, NULL},
        {CHECK_sgx_ext_prod_id, sgx_ext_prod, NULL},
        {CHECK_sgx_config_id, sgx_config, NULL},
        {CHECK_sgx_config_svn, sgx_config_svn, NULL},
        {CHECK_sgx_attributes, sgx_attributes, NULL},
        {CHECK_sgx_xfrm, sgx_xfrm, NULL},
        {CHECK_sgx_misc_select, sgx_misc, NULL},
    };

    (void)state;
    check_rows(SGX, rows, ARRAY_COUNT(rows));
}

/* ---- trust domains ---- */

static void td_reserved(struct forge *f) { f->head[f->body + 121] |= 1; }
static void td_debug(struct forge *f)
{
    f->head[f->body + 120] |= 1;
    f->policy.tdx.debug = false;
}
static void td_profiled(struct forge *f)
{
    f->head[f->body + 120] |= 0x20;
    f->policy.tdx.debug = false;
}
static void td_migratable(struct forge *f)
{
    f->head[f->body + 123] |= 0x20; /* bit 29 */
    f->policy.tdx.migration = false;
}
static void td_may_migrate(struct forge *f)
{
    td_migratable(f);
    f->policy.tdx.migration = true;
}
static void td_mrseam(struct forge *f) { f->policy.tdx.mrseams = others_48; }
static void td_mrtd(struct forge *f) { f->policy.tdx.mrtds = others_48; }
static void td_rtmr_0(struct forge *f) { f->policy.tdx.rtmrs[0] = others_48; }
static void td_rtmr_3(struct forge *f) { f->policy.tdx.rtmrs[3] = others_48; }
static void td_config(struct forge *f) { f->policy.tdx.mr_config_id = other_48; }
static void td_owner(struct forge *f) { f->policy.tdx.mr_owner = other_48; }
static void td_owner_config(struct forge *f) { f->policy.tdx.mr_owner_config = other_48; }
static void td_service(struct forge *f) { f->policy.tdx.mr_service_td = other_48; }
static void td_attributes(struct forge *f)
{
    f->policy.tdx.attributes = (struct masked){.mask = 1ull << 28, .value = 0};
}
static void td_xfam(struct forge *f)
{
    f->policy.tdx.xfam = (struct masked){.mask = ~0ull, .value = 3};
}
static void td_as_wanted(struct forge *f)
{
    struct tdx_policy *p = &f->policy.tdx;
    static struct bytes mrtd, rtmr;

    mrtd = (struct bytes){f->head + f->body + 136, 48};
    rtmr = (struct bytes){f->head + f->body + 328, 48};
    p->mrtds = (struct bytes_list){&mrtd, 1};
    p->rtmrs[0] = (struct bytes_list){&rtmr, 1};
    p->debug = p->migration = false;
    p->attributes = (struct masked){.mask = ~0ull, .value = 0x10000000};
    p->xfam = (struct masked){.mask = ~0ull, .value = 0x602e7};
    p->tcb = policy_default().tdx.tcb;
}

BODY(seam_signer, 64)
BODY(seam_attributes, 112)
TCB(module_unlisted, "\"TDX_01\"", "\"TDX_09\"")
static void module_old(struct forge *f) { f->head[f->body] = 1; }

static void domains_are_refused(void **state)
{
    static const struct row rows[] = {
        {CHECK_NONE, td_as_wanted, NULL},
        {CHECK_quote_reserved, reserved, NULL},
        {CHECK_tdx_module_identity, module_unlisted, NULL},
        {CHECK_tdx_module_level, module_old, NULL},
        {CHECK_tdx_seam_signer, seam_signer, NULL},
        {CHECK_tdx_seam_attributes, seam_attributes, NULL},
        {CHECK_tdx_reserved, td_reserved, NULL},
        {CHECK_tdx_debug, td_debug, NULL},
        {CHECK_tdx_debug, td_profiled, NULL},
        {CHECK_tdx_migration, td_migratable, NULL},
        {CHECK_NONE, td_may_migrate, NULL},
        {CHECK_tdx_mrseam, td_mrseam, NULL},
        {CHECK_tdx_mrtd, td_mrtd, NULL},
        {CHECK_tdx_rtmr, td_rtmr_0, NULL},
        {CHECK_tdx_rtmr, td_rtmr_3, NULL},
        {CHECK_tdx_mr_config_id, td_config, NULL},
        {CHECK_tdx_mr_owner, td_owner, NULL},
        {CHECK_tdx_mr_owner_config, td_owner_config, NULL},
        {CHECK_tdx_mr_service_td, td_service, NULL},
        {CHECK_tdx_attributes, td_attributes, NULL},
        {CHECK_tdx_xfam, td_xfam, NULL},
    };

    (void)state;
    check_rows(TDX, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_are_refused),
        cmocka_unit_test(tcbs_are_refused),
        cmocka_unit_test(enclaves_are_refused),
        cmocka_unit_test(domains_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
