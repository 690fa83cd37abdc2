/* SPDX-License-Identifier: Apache-2.0 */
/* Signs sets anew; see forge.h. Trusts OpenSSL, and that a test fails loudly. */
#include "tests/attest/forge.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/endorsement.h"
#include "attest/pck.h"
#include "attest/signed_json.h"
#include "base/hex.h"
#include "base/put.h"

enum { ROOT, CA, SIGNER, PCK, ATTESTATION };

#define YEAR 31536000L

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "cannot forge: %s\n", what);
    exit(1);
}

/* ---- taking a set apart ---- */

static void take_json(char out[static FORGE_JSON_MAX], struct bytes text, const char *name)
{
    struct signed_json cut;

    require(signed_json_cut(text, name, &cut) == 0 && cut.object.size < FORGE_JSON_MAX, name);
    memcpy(out, cut.object.data, cut.object.size);
}

static void take_extension(struct forge *f, struct bytes certs)
{
    struct x509_set set;

    x509_set_init(&set);
    require(x509_set_add_certs(&set, certs) == 0, "chain");
    for (size_t i = 0; i < set.cert_count; i++) {
        struct bytes value;

        if (!x509_extension(set.certs[i], PCK_EXTENSION_OID, &value))
            continue;
        memcpy(f->pck_extension, value.data, value.size);
        f->pck_extension_size = value.size;
    }
    require(f->pck_extension_size > 0, "PCK extension");
    x509_set_fini(&set);
}

struct forge *forge_open(const char *set_name)
{
    struct forge *f = calloc(1, sizeof(*f));
    struct quote q;

    require(f && set_load(&f->set, set_name), set_name);
    require(quote_parse(f->set.parts[PART_EVIDENCE], &q) == 0, "quote");
    memcpy(f->head, q.signed_part.data, q.signed_part.size);
    f->head_size = q.signed_part.size;
    f->body = (size_t)(q.body.data - q.signed_part.data);
    memcpy(f->qe_report, q.qe_report.data, q.qe_report.size);
    f->cert_type = q.cert_type;
    f->wrap = q.version > 3;
    take_extension(f, q.certs);
    take_json(f->tcb_info, f->set.parts[PART_TCB_INFO], "tcbInfo");
    take_json(f->qe_identity, f->set.parts[PART_QE_IDENTITY], "enclaveIdentity");
    f->policy = set_policy(&f->set);
    f->policy.crls = true;
    return f;
}

void forge_replace(char json[static FORGE_JSON_MAX], const char *from, const char *to)
{
    char *at = strstr(json, from);

    require(at && strlen(json) + strlen(to) < FORGE_JSON_MAX, from);
    memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
    memcpy(at, to, strlen(to));
}

/* ---- certificates and CRLs ---- */

static struct blob make_cert(const struct forge *f, int subject, int issuer)
{
    static const char *const names[] = {
        [ROOT] = "Test Root CA",
        [CA] = "Test PCK CA",
        [PCK] = PCK_SUBJECT,
        [SIGNER] = TCB_SIGNER_SUBJECT,
    };
    const bool ca = subject == ROOT || subject == CA;
    struct issue_cert cert = {
        .subject = names[subject],
        .issuer = names[issuer],
        .key = f->keys[subject],
        .issuer_key = f->keys[issuer],
        .digest = "SHA256",
        .constraints = ca ? "critical,CA:TRUE" : "critical,CA:FALSE",
        .usage = ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature",
        .serial = subject + 1,
        .not_before = f->set.time - YEAR,
        .not_after = f->set.time + YEAR,
    };

    if (subject == PCK)
        cert.extensions[0] = (struct issue_extension){
            .oid = PCK_EXTENSION_OID, .value = {f->pck_extension, f->pck_extension_size}};
    return issue_cert(&cert);
}

static struct blob make_crl(const struct forge *f, int issuer)
{
    return issue_crl(&(struct issue_crl){
        .issuer = issuer == ROOT ? "Test Root CA" : "Test PCK CA",
        .issuer_key = f->keys[issuer],
        .digest = "SHA256",
        .this_update = f->set.time - YEAR,
        .next_update = f->set.time + YEAR,
    });
}

static void make_certs(struct forge *f)
{
    f->certs[ROOT] = make_cert(f, ROOT, ROOT);
    f->certs[CA] = make_cert(f, CA, ROOT);
    f->certs[PCK] = make_cert(f, PCK, CA);
    f->certs[SIGNER] = make_cert(f, SIGNER, ROOT);
    f->crls[ROOT] = make_crl(f, ROOT);
    f->crls[CA] = make_crl(f, CA);
}

/* ---- signatures and quote ---- */

static void sign(EVP_PKEY *key, const void *data, size_t size, uint8_t r_s[static 64])
{
    unsigned char der[128];
    size_t der_size = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    require(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) > 0 &&
                EVP_DigestSign(ctx, der, &der_size, data, size) > 0,
            "signature");
    const unsigned char *from = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &from, (long)der_size);

    BN_bn2binpad(ECDSA_SIG_get0_r(signature), r_s, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), r_s + 32, 32);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(ctx);
}

static void sign_json(const struct forge *f, const char *name, const char *object, char *out,
                      size_t size)
{
    uint8_t r_s[64];
    char digits[129];

    sign(f->keys[SIGNER], object, strlen(object), r_s);
    hex_put((struct bytes){r_s, sizeof(r_s)}, digits);
    snprintf(out, size, "{\"%s\":%s,\"signature\":\"%s\"}", name, object, digits);
}

/* x || y of the attestation key, and the QE's report data over it. */
static void bind_key(struct forge *f, uint8_t key[static 64])
{
    uint8_t point[65], hashed[64 + sizeof(f->qe_auth)];
    size_t size;

    require(EVP_PKEY_get_octet_string_param(f->keys[ATTESTATION], "pub", point, sizeof(point),
                                            &size) == 1,
            "attestation key");
    memcpy(key, point + 1, 64);
    memcpy(hashed, key, 64);
    memcpy(hashed + 64, f->qe_auth, sizeof(f->qe_auth));
    memset(f->qe_report + 320, 0, 64);
    SHA256(hashed, sizeof(hashed), f->qe_report + 320);
    for (size_t i = 0; i < 64; i++)
        f->qe_report[320 + i] ^= f->qe_data_xor[i];
}

static void put_quote(struct forge *f)
{
    const size_t inner = ENCLAVE_REPORT_SIZE + 64 + 2 + sizeof(f->qe_auth) + 6 + f->certs[PCK].size;
    const size_t wrapper = f->wrap ? 6 : 0;
    struct put p = put_init(f->quote, sizeof(f->quote));
    uint8_t key[64], signature[64];

    bind_key(f, key);
    put_bytes(&p, (struct bytes){f->head, f->head_size});
    put_le32(&p, (uint32_t)(128 + wrapper + inner));
    sign(f->keys[ATTESTATION], f->head, f->head_size, signature);
    put_bytes(&p, BYTES(signature));
    put_bytes(&p, BYTES(key));
    if (f->wrap) {
        put_le16(&p, CERT_DATA_QE_REPORT);
        put_le32(&p, (uint32_t)inner);
    }
    put_bytes(&p, BYTES(f->qe_report));
    sign(f->keys[PCK], f->qe_report, sizeof(f->qe_report), signature);
    put_bytes(&p, BYTES(signature));
    put_le16(&p, sizeof(f->qe_auth));
    put_bytes(&p, BYTES(f->qe_auth));
    put_le16(&p, f->cert_type);
    put_le32(&p, (uint32_t)f->certs[PCK].size);
    put_bytes(&p, BLOB_BYTES(&f->certs[PCK]));
    f->quote_size = p.size;
}

void forge_seal(struct forge *f)
{
    for (size_t i = 0; i < ARRAY_COUNT(f->keys); i++) {
        f->keys[i] = EVP_EC_gen("P-256");
        require(f->keys[i], "key");
    }
    make_certs(f);
    put_quote(f);
    sign_json(f, "tcbInfo", f->tcb_info, f->tcb_info_text, sizeof(f->tcb_info_text));
    sign_json(f, "enclaveIdentity", f->qe_identity, f->qe_identity_text,
              sizeof(f->qe_identity_text));
    for (size_t i = 0; i < ARRAY_COUNT(f->cert_list); i++)
        f->cert_list[i] = BLOB_BYTES(&f->certs[i]);
    for (size_t i = 0; i < ARRAY_COUNT(f->crl_list); i++)
        f->crl_list[i] = BLOB_BYTES(&f->crls[i]);
    f->policy.sgx.tcb.simulated_roots = (struct bytes_list){&f->cert_list[ROOT], 1};
    f->policy.tdx.tcb.simulated_roots = f->policy.sgx.tcb.simulated_roots;
    f->in = (struct attest_input){
        .evidence = {f->quote, f->quote_size},
        .certificates = {f->cert_list, ARRAY_COUNT(f->cert_list)},
        .crls = {f->crl_list, ARRAY_COUNT(f->crl_list)},
        .tcb_info = bytes_of_text(f->tcb_info_text),
        .qe_identity = bytes_of_text(f->qe_identity_text),
        .policy = &f->policy,
        .time = f->set.time,
    };
}

void forge_close(struct forge *f)
{
    for (size_t i = 0; i < ARRAY_COUNT(f->keys); i++)
        EVP_PKEY_free(f->keys[i]);
    set_policy_free(&f->policy);
    set_free(&f->set);
    free(f);
}
