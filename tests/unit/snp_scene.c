/* SPDX-License-Identifier: Apache-2.0 */
/* One appraisal, to be spoilt; see snp_scene.h. */
#include "tests/unit/snp_scene.h"

#include "attest/appraise.h"
#include "crypto/digest.h"
#include "tests/attest/snp_report_put.h"

#include <errno.h>
#include <openssl/ecdsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

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

const uint8_t other[64] = {0xaa, 0xbb};
const struct bytes other_48 = {other, 48};
static EVP_PKEY *root_key, *ask_key, *leaf_key;

#define ARC "1.3.6.1.4.1.3704.1."

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

struct scene scene_new(void)
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

const struct attest_result *scene_run(struct scene *s)
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
    s->policy.snp.simulated_roots = LIST(*anchor);
    s->in.evidence = (struct bytes){s->report, s->report_size};
    s->in.certificates = (struct bytes_list){files, s->file_count};
    s->in.crls = (struct bytes_list){crls, s->crl_count};
    s->in.policy = &s->policy;
    assert_int_equal(attest_verify(&s->in, &result), 0);
    return &result;
}

static uint8_t claims_bytes[64];

void scene_bind_claims(struct scene *s)
{
    static const uint8_t start[] = "\xa1\x6bpubkey-hash\x58\x24\x82\x01\x58\x20";
    memcpy(claims_bytes, start, sizeof(start) - 1);
    assert_int_equal(sha256(bytes_of_text("key"), claims_bytes + sizeof(start) - 1), 0);
    s->in.binding = BIND_CLAIMS;
    s->in.claims_buffer = (struct bytes){claims_bytes, sizeof(start) - 1 + SHA256_SIZE};
    s->in.public_key = bytes_of_text("key");
    assert_int_equal(sha256(s->in.claims_buffer, s->claims.report_data), 0);
}

void scene_use_vlek(struct scene *s)
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

int scene_make_keys(void **state)
{
    (void)state;
    root_key = issue_key();
    ask_key = issue_key();
    leaf_key = issue_key();
    return 0;
}

int scene_free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(ask_key);
    EVP_PKEY_free(leaf_key);
    return 0;
}
