/* SPDX-License-Identifier: Apache-2.0 */
/* Every check that an SEV-SNP report undergoes, by reports and certificates made
 * here under a simulated root: what is right is accepted, and each wrong is refused
 * for its own reason and no other. */
/* links: tests/attest/issuer.c attest/anchors.c attest/anchors_data.S attest/attest.c attest/binding.c attest/cache.c attest/check.c attest/claims.c attest/claims_buffer.c attest/endorsement.c attest/policy.c attest/record.c attest/snp.c attest/snp_cert.c attest/snp_fields.c attest/snp_policy.c attest/snp_report.c attest/text.c conf/evidence_claims.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/cbor.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/utf8.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto */
#include "attest/appraise.h"
#include "attest/snp_report.h"
#include "conf/evidence_claims.h"
#include "crypto/digest.h"
#include "tests/attest/issuer.h"

#include <errno.h>
#include <openssl/ecdsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  1767225600ll /* 2026-01-01 */
#define YEAR (365 * 86400ll)

/* Quotes are not under test here. */
const struct field_table sgx_field_table, tdx_field_table;
int quote_appraise(const struct attest_input *in, struct attest_cache *cache,
                   struct attest_result *result)
{
    (void)in;
    (void)cache;
    (void)result;
    return -ENOSYS;
}
int quote_decode(struct bytes evidence, struct claims *claims)
{
    (void)evidence;
    (void)claims;
    return -ENOSYS;
}

/* ---- one appraisal, to be spoilt ---- */

static const uint8_t other[64] = {0xaa, 0xbb};
static const struct bytes other_48 = {other, 48};
#define LIST(value) ((struct bytes_list){.items = &(value), .count = 1})

enum extension { EXT_VERSION, EXT_PRODUCT, EXT_BL, EXT_TEE, EXT_SNP, EXT_UCODE, EXT_ID, EXT_SPARE };

struct scene {
    struct issue_cert root, ask, leaf;
    struct issue_crl crl;
    struct snp_claims claims;
    struct policy policy;
    struct attest_input in;         /* binding and time; the rest is filled in by run() */
    void (*spoil)(struct scene *s); /* what was made, before it is appraised */

    struct blob files[6]; /* leaf, ask, then whatever else is given */
    size_t file_count;
    struct blob crls[3];
    size_t crl_count;
    struct blob anchor;
    struct bytes slices[10]; /* the files, the CRLs and the anchor, as lists have them */
    uint8_t report[SNP_REPORT_SIZE];
    size_t report_size;
};

static EVP_PKEY *root_key, *ask_key, *leaf_key;

static struct bytes file(const char *bytes, size_t size)
{
    return (struct bytes){.data = (const uint8_t *)bytes, .size = size};
}
#define DER(text) file(text, sizeof(text) - 1)
#define ARC       "1.3.6.1.4.1.3704.1."

static const uint8_t chip[64] = {1, 2, 3, 4};

static void set_leaf(struct scene *s)
{
    s->leaf = (struct issue_cert){
        .subject = "SEV-VCEK",
        .issuer = "SEV-Genoa",
        .key = leaf_key,
        .issuer_key = ask_key,
        .serial = 3,
        .not_before = NOW - YEAR,
        .not_after = NOW + YEAR,
        .extensions =
            {
                [EXT_VERSION] = {ARC "1", DER("\x02\x01\x00"), false},
                [EXT_PRODUCT] = {ARC "2", DER("\x16\x08Genoa-B1"), false},
                [EXT_BL] = {ARC "3.1", DER("\x02\x01\x09"), false},
                [EXT_TEE] = {ARC "3.2", DER("\x02\x01\x01"), false},
                [EXT_SNP] = {ARC "3.3", DER("\x02\x01\x17"), false},
                [EXT_UCODE] = {ARC "3.8", DER("\x02\x02\x00\xc8"), false},
                [EXT_ID] = {ARC "4", {chip, sizeof(chip)}, false},
            },
    };
}

static void set_issuers(struct scene *s)
{
    s->root = (struct issue_cert){
        .subject = "ARK-Genoa",
        .issuer = "ARK-Genoa",
        .key = root_key,
        .issuer_key = root_key,
        .constraints = "critical,CA:TRUE",
        .usage = "critical,keyCertSign,cRLSign",
        .serial = 1,
        .not_before = NOW - YEAR,
        .not_after = NOW + YEAR,
    };
    s->ask = s->root;
    s->ask.subject = "SEV-Genoa";
    s->ask.key = ask_key;
    s->ask.constraints = "critical,CA:TRUE,pathlen:0";
    s->ask.usage = "critical,keyCertSign";
    s->ask.serial = 2;
    s->crl = (struct issue_crl){
        .issuer = "ARK-Genoa",
        .issuer_key = root_key,
        .revoked = 99,
        .this_update = NOW - 86400,
        .next_update = NOW + 86400,
    };
}

static const uint8_t tcb[8] = {9, 1, 0, 0, 0, 0, 0x17, 0xc8};

static struct scene scene_new(void)
{
    struct scene s = {.policy = policy_default(), .in.time = NOW};
    set_issuers(&s);
    set_leaf(&s);
    s.claims = (struct snp_claims){
        .version = 5,
        .guest_svn = 4,
        .policy = 0x3001f,
        .signature_algo = 1,
        .platform_info = 0x25,
        .cpuid_family = 0x19,
        .cpuid_model = 0x11,
        .current_version = {0x41, 0x37, 1},
        .committed_version = {0x41, 0x37, 1},
        .launch_mitigations = 3,
        .current_mitigations = 7,
    };
    memcpy(s.claims.chip_id, chip, sizeof(chip));
    memcpy(s.claims.current_tcb, tcb, sizeof(tcb));
    memcpy(s.claims.reported_tcb, tcb, sizeof(tcb));
    memcpy(s.claims.committed_tcb, tcb, sizeof(tcb));
    memcpy(s.claims.launch_tcb, tcb, sizeof(tcb));
    return s;
}

static void sign_report(struct scene *s)
{
    uint8_t digest[SHA384_SIZE];
    uint8_t der[128];
    size_t der_size = sizeof(der);
    uint8_t raw[SNP_SIGNATURE_SIZE];
    struct put p = put_init(s->report, sizeof(s->report));
    snp_report_put(&p, &s->claims);
    assert_int_equal(p.size, SNP_SIGNED_SIZE);
    assert_int_equal(sha384(put_done(&p), digest), 0);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->leaf.key, NULL);
    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_sign(ctx, der, &der_size, digest, sizeof(digest)), 1);
    EVP_PKEY_CTX_free(ctx);
    const uint8_t *pos = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &pos, (long)der_size);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, sizeof(raw) / 2);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + sizeof(raw) / 2, sizeof(raw) / 2);
    ECDSA_SIG_free(sig);
    snp_report_put_signature(&p, raw);
    s->report_size = put_done(&p).size;
    assert_int_equal(s->report_size, SNP_REPORT_SIZE);
}

/* Makes everything, spoils it, appraises it. */
static const struct attest_result *run(struct scene *s)
{
    static struct attest_result result;
    s->anchor = issue_cert(&s->root);
    s->files[s->file_count++] = issue_cert(&s->leaf);
    s->files[s->file_count++] = issue_cert(&s->ask);
    s->crls[s->crl_count++] = issue_crl(&s->crl);
    sign_report(s);
    if (s->spoil != NULL)
        s->spoil(s);
    struct bytes *files = s->slices;
    struct bytes *crls = files + ARRAY_COUNT(s->files);
    struct bytes *anchor = crls + ARRAY_COUNT(s->crls);
    for (size_t i = 0; i < s->file_count; i++)
        files[i] = BLOB_BYTES(&s->files[i]);
    for (size_t i = 0; i < s->crl_count; i++)
        crls[i] = BLOB_BYTES(&s->crls[i]);
    *anchor = BLOB_BYTES(&s->anchor);
    s->policy.simulated_roots = LIST(*anchor);
    s->in.evidence = (struct bytes){s->report, s->report_size};
    s->in.certificates = (struct bytes_list){files, s->file_count};
    s->in.crls = (struct bytes_list){crls, s->crl_count};
    s->in.policy = &s->policy;
    assert_int_equal(attest_verify(&s->in, &result), 0);
    return &result;
}

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

/* A claims buffer of {"pubkey-hash": h'[1, the SHA-256 of "key"]'}, bound. */
static uint8_t claims_bytes[64];
static void bind_claims(struct scene *s)
{
    static const uint8_t start[] = "\xa1\x6bpubkey-hash\x58\x24\x82\x01\x58\x20";
    memcpy(claims_bytes, start, sizeof(start) - 1);
    assert_int_equal(sha256(bytes_of_text("key"), claims_bytes + sizeof(start) - 1), 0);
    s->in.binding = BIND_CLAIMS;
    s->in.claims_buffer = (struct bytes){claims_bytes, sizeof(start) - 1 + SHA256_SIZE};
    s->in.public_key = bytes_of_text("key");
    assert_int_equal(sha256(s->in.claims_buffer, s->claims.report_data), 0);
}
WRONG(binding)
{
    bind_claims(s);
    s->claims.report_data[REPORT_DATA_SIZE - 1] = 1; /* behind the digest */
}
WRONG(possession)
{
    bind_claims(s);
    s->in.key_unproven = true;
}
WRONG(claims_buffer)
{
    bind_claims(s);
    s->in.claims_buffer.size--;
    s->in.public_key = (struct bytes){0};
    assert_int_equal(sha256(s->in.claims_buffer, s->claims.report_data), 0);
}
WRONG(claims_key)
{
    bind_claims(s);
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

/* A VLEK in place of the VCEK, and a provider that is not on the list. */
static void use_vlek(struct scene *s)
{
    s->ask.subject = "SEV-VLEK-Genoa";
    s->leaf.subject = "SEV-VLEK";
    s->leaf.issuer = "SEV-VLEK-Genoa";
    s->leaf.extensions[EXT_ID] = (struct issue_extension){ARC "5",
                                                          DER("\x16\x03"
                                                              "csp"),
                                                          false};
    s->claims.key_info |= SNP_SIGNER_VLEK << 2;
}
WRONG(snp_csp)
{
    use_vlek(s);
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

static void accepts_what_is_right(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct attest_result *r = run(&s);
    assert_int_equal(r->reason, CHECK_NONE);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_int_equal(r->signature, SIGNATURE_VALID);
    assert_int_equal(r->collateral, COLLATERAL_FRESH);
    assert_int_equal(r->tcb_status, TCB_MET);
    assert_int_equal(r->identity, IDENTITY_ANY);
    assert_int_equal(r->claims.snp.product, PRODUCT_GENOA);
    assert_int_equal(r->ar4si.hardware, 2);
}

static void accepts_a_vlek(void **state)
{
    (void)state;
    struct scene s = scene_new();
    use_vlek(&s);
    memset(s.claims.chip_id, 0, sizeof(s.claims.chip_id));
    const struct attest_result *r = run(&s);
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
    const struct attest_result *r = run(&s);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_int_equal(r->identity, IDENTITY_NAMED);
}

static void notes_a_simulated_root(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct attest_result *r = run(&s);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_non_null(strstr(r->notes[0].text, "the root is simulated"));
}

static void accepts_what_is_bound(void **state)
{
    (void)state;
    struct scene s = scene_new();
    bind_claims(&s);
    assert_int_equal(run(&s)->verdict, ACCEPTED);
    s = scene_new();
    s.in.binding = BIND_SHA384;
    s.in.public_key = bytes_of_text("key");
    assert_int_equal(sha384(s.in.public_key, s.claims.report_data), 0);
    assert_int_equal(run(&s)->verdict, ACCEPTED);
    s = scene_new();
    memcpy(s.claims.report_data, other, 32);
    s.policy.nonce = (struct bytes){other, 32};
    assert_int_equal(run(&s)->verdict, ACCEPTED);
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
    assert_int_equal(run(&s)->verdict, ACCEPTED);

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
        const struct attest_result *r = run(&s);
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
    const struct attest_result *r = run(&s);
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
        bind_claims(&s);
        struct bytes *wanted[] = {&s.policy.nonce, &s.policy.tls_exporter, &s.policy.purpose,
                                  &s.policy.profile, &s.policy.workload};
        *wanted[i] = bytes_of_text("wanted");
        const struct attest_result *r = run(&s);
        assert_int_equal(r->verdict, REFUSED);
        assert_int_equal(r->reason, ids[i]);
    }
}

/* One wrong, one reason: with that check left out it would be accepted. */
static void refuses_each_wrong(void **state)
{
    const struct wrong *w = *state;
    struct scene s = scene_new();
    w->make(&s);
    const struct attest_result *r = run(&s);
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
    const struct attest_result *r = run(&s);
    assert_int_equal(r->verdict, REFUSED);
    assert_int_equal(r->reason, CHECK_cert_present);
    assert_int_equal(r->signature, SIGNATURE_UNCHECKED);
    assert_int_equal(r->collateral, COLLATERAL_MISSING);
    assert_int_equal(r->tcb_status, TCB_MET);
}

static void refuses_any_other_size(void **state)
{
    (void)state;
    struct scene s = scene_new();
    run(&s);
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
        const struct attest_result *r = run(&s);
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
    const struct attest_result *r = run(&s);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_int_equal(r->collateral, COLLATERAL_MISSING);
}

/* A root not named in the policy is none, whether it is given or not. */
static void give_root(struct scene *s) { s->files[s->file_count++] = s->anchor; }
static void trusts_no_unnamed_root(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.spoil = give_root;
    run(&s);
    static struct attest_result r;
    s.policy.simulated_roots = (struct bytes_list){0};
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
    assert_int_equal(run(&s)->verdict, ACCEPTED);
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
    run(&s);
    s.in.policy = &zero;
    assert_int_equal(attest_verify(&s.in, &r), 0);
    assert_int_equal(r.verdict, REFUSED);
}

static int make_keys(void **state)
{
    (void)state;
    root_key = issue_key();
    ask_key = issue_key();
    leaf_key = issue_key();
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(ask_key);
    EVP_PKEY_free(leaf_key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(accepts_what_is_right),
        cmocka_unit_test(accepts_a_vlek),
        cmocka_unit_test(names_an_identity),
        cmocka_unit_test(notes_a_simulated_root),
        cmocka_unit_test(accepts_what_is_bound),
        cmocka_unit_test(compares_every_claim),
        cmocka_unit_test(no_key_binds_nothing),
        cmocka_unit_test(asks_the_claims_buffer),
        cmocka_unit_test(refuses_without_certificate),
        cmocka_unit_test(refuses_any_other_size),
        cmocka_unit_test(tells_signature_and_collateral_apart),
        cmocka_unit_test(tolerates_missing_crls_when_told),
        cmocka_unit_test(trusts_no_unnamed_root),
        cmocka_unit_test(remembers_chains_but_no_verdicts),
        cmocka_unit_test(refuses_zeroed_memory),
    };
    struct CMUnitTest tests[ARRAY_COUNT(fixed) + ARRAY_COUNT(wrongs)];
    memcpy(tests, fixed, sizeof(fixed));
    for (size_t i = 0; i < ARRAY_COUNT(wrongs); i++)
        tests[ARRAY_COUNT(fixed) + i] = (struct CMUnitTest){
            .name = check_info(wrongs[i].id)->name,
            .test_func = refuses_each_wrong,
            .initial_state = (void *)&wrongs[i],
        };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
