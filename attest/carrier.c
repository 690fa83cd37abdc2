/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in certificates and requests; see carrier.h. Trusts OpenSSL to take certificates
 * apart, which may be of any kind; all else is read through the cursor. */
#include "attest/carrier.h"

#include "attest/quote.h"
#include "base/cbor.h"
#include "base/der.h"
#include "crypto/ecdsa.h"
#include "crypto/pem.h"
#include "crypto/pkcs10.h"

#include <errno.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define OID_ENARX_KVM    "1.3.6.1.4.1.58270.1.1"
#define OID_ENARX_SGX    "1.3.6.1.4.1.58270.1.2"
#define OID_ENARX_SNP    "1.3.6.1.4.1.58270.1.3"
#define OID_EVIDENCE     "2.23.133.5.4.9"
#define OID_ENDORSEMENTS "2.23.133.5.4.2"

/* Tags of the evidence: Intel's quotes [CCC-RA-TLS], and SNP as rats-tls has it. */
enum { TAG_INTEL_QUOTE = 60000, TAG_SNP_REPORT = 0x1a7504 };

#define CHAIN_CERT_MAX 4096u /* bytes of a certificate in a quote; they have some 1200 */

struct carrier_owned {
    uint8_t *der;              /* decoded from PEM, or null */
    X509 *cert;                /* or */
    struct x509_cert *request; /* what one has of a certificate */
    uint8_t *public_key;       /* of the certificate */
};

/* ---- X.509 and PKCS #10 ---- */

bool carrier_is(struct bytes file)
{
    return pem_is(file) || (file.size > 0 && file.data[0] == DER_SEQUENCE);
}

/* The first block, whatever it is called. */
static int decode_pem(struct bytes file, struct carrier_owned *owned, struct bytes *der)
{
    static const char *const labels[] = {"CERTIFICATE", "CERTIFICATE REQUEST",
                                         "NEW CERTIFICATE REQUEST"};
    owned->der = malloc(file.size);
    if (owned->der == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_COUNT(labels); i++) {
        struct cur c = cur_init(file);
        struct put out = put_init(owned->der, file.size);
        if (pem_take(&c, labels[i], &out) == 1) {
            *der = put_done(&out);
            return 0;
        }
    }
    return -EBADMSG;
}

static int decode_request(struct bytes der, const EC_KEY *like, struct carrier_owned *owned)
{
    owned->request = calloc(1, sizeof(*owned->request));
    if (owned->request == NULL)
        return -ENOMEM;
    return pkcs10_parse(der, like, owned->request);
}

static void drop_request(struct carrier_owned *owned)
{
    if (owned->request != NULL)
        x509_cert_fini(owned->request);
    free(owned->request);
    owned->request = NULL;
}

/* Both begin alike; only one of them is. */
static int decode_der(struct bytes der, struct carrier_owned *owned)
{
    const uint8_t *pos = der.data;
    const int result = decode_request(der, NULL, owned);
    if (result != -EBADMSG)
        return result;
    drop_request(owned);
    owned->cert = d2i_X509(NULL, &pos, (long)der.size);
    return owned->cert != NULL && pos == der.data + der.size ? 0 : -EBADMSG;
}

/* By its names alone: X509_check_issued() wants of the key that it may sign certificates,
 * which that of a keep need not. */
static bool self_issued(const X509 *cert)
{
    return X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

static int take_key(struct carrier *carrier, struct carrier_owned *o)
{
    if (o->request != NULL) {
        carrier->public_key = o->request->spki;
        carrier->key_unproven = !pkcs10_proven(o->request);
        carrier->key_bits = ecdsa_bits(o->request->ec);
        return 0;
    }
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(o->cert), &o->public_key);
    if (size <= 0)
        return -EBADMSG;
    carrier->public_key = (struct bytes){o->public_key, (size_t)size};
    carrier->key_unproven =
        self_issued(o->cert) && X509_verify(o->cert, X509_get0_pubkey(o->cert)) != 1;
    return 0;
}

/* The one extension with that object identifier. */
static bool find(const struct carrier_owned *o, const char *oid, struct bytes *value)
{
    if (o->request != NULL)
        return x509_extension(o->request, oid, value);
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    const int at = X509_get_ext_by_OBJ(o->cert, object, -1);
    const bool one = at >= 0 && X509_get_ext_by_OBJ(o->cert, object, at) < 0;
    ASN1_OBJECT_free(object);
    if (!one)
        return false;
    const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(X509_get_ext(o->cert, at));
    *value = (struct bytes){ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data)};
    return true;
}

/* ---- the original Enarx ---- */

static void add_cert(struct carrier *carrier, struct cur *c, struct bytes cert)
{
    if (carrier->cert_count == CARRIER_CERTS_MAX)
        cur_fail(c);
    else if (cert.size > 0)
        carrier->certs[carrier->cert_count++] = cert;
}

static void add_crl(struct carrier *carrier, struct cur *c, struct bytes crl)
{
    if (carrier->crl_count == CARRIER_CRLS_MAX)
        cur_fail(c);
    else if (crl.size > 0)
        carrier->crls[carrier->crl_count++] = crl;
}

/* SEQUENCE { SEQUENCE OF SEQUENCE { url UTF8String, crl CertificateList } } */
static void take_crls(struct cur *c, struct carrier *carrier)
{
    struct cur outer = cur_init(der_take(c, DER_SEQUENCE));
    struct cur list = cur_init(der_take(&outer, DER_SEQUENCE));
    while (cur_ok(&list) && cur_left(&list) > 0) {
        struct cur entry = cur_init(der_take(&list, DER_SEQUENCE));
        der_take(&entry, DER_UTF8_STRING);
        add_crl(carrier, &list, der_take_whole(&entry, DER_SEQUENCE));
        if (!cur_done(&entry))
            cur_fail(&list);
    }
    if (!cur_done(&list) || !cur_done(&outer))
        cur_fail(c);
}

/* SEQUENCE { SEQUENCE { vcek Certificate, crls }, report OCTET STRING } */
static int parse_enarx_snp(struct bytes value, struct carrier *carrier)
{
    struct cur c = cur_init(value);
    struct cur all = cur_init(der_take(&c, DER_SEQUENCE));
    struct cur endorsements = cur_init(der_take(&all, DER_SEQUENCE));
    add_cert(carrier, &endorsements, der_take_whole(&endorsements, DER_SEQUENCE));
    take_crls(&endorsements, carrier);
    carrier->evidence = der_take(&all, DER_OCTET_STRING);
    carrier->binding = BIND_SHA384;
    return cur_done(&endorsements) && cur_done(&all) && cur_done(&c) ? 0 : -EBADMSG;
}

/* True when a certificate of the quote's chain names this issuer. */
static bool chain_names(struct bytes chain, const X509_NAME *issuer)
{
    uint8_t der[CHAIN_CERT_MAX];
    struct cur c = cur_init(chain);
    struct put out = put_init(der, sizeof(der));
    bool found = false;
    while (!found && pem_take(&c, "CERTIFICATE", &out) == 1) {
        const struct bytes one = put_done(&out);
        const uint8_t *pos = one.data;
        X509 *cert = d2i_X509(NULL, &pos, (long)one.size);
        found = cert != NULL && X509_NAME_cmp(X509_get_issuer_name(cert), issuer) == 0;
        X509_free(cert);
        out = put_init(der, sizeof(der));
    }
    return found;
}

/* Requests carry the CRLs of both of Intel's issuers of PCKs; the one that is not the
 * quote's would lead to nothing that is here. */
static void drop_other_crls(struct carrier *carrier)
{
    struct quote quote;
    if (quote_parse(carrier->evidence, &quote) < 0)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < carrier->crl_count; i++) {
        const struct bytes der = carrier->crls[i];
        const uint8_t *pos = der.data;
        X509_CRL *crl = d2i_X509_CRL(NULL, &pos, (long)der.size);
        if (crl == NULL || chain_names(quote.certs, X509_CRL_get_issuer(crl)))
            carrier->crls[kept++] = der;
        X509_CRL_free(crl);
    }
    carrier->crl_count = kept;
}

/* SEQUENCE { quote OCTET STRING, crls,
 *            SEQUENCE { SEQUENCE OF Certificate, tcb-info OCTET STRING } } */
static int parse_enarx_sgx(struct bytes value, struct carrier *carrier)
{
    struct cur c = cur_init(value);
    struct cur all = cur_init(der_take(&c, DER_SEQUENCE));
    carrier->evidence = der_take(&all, DER_OCTET_STRING);
    take_crls(&all, carrier);
    struct cur tcb = cur_init(der_take(&all, DER_SEQUENCE));
    struct cur chain = cur_init(der_take(&tcb, DER_SEQUENCE));
    while (cur_ok(&chain) && cur_left(&chain) > 0)
        add_cert(carrier, &chain, der_take_whole(&chain, DER_SEQUENCE));
    carrier->tcb_info = der_take(&tcb, DER_OCTET_STRING);
    carrier->binding = BIND_SHA256;
    if (!cur_done(&chain) || !cur_done(&tcb) || !cur_done(&all) || !cur_done(&c))
        return -EBADMSG;
    drop_other_crls(carrier);
    return 0;
}

/* ---- RA-TLS ---- */

/* The argument of a tag [RFC 8949 3.4] of two or four bytes. */
static uint32_t take_tag(struct cur *c)
{
    const uint8_t head = cur_u8(c);
    if (head == 0xd9)
        return cur_be16(c);
    if (head == 0xda)
        return cur_be32(c);
    cur_fail(c);
    return 0;
}

/* Some senders end text with a NUL. */
static struct bytes take_text(struct cur *c)
{
    struct bytes text = cbor_take_bytes(c);
    if (text.size > 0 && text.data[text.size - 1] == '\0')
        text.size--;
    return text;
}

/* 60000([version, tcb-info, its issuers, PCK CRL, root CRL, their issuers, QE identity,
 *        its issuers, ? time of creation]) */
static int parse_endorsements(struct bytes value, struct carrier *carrier)
{
    struct cur c = cur_init(value);
    if (take_tag(&c) != TAG_INTEL_QUOTE)
        cur_fail(&c);
    const size_t count = cbor_take_array(&c, 9);
    take_text(&c); /* the version says nothing that the parts do not */
    carrier->tcb_info = take_text(&c);
    add_cert(carrier, &c, take_text(&c));
    add_crl(carrier, &c, take_text(&c));
    add_crl(carrier, &c, take_text(&c));
    add_cert(carrier, &c, take_text(&c));
    carrier->qe_identity = take_text(&c);
    add_cert(carrier, &c, take_text(&c));
    if (count == 9)
        take_text(&c);
    return cur_done(&c) && count >= 8 ? 0 : -EBADMSG;
}

/* 60000([quote, claims buffer]) */
static int parse_ra_tls(const struct carrier_owned *o, struct bytes value, struct carrier *carrier)
{
    struct cur c = cur_init(value);
    const uint32_t tag = take_tag(&c);
    if ((tag != TAG_INTEL_QUOTE && tag != TAG_SNP_REPORT) || cbor_take_array(&c, 2) != 2)
        cur_fail(&c);
    carrier->evidence = cbor_take_bytes(&c);
    carrier->claims_buffer = cbor_take_bytes(&c);
    carrier->binding = BIND_CLAIMS;
    if (!cur_done(&c))
        return -EBADMSG;
    struct bytes endorsements;
    return find(o, OID_ENDORSEMENTS, &endorsements) ? parse_endorsements(endorsements, carrier) : 0;
}

/* ---- the whole ---- */

static int parse_extensions(const struct carrier_owned *o, struct carrier *carrier)
{
    struct bytes value;
    if (find(o, OID_EVIDENCE, &value))
        return parse_ra_tls(o, value, carrier);
    if (find(o, OID_ENARX_SNP, &value))
        return parse_enarx_snp(value, carrier);
    if (find(o, OID_ENARX_SGX, &value))
        return parse_enarx_sgx(value, carrier);
    return find(o, OID_ENARX_KVM, &value) ? -ENOTSUP : -ENOENT;
}

static int take_all(struct carrier *carrier, int decoded)
{
    int result = decoded;
    if (result == 0)
        result = take_key(carrier, carrier->owned);
    if (result == 0)
        result = parse_extensions(carrier->owned, carrier);
    if (result < 0)
        carrier_fini(carrier);
    return result;
}

int carrier_parse(struct bytes file, struct carrier *carrier)
{
    *carrier = (struct carrier){.owned = calloc(1, sizeof(*carrier->owned))};
    if (carrier->owned == NULL)
        return -ENOMEM;
    struct bytes der = file;
    const int result = pem_is(file) ? decode_pem(file, carrier->owned, &der) : 0;
    return take_all(carrier, result == 0 ? decode_der(der, carrier->owned) : result);
}

int carrier_parse_request(struct bytes der, const EC_KEY *like, struct carrier *carrier)
{
    *carrier = (struct carrier){.owned = calloc(1, sizeof(*carrier->owned))};
    if (carrier->owned == NULL)
        return -ENOMEM;
    return take_all(carrier, decode_request(der, like, carrier->owned));
}

bool carrier_extension(const struct carrier *carrier, const char *oid, struct bytes *value)
{
    return find(carrier->owned, oid, value);
}

void carrier_fini(struct carrier *carrier)
{
    struct carrier_owned *o = carrier->owned;
    if (o != NULL) {
        drop_request(o);
        X509_free(o->cert);
        OPENSSL_free(o->public_key);
        free(o->der);
        free(o);
    }
    *carrier = (struct carrier){0};
}
