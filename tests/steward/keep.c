/* SPDX-License-Identifier: Apache-2.0 */
/* Requests with true quotes; see keep.h. */
#define _GNU_SOURCE
#include "tests/steward/keep.h"

#include "base/attr.h"
#include "base/cbor.h"
#include "base/der_put.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "host/fault.h"
#include "host/newfile.h"
#include "sim/sgx/keys.h"
#include "sim/sgx/quoting.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t root[8192], quote[16384], request[KEEP_REQUEST_MAX];
static size_t root_size, quote_size;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "tests/steward/keep.c: %s\n", what);
    abort();
}

/* ---- the machine ---- */

static int keep_file(void *context, const char *name, struct bytes content)
{
    const int *dir = context;
    if (strcmp(name, "root.pem") == 0) {
        need(content.size <= sizeof(root), "the root is too long");
        memcpy(root, content.data, content.size);
        root_size = content.size;
    }
    return newfile_put(*dir, name, content, true);
}

void keep_machine_open(const char *collateral)
{
    struct fault fault = {.text = ""};
    if (mkdir(collateral, 0700) < 0)
        need(errno == EEXIST, collateral);
    int dir = open(collateral, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    need(dir >= 0, collateral);
    model_keys_set((const uint8_t[MODEL_KEY_SIZE]){1, 2, 3});
    need(quoting_open(&fault) == 0, fault.text);
    need(quoting_collateral(keep_file, &dir, &fault) == 0, fault.text);
    close(dir);
}

struct bytes keep_root(void) { return (struct bytes){root, root_size}; }
struct bytes keep_quote(void) { return (struct bytes){quote, quote_size}; }

/* ---- quotes ---- */

static void make_quote(const struct keep *k, const uint8_t report_data[static SHA256_SIZE])
{
    struct sgx_targetinfo target;
    uint8_t key[MODEL_KEY_SIZE];
    struct sgx_report report = {
        .body = {.attributes = {.flags = SGX_ATTR_INIT | SGX_ATTR_MODE64BIT | k->attributes,
                                .xfrm = 7},
                 .mrsigner = {4, 5, 6},
                 .isv_svn = 1},
    };
    memcpy(report.body.mrenclave, k->mrenclave, sizeof(k->mrenclave));
    memcpy(report.body.report_data, report_data, SHA256_SIZE);
    need(quoting_target(&target) == 0, "no target");
    model_report_key(&target, report.key_id, key);
    model_report_mac(key, &report.body, report.mac);
    quote_size = sizeof(quote);
    need(quoting_sign(&report, quote, &quote_size) == 0, "no quote");
}

/* ---- claims ---- */

static void hash_key(EVP_PKEY *key, uint8_t digest[static SHA256_SIZE])
{
    uint8_t *der = NULL;
    const int size = i2d_PUBKEY(key, &der);
    need(size > 0 && sha256((struct bytes){der, (size_t)size}, digest) == 0, "no key");
    OPENSSL_free(der);
}

/* As conf/evidence_claims.c writes them, with any profile. */
static void put_claims(struct put *out, const struct keep *k)
{
    uint8_t hash[SHA256_SIZE], buffer[64];
    struct put pair = put_init(buffer, sizeof(buffer));
    hash_key(k->claimed == NULL ? k->key : k->claimed, hash);
    cbor_put_array(&pair, 2);
    cbor_put_uint(&pair, 1);
    cbor_put_bytes(&pair, (struct bytes){hash, sizeof(hash)});
    cbor_put_map(out, 3 + (k->nonce.size > 0) + (k->workload.size > 0));
    if (k->nonce.size > 0) {
        cbor_put_text(out, bytes_of_text("nonce"));
        cbor_put_bytes(out, k->nonce);
    }
    cbor_put_text(out, bytes_of_text("purpose"));
    cbor_put_text(out, bytes_of_text(k->purpose));
    if (k->workload.size > 0) {
        cbor_put_text(out, bytes_of_text("workload"));
        cbor_put_bytes(out, k->workload);
    }
    cbor_put_text(out, bytes_of_text("eat-profile"));
    cbor_put_text(out, bytes_of_text(k->profile));
    cbor_put_text(out, bytes_of_text("pubkey-hash"));
    cbor_put_bytes(out, put_done(&pair));
    if (k->longer)
        put_u8(out, 0);
}

/* ---- requests ---- */

struct keep keep_usual(EVP_PKEY *key, struct bytes nonce)
{
    static const uint8_t workload[32] = {0x77, 0x0f};
    return (struct keep){
        .key = key,
        .mrenclave = {1, 2, 3},
        .purpose = PURPOSE_CERTIFICATE,
        .profile = EVIDENCE_PROFILE,
        .nonce = nonce,
        .workload = {workload, sizeof(workload)},
    };
}

/* OpenSSL's, so that any key can ask, and another than its own can sign. */
static struct bytes put_request(const struct keep *k, struct bytes evidence, struct bytes names)
{
    X509_REQ *req = X509_REQ_new();
    STACK_OF(X509_EXTENSION) *all = sk_X509_EXTENSION_new_null();
    const struct bytes values[] = {evidence, names};
    const char *form = k->original ? "1.3.6.1.4.1.58270.1.2" : EVIDENCE_OID;
    const char *const oids[] = {k->evidence_oid == NULL ? form : k->evidence_oid,
                                OID_SUBJECT_ALT_NAME};
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
        ASN1_OBJECT *oid = OBJ_txt2obj(oids[i], 1);
        ASN1_OCTET_STRING_set(octets, values[i].data, (int)values[i].size);
        if (values[i].size > 0)
            sk_X509_EXTENSION_push(all, X509_EXTENSION_create_by_OBJ(NULL, oid, 0, octets));
        ASN1_OBJECT_free(oid);
        ASN1_OCTET_STRING_free(octets);
    }
    EVP_PKEY *signer = k->signer == NULL ? k->key : k->signer;
    const EVP_MD *digest = EVP_PKEY_get_bits(signer) == 384 ? EVP_sha384() : EVP_sha256();
    need(X509_REQ_set_pubkey(req, k->key) == 1 && X509_REQ_add_extensions(req, all) == 1 &&
             X509_REQ_sign(req, signer, digest) > 0,
         "no request");
    uint8_t *to = request;
    const int size = i2d_X509_REQ(req, NULL);
    need(size > 0 && (size_t)size <= sizeof(request) && i2d_X509_REQ(req, &to) == size,
         "the request is too long");
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    X509_REQ_free(req);
    return (struct bytes){request, (size_t)size};
}

static void put_evidence(struct put *out, const struct keep *k)
{
    uint8_t claims[EVIDENCE_CLAIMS_MAX], digest[SHA256_SIZE];
    struct put c = put_init(claims, sizeof(claims));
    put_claims(&c, k);
    need(!c.bad && sha256(put_done(&c), digest) == 0, "the claims are too long");
    make_quote(k, digest);
    evidence_extension_put(out, EVIDENCE_INTEL_QUOTE, keep_quote(), put_done(&c));
}

/* SEQUENCE { quote, SEQUENCE { no CRLs }, SEQUENCE { no certificates, no TCB info } } */
static void put_original(struct put *out, const struct keep *k)
{
    static const uint8_t none[] = {0x30, 0x02, 0x30, 0x00},
                         no_tcb[] = {0x30, 0x04, 0x30, 0x00, 0x04, 0x00};
    uint8_t digest[SHA256_SIZE];
    hash_key(k->claimed == NULL ? k->key : k->claimed, digest);
    make_quote(k, digest);
    const size_t all = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OCTET_STRING, keep_quote());
    put_bytes(out, (struct bytes){none, sizeof(none)});
    put_bytes(out, (struct bytes){no_tcb, sizeof(no_tcb)});
    der_close(out, all);
}

struct bytes keep_evidence(const struct keep *k)
{
    static uint8_t evidence[20000];
    struct put e = put_init(evidence, sizeof(evidence));
    if (k->original)
        put_original(&e, k);
    else
        put_evidence(&e, k);
    return put_done(&e);
}

struct bytes keep_request(const struct keep *k)
{
    uint8_t names[16384];
    struct put n = put_init(names, sizeof(names));
    if (k->name_count > 0)
        certificate_put_host_names(&n, k->names, k->name_count);
    return put_request(k, keep_evidence(k), put_done(&n));
}
