/* SPDX-License-Identifier: Apache-2.0 */
/* Every check that an SEV-SNP report undergoes, by reports and certificates made
 * here under a simulated root: each wrong is refused for its own reason and no other. */
/* links: tests/unit/snp_scene.c tests/attest/snp_report_put.c tests/attest/issuer.c attest/anchors.c attest/anchors_data.S attest/ar4si.c attest/attest.c attest/kvm_statement.c attest/binding.c attest/cache.c attest/check.c attest/claims.c attest/claims_buffer.c attest/endorsement.c attest/policy.c attest/record.c attest/snp.c attest/snp_cert.c attest/snp_fields.c attest/snp_policy.c attest/snp_report.c attest/text.c conf/evidence_claims.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/cbor.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/utf8.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto */
#include "crypto/digest.h"
#include "tests/unit/snp_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- what can be wrong ---- */

static struct bytes one; /* of a list that a policy names */

#define WRONG(name) static void wrong_##name(struct scene *s)

WRONG(kind_allowed) { s->policy.kinds = 1u << KIND_SGX; }
WRONG(report_data) { s->policy.report_data = (struct bytes){other, 64}; }
WRONG(claims_nonce) { s->policy.nonce = (struct bytes){other, 32}; }
WRONG(claims_purpose) { s->policy.purpose = bytes_of_text("workload"); }
WRONG(claims_exporter) { s->policy.tls_exporter = (struct bytes){other, 32}; }
WRONG(claims_profile) { s->policy.profile = bytes_of_text("tag:another"); }
WRONG(claims_workload) { s->policy.workload = (struct bytes){other, 32}; }

WRONG(binding)
{
    scene_bind_claims(s);
    s->claims.report_data[REPORT_DATA_SIZE - 1] = 1; /* behind the digest */
}
WRONG(possession)
{
    scene_bind_claims(s);
    s->in.key_unproven = true;
}
WRONG(claims_buffer)
{
    scene_bind_claims(s);
    s->in.claims_buffer.size--;
    s->in.public_key = (struct bytes){0};
    assert_int_equal(sha256(s->in.claims_buffer, s->claims.report_data), 0);
}
WRONG(claims_key)
{
    scene_bind_claims(s);
    s->in.public_key = bytes_of_text("another");
}

WRONG(snp_report_version) { s->claims.version = 6; }
WRONG(snp_reserved) { s->claims.key_info |= 1u << 31; }
WRONG(snp_signature_algorithm) { s->claims.signature_algo = 2; }
static void spoil_encoding(struct scene *s) { s->report[SNP_SIGNED_SIZE + 50] = 1; }
WRONG(snp_signature_encoding) { s->spoil = spoil_encoding; }
static void spoil_signature(struct scene *s) { s->report[SNP_SIGNED_SIZE + 5] ^= 1; }
WRONG(snp_signature) { s->spoil = spoil_signature; }
WRONG(snp_masked_key) { s->claims.key_info |= 2; }
WRONG(snp_signing_key) { s->claims.key_info |= SNP_SIGNER_VLEK << 2; }
WRONG(snp_signing_key_allowed) { s->policy.snp.signing_keys = SNP_KEY_VLEK; }
WRONG(snp_cert_extensions)
{
    s->leaf.extensions[EXT_SPARE] = (struct issue_extension){"1.2.3.4", DER("\x05"), false};
}
WRONG(snp_cert_tcb) { s->claims.reported_tcb[7]--; }
WRONG(snp_cert_hwid) { s->claims.chip_id[63] = 1; }
WRONG(snp_cert_product) { s->leaf.extensions[EXT_PRODUCT].value = DER("\x16\x08Milan-B0"); }

WRONG(snp_product_line) { s->policy.snp.product_lines = 1u << PRODUCT_TURIN; }
WRONG(snp_chip)
{
    one = (struct bytes){other, 64};
    s->policy.snp.chips = LIST(one);
}
WRONG(snp_debug) { s->claims.policy |= SNP_POLICY_DEBUG; }
WRONG(snp_migration) { s->claims.policy |= SNP_POLICY_MIGRATE_MA; }
WRONG(snp_policy_reserved) { s->claims.policy &= ~SNP_POLICY_RESERVED_ONE; }
WRONG(snp_policy_abi) { s->policy.snp.minimum_abi = 0x0100; }
WRONG(snp_policy_required) { s->policy.snp.policy_require = SNP_POLICY_CIPHERTEXT_HIDING; }
WRONG(snp_policy_forbidden) { s->policy.snp.policy_forbid = SNP_POLICY_SMT; }

WRONG(snp_reported_tcb)
{
    s->claims.reported_tcb[7] = 0xc7;
    s->leaf.extensions[EXT_UCODE].value = DER("\x02\x02\x00\xc7");
    s->policy.snp.minimum_tcb[PRODUCT_GENOA].microcode = 0xc8;
}
WRONG(snp_committed_tcb)
{
    s->claims.committed_tcb[0] = 8;
    s->policy.snp.provisional = true;
    s->policy.snp.minimum_tcb[PRODUCT_GENOA].bootloader = 9;
}
WRONG(snp_launch_tcb)
{
    s->claims.launch_tcb[6] = 0x16;
    s->policy.snp.minimum_tcb[PRODUCT_GENOA].snp = 0x17;
}
WRONG(snp_tcb_order)
{
    s->claims.current_tcb[1] = 0;
    s->claims.committed_tcb[1] = 0;
}
WRONG(snp_provisional) { s->claims.committed_version.build--; }
WRONG(snp_firmware) { s->policy.snp.minimum_firmware = 0x013742; }
WRONG(snp_vmpl) { s->claims.vmpl = 1; }
WRONG(snp_alias_check) { s->claims.platform_info &= ~SNP_PLATFORM_ALIAS_CHECK_COMPLETE; }
WRONG(snp_platform_reserved) { s->claims.platform_info |= 1ull << 40; }
WRONG(snp_platform_required) { s->policy.snp.platform_require = SNP_PLATFORM_TSME; }
WRONG(snp_platform_forbidden) { s->policy.snp.platform_forbid = SNP_PLATFORM_SMT; }

WRONG(snp_measurement) { s->policy.snp.measurements = LIST(other_48); }
WRONG(snp_id_key) { s->policy.snp.id_keys = LIST(other_48); }
WRONG(snp_author_key) /* listed, but KEY_INFO does not say that there is one */
{
    memcpy(s->claims.author_key_digest, other, 48);
    s->policy.snp.author_keys = LIST(other_48);
}
WRONG(snp_author_revoked)
{
    s->claims.key_info |= 1;
    memcpy(s->claims.author_key_digest, other, 48);
    s->policy.snp.revoked_authors = LIST(other_48);
}
WRONG(snp_guest_svn) { s->policy.snp.minimum_guest_svn = 5; }
WRONG(snp_family_id) { s->policy.snp.family_id = (struct bytes){other, 16}; }
WRONG(snp_image_id) { s->policy.snp.image_id = (struct bytes){other, 16}; }
WRONG(snp_host_data) { s->policy.snp.host_data = (struct bytes){other, 32}; }
WRONG(snp_launch_mitigations) { s->policy.snp.launch_mitigations = 4; }
WRONG(snp_current_mitigations) { s->policy.snp.current_mitigations = 8; }

WRONG(snp_csp)
{
    scene_use_vlek(s);
    one = bytes_of_text("another");
    s->policy.snp.csp_ids = LIST(one);
}

/* ---- certificates and CRLs ---- */

static void spoil_format(struct scene *s)
{
    s->files[s->file_count++] = (struct blob){.data = {0x30, 0x00}, .size = 2};
}
WRONG(endorsement_format) { s->spoil = spoil_format; }
static void spoil_no_ask(struct scene *s) { s->file_count = 1; }
WRONG(cert_issuer) { s->spoil = spoil_no_ask; }
static void spoil_no_leaf(struct scene *s) { s->files[0] = s->files[--s->file_count]; }
WRONG(cert_present) { s->spoil = spoil_no_leaf; }
static void spoil_anchor(struct scene *s)
{
    struct issue_cert stray = s->root;
    stray.subject = stray.issuer = "somebody";
    s->files[s->file_count++] = issue_cert(&stray);
}
WRONG(cert_anchor) { s->spoil = spoil_anchor; }
WRONG(cert_algorithm) { s->leaf.digest = "SHA256"; }
static void spoil_leaf(struct scene *s) { s->files[0].data[s->files[0].size - 1] ^= 1; }
WRONG(cert_signature) { s->spoil = spoil_leaf; }
WRONG(cert_constraints) { s->root.constraints = "critical,CA:TRUE,pathlen:0"; }
WRONG(cert_key_usage) { s->ask.usage = "critical,cRLSign"; }
WRONG(cert_extensions)
{
    s->ask.extensions[0] = (struct issue_extension){"1.2.3.4", DER("\x05"), true};
}
WRONG(cert_validity) { s->leaf.not_after = NOW - 1; }
WRONG(cert_revoked) { s->crl.revoked = s->ask.serial; }
static void spoil_no_crl(struct scene *s) { s->crl_count = 0; }
WRONG(crl_present) { s->spoil = spoil_no_crl; }
static void spoil_crl(struct scene *s)
{
    s->crls[s->crl_count] = s->crls[0];
    s->crls[s->crl_count].data[s->crls[0].size - 1] ^= 1;
    s->crl_count++;
}
WRONG(crl_signature) { s->spoil = spoil_crl; }
static void spoil_crl_extension(struct scene *s)
{
    struct issue_crl crl = s->crl;
    crl.critical_oid = "1.2.3.4";
    s->crls[s->crl_count++] = issue_crl(&crl);
}
WRONG(crl_extensions) { s->spoil = spoil_crl_extension; }
static void spoil_stray(struct scene *s)
{
    struct issue_crl crl = s->crl;
    crl.issuer = "somebody";
    s->crls[s->crl_count++] = issue_crl(&crl);
}
WRONG(endorsement_stray) { s->spoil = spoil_stray; }
WRONG(crl_validity) { s->crl.next_update = NOW - 1; }

static const struct wrong {
    enum check_id id;
    void (*make)(struct scene *s);
} wrongs[] = {
#define W(name)                    \
    {                              \
        CHECK_##name, wrong_##name \
    }
    W(binding),
    W(claims_buffer),
    W(claims_key),
    W(possession),
    W(kind_allowed),
    W(report_data),
    W(claims_nonce),
    W(claims_purpose),
    W(claims_exporter),
    W(claims_profile),
    W(claims_workload),
    W(snp_report_version),
    W(snp_reserved),
    W(snp_signature_algorithm),
    W(snp_signature_encoding),
    W(snp_signature),
    W(snp_masked_key),
    W(snp_signing_key),
    W(snp_signing_key_allowed),
    W(snp_csp),
    W(snp_cert_extensions),
    W(snp_cert_tcb),
    W(snp_cert_hwid),
    W(snp_cert_product),
    W(snp_product_line),
    W(snp_chip),
    W(snp_debug),
    W(snp_migration),
    W(snp_policy_reserved),
    W(snp_policy_abi),
    W(snp_policy_required),
    W(snp_policy_forbidden),
    W(snp_reported_tcb),
    W(snp_committed_tcb),
    W(snp_launch_tcb),
    W(snp_tcb_order),
    W(snp_provisional),
    W(snp_firmware),
    W(snp_vmpl),
    W(snp_alias_check),
    W(snp_platform_reserved),
    W(snp_platform_required),
    W(snp_platform_forbidden),
    W(snp_measurement),
    W(snp_id_key),
    W(snp_author_key),
    W(snp_author_revoked),
    W(snp_guest_svn),
    W(snp_family_id),
    W(snp_image_id),
    W(snp_host_data),
    W(snp_launch_mitigations),
    W(snp_current_mitigations),
    W(endorsement_format),
    W(endorsement_stray),
    W(cert_issuer),
    W(cert_anchor),
    W(cert_algorithm),
    W(cert_signature),
    W(cert_constraints),
    W(cert_key_usage),
    W(cert_extensions),
    W(cert_validity),
    W(cert_revoked),
    W(crl_present),
    W(crl_signature),
    W(crl_extensions),
    W(crl_validity),
};

/* ---- the tests ---- */

/* One wrong, one reason: with that check left out it would be accepted. */
static void refuses_each_wrong(void **state)
{
    const struct wrong *w = *state;
    struct scene s = scene_new();
    w->make(&s);
    const struct attest_result *r = scene_run(&s);
    assert_string_equal(check_info(r->reason)->name, check_info(w->id)->name);
    assert_int_equal(r->verdict, REFUSED);
    size_t failed = 0;
    for (size_t i = 0; i < r->check_count; i++)
        failed += r->checks[i].outcome != OUTCOME_PASSED;
    assert_int_equal(failed, 1);
}

static void refuses_without_certificate(void **state)
{
    (void)state;
    struct scene s = scene_new();
    wrong_cert_present(&s);
    const struct attest_result *r = scene_run(&s);
    assert_int_equal(r->verdict, REFUSED);
    assert_int_equal(r->reason, CHECK_cert_present);
    assert_int_equal(r->signature, SIGNATURE_UNCHECKED);
    assert_int_equal(r->collateral, COLLATERAL_MISSING);
    assert_int_equal(r->tcb_status, TCB_MET);
}

/* What a failure says beside the verdict. */
static void tells_signature_and_collateral_apart(void **state)
{
    (void)state;
    static const struct {
        void (*make)(struct scene *s);
        enum signature signature;
        enum collateral collateral;
    } rows[] = {
        {wrong_snp_signature, SIGNATURE_INVALID, COLLATERAL_FRESH},
        {wrong_cert_signature, SIGNATURE_INVALID, COLLATERAL_FRESH},
        {wrong_snp_cert_hwid, SIGNATURE_INVALID, COLLATERAL_FRESH},
        {wrong_cert_issuer, SIGNATURE_UNCHECKED, COLLATERAL_MISSING},
        {wrong_cert_validity, SIGNATURE_VALID, COLLATERAL_EXPIRED},
        {wrong_cert_revoked, SIGNATURE_VALID, COLLATERAL_REVOKED},
        {wrong_crl_present, SIGNATURE_VALID, COLLATERAL_MISSING},
        {wrong_crl_validity, SIGNATURE_VALID, COLLATERAL_EXPIRED},
        {wrong_snp_debug, SIGNATURE_VALID, COLLATERAL_FRESH},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct scene s = scene_new();
        rows[i].make(&s);
        const struct attest_result *r = scene_run(&s);
        assert_int_equal(r->signature, rows[i].signature);
        assert_int_equal(r->collateral, rows[i].collateral);
    }
}

/* Without the demand for CRLs what is missing is still said. */
static void tolerates_missing_crls_when_told(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.policy.crls = false;
    s.spoil = spoil_no_crl;
    const struct attest_result *r = scene_run(&s);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_int_equal(r->collateral, COLLATERAL_MISSING);
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(refuses_without_certificate),
        cmocka_unit_test(tells_signature_and_collateral_apart),
        cmocka_unit_test(tolerates_missing_crls_when_told),
    };
    struct CMUnitTest tests[ARRAY_COUNT(fixed) + ARRAY_COUNT(wrongs)];
    memcpy(tests, fixed, sizeof(fixed));
    for (size_t i = 0; i < ARRAY_COUNT(wrongs); i++)
        tests[ARRAY_COUNT(fixed) + i] = (struct CMUnitTest){
            .name = check_info(wrongs[i].id)->name,
            .test_func = refuses_each_wrong,
            .initial_state = (void *)&wrongs[i],
        };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
