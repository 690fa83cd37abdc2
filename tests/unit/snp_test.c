/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP reports that are right, what of them is bound to whom, and what is none. Each
 * check by itself is in snp_checks_test.c. */
/* links: tests/unit/snp_scene.c tests/attest/snp_report_put.c tests/attest/issuer.c attest/anchors.c attest/anchors_data.S attest/ar4si.c attest/attest.c attest/kvm_statement.c attest/binding.c attest/cache.c attest/check.c attest/claims.c attest/claims_buffer.c attest/endorsement.c attest/policy.c attest/record.c attest/snp.c attest/snp_cert.c attest/snp_fields.c attest/snp_policy.c attest/snp_report.c attest/text.c conf/evidence_claims.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/cbor.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/utf8.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto */
#include "attest/appraise.h"
#include "conf/evidence_claims.h"
#include "crypto/digest.h"
#include "tests/unit/snp_scene.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void accepts_what_is_right(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct attest_result *r = scene_run(&s);
    assert_int_equal(r->reason, CHECK_NONE);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_int_equal(r->signature, SIGNATURE_VALID);
    assert_int_equal(r->collateral, COLLATERAL_FRESH);
    assert_int_equal(r->tcb_status, TCB_MET);
    assert_int_equal(r->identity, IDENTITY_ANY);
    assert_int_equal(r->claims.snp.product, PRODUCT_GENOA);
}

static void accepts_a_vlek(void **state)
{
    (void)state;
    struct scene s = scene_new();
    scene_use_vlek(&s);
    memset(s.claims.chip_id, 0, sizeof(s.claims.chip_id));
    const struct attest_result *r = scene_run(&s);
    assert_int_equal(r->reason, CHECK_NONE);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_string_equal(r->claims.snp.cert_csp_id, "csp");
}

static void names_an_identity(void **state)
{
    (void)state;
    struct scene s = scene_new();
    memcpy(s.claims.measurement, other, 48);
    s.policy.snp.measurements = LIST(other_48);
    const struct attest_result *r = scene_run(&s);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_int_equal(r->identity, IDENTITY_NAMED);
}

/* Accepted as the policy says, and not taken for hardware [AR4SI 2.3.4]. */
static void tells_a_simulated_root(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct attest_result *r = scene_run(&s);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_true(r->simulated);
    assert_int_equal(r->ar4si.instance_identity, 96);
    assert_int_equal(r->ar4si.hardware, 97);
    assert_int_equal(r->ar4si.runtime_opaque, 96);
    assert_non_null(strstr(r->notes[0].text, "the root is simulated"));
}

static void trusts_no_root_named_for_another_tee(void **state)
{
    (void)state;
    struct scene s = scene_new();
    static struct attest_result r;
    scene_run(&s);
    s.policy.sgx.tcb.simulated_roots = s.policy.snp.simulated_roots;
    s.policy.tdx.tcb.simulated_roots = s.policy.snp.simulated_roots;
    s.policy.snp.simulated_roots = (struct bytes_list){0};
    assert_int_equal(attest_verify(&s.in, &r), 0);
    assert_int_equal(r.verdict, REFUSED);
    assert_int_equal(r.reason, CHECK_cert_issuer);
    assert_false(r.simulated);
}

static void accepts_what_is_bound(void **state)
{
    (void)state;
    struct scene s = scene_new();
    scene_bind_claims(&s);
    assert_int_equal(scene_run(&s)->verdict, ACCEPTED);
    s = scene_new();
    s.in.binding = BIND_SHA384;
    s.in.public_key = bytes_of_text("key");
    assert_int_equal(sha384(s.in.public_key, s.claims.report_data), 0);
    assert_int_equal(scene_run(&s)->verdict, ACCEPTED);
    s = scene_new();
    memcpy(s.claims.report_data, other, 32);
    s.policy.nonce = (struct bytes){other, 32};
    assert_int_equal(scene_run(&s)->verdict, ACCEPTED);
}

/* What our keeps claim: every claim that was asked for counts, to the last bit. */
static void compares_every_claim(void **state)
{
    (void)state;
    uint8_t digests[4][SHA256_SIZE] = {{0}, {1}, {2}, {3}}, buffer[EVIDENCE_CLAIMS_MAX];
    char purpose[] = PURPOSE_READY, profile[] = EVIDENCE_PROFILE;
    struct put p = put_init(buffer, sizeof(buffer));
    evidence_claims_put(&p, &(struct evidence_claims){.key_hash = digests[0],
                                                      .nonce = BYTES(digests[1]),
                                                      .purpose = PURPOSE_READY,
                                                      .workload = digests[2],
                                                      .tls_exporter = digests[3]});
    struct scene s = scene_new();
    s.in.binding = BIND_CLAIMS;
    s.in.claims_buffer = put_done(&p);
    assert_int_equal(sha256(s.in.claims_buffer, s.claims.report_data), 0);
    s.policy.nonce = BYTES(digests[1]);
    s.policy.workload = BYTES(digests[2]);
    s.policy.tls_exporter = BYTES(digests[3]);
    s.policy.purpose = bytes_of_text(purpose);
    s.policy.profile = bytes_of_text(profile);
    const struct scene right = s;
    assert_int_equal(scene_run(&s)->verdict, ACCEPTED);

    const struct {
        uint8_t *last;
        enum check_id id;
    } asked[] = {{&digests[1][31], CHECK_claims_nonce},
                 {&digests[2][31], CHECK_claims_workload},
                 {&digests[3][31], CHECK_claims_exporter},
                 {(uint8_t *)purpose + strlen(purpose) - 1, CHECK_claims_purpose},
                 {(uint8_t *)profile + strlen(profile) - 1, CHECK_claims_profile}};
    for (size_t i = 0; i < ARRAY_COUNT(asked); i++) {
        s = right;
        *asked[i].last ^= 1;
        const struct attest_result *r = scene_run(&s);
        assert_int_equal(r->verdict, REFUSED);
        assert_int_equal(r->reason, asked[i].id);
        *asked[i].last ^= 1;
    }
}

/* The digest of nothing can be put there by anyone. */
static void no_key_binds_nothing(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.in.binding = BIND_SHA384;
    assert_int_equal(sha384(s.in.public_key, s.claims.report_data), 0);
    const struct attest_result *r = scene_run(&s);
    assert_int_equal(r->verdict, REFUSED);
    assert_int_equal(r->reason, CHECK_binding);
}

/* With a claims buffer its own claims count, and one that is not there refuses. */
static void asks_the_claims_buffer(void **state)
{
    (void)state;
    static const enum check_id ids[] = {CHECK_claims_nonce, CHECK_claims_exporter,
                                        CHECK_claims_purpose, CHECK_claims_profile,
                                        CHECK_claims_workload};
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        struct scene s = scene_new();
        scene_bind_claims(&s);
        struct bytes *wanted[] = {&s.policy.nonce, &s.policy.tls_exporter, &s.policy.purpose,
                                  &s.policy.profile, &s.policy.workload};
        *wanted[i] = bytes_of_text("wanted");
        const struct attest_result *r = scene_run(&s);
        assert_int_equal(r->verdict, REFUSED);
        assert_int_equal(r->reason, ids[i]);
    }
}

static void refuses_any_other_size(void **state)
{
    (void)state;
    struct scene s = scene_new();
    scene_run(&s);
    static struct attest_result r;
    for (size_t size = 0; size < SNP_REPORT_SIZE; size++) {
        s.in.evidence.size = size;
        assert_int_equal(attest_verify(&s.in, &r), 0);
        assert_int_equal(r.reason, size < 8 ? CHECK_kind : CHECK_snp_size);
        assert_int_equal(r.verdict, REFUSED);
    }
    uint8_t longer[SNP_REPORT_SIZE + 1] = {0};
    memcpy(longer, s.report, sizeof(s.report));
    s.in.evidence = BYTES(longer);
    assert_int_equal(attest_verify(&s.in, &r), 0);
    assert_int_equal(r.reason, CHECK_snp_size);
}

/* A root not named in the policy is none, whether it is given or not. */
static void give_root(struct scene *s) { s->files[s->file_count++] = s->anchor; }
static void trusts_no_unnamed_root(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.spoil = give_root;
    scene_run(&s);
    static struct attest_result r;
    s.policy.snp.simulated_roots = (struct bytes_list){0};
    assert_int_equal(attest_verify(&s.in, &r), 0);
    assert_int_equal(r.verdict, REFUSED);
    assert_int_equal(r.reason, CHECK_cert_anchor);
    assert_int_equal(r.signature, SIGNATURE_INVALID);
    s.in.certificates.count--;
    assert_int_equal(attest_verify(&s.in, &r), 0);
    assert_int_equal(r.reason, CHECK_cert_issuer);
    assert_int_equal(r.signature, SIGNATURE_UNCHECKED);
}

static void remembers_chains_but_no_verdicts(void **state)
{
    (void)state;
    struct scene s = scene_new();
    static struct attest_result r;
    struct attest_cache *cache = attest_cache_new(1);
    assert_non_null(cache);
    s.in.cache = cache;
    assert_int_equal(scene_run(&s)->verdict, ACCEPTED);
    s.in.time = NOW + 2 * YEAR;
    assert_int_equal(attest_verify(&s.in, &r), 0);
    assert_int_equal(r.reason, CHECK_cert_validity);
    attest_cache_free(cache);
}

static void refuses_zeroed_memory(void **state)
{
    (void)state;
    static struct attest_result r;
    const struct attest_input none = {0};
    assert_int_equal(attest_verify(&none, &r), -EINVAL);
    assert_int_equal(r.verdict, UNVERIFIED);
    struct policy same = policy_default();
    same.same_image = true; /* as whose? */
    assert_int_equal(attest_verify(&(struct attest_input){.policy = &same}, &r), -EINVAL);
    const struct policy zero = {0};
    struct scene s = scene_new();
    scene_run(&s);
    s.in.policy = &zero;
    assert_int_equal(attest_verify(&s.in, &r), 0);
    assert_int_equal(r.verdict, REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_is_right),
        cmocka_unit_test(accepts_a_vlek),
        cmocka_unit_test(names_an_identity),
        cmocka_unit_test(tells_a_simulated_root),
        cmocka_unit_test(trusts_no_root_named_for_another_tee),
        cmocka_unit_test(accepts_what_is_bound),
        cmocka_unit_test(compares_every_claim),
        cmocka_unit_test(no_key_binds_nothing),
        cmocka_unit_test(asks_the_claims_buffer),
        cmocka_unit_test(refuses_any_other_size),
        cmocka_unit_test(trusts_no_unnamed_root),
        cmocka_unit_test(remembers_chains_but_no_verdicts),
        cmocka_unit_test(refuses_zeroed_memory),
    };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
