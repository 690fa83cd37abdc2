/* SPDX-License-Identifier: Apache-2.0 */
/* SGX and TDX quotes: from bytes to claims, and every check on them. Trusts the
 * roots that endorsement_check() trusts. */
#include <errno.h>
#include <string.h>

#include "attest/appraise.h"
#include "attest/intel.h"
#include "crypto/ecdsa.h"

#define KEY_TYPE_ECDSA_P256 2u

/* Intel's quoting enclaves [DCAP-QUOTE A.4, table 3]. */
static const uint8_t INTEL_QE_VENDOR[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                            0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

#define COPY(to, from) memcpy((to), (from).data, sizeof(to))

static struct intel_claims *intel_claims_of(struct claims *claims)
{
    return claims->kind == KIND_TDX ? &claims->tdx.intel : &claims->sgx.intel;
}

static void decode_shared(const struct quote *q, const struct enclave_report *qe,
                          struct intel_claims *claims)
{
    claims->quote_version = q->version;
    claims->attestation_key_type = q->key_type;
    claims->tee_type = q->tee_type;
    claims->qe_svn = q->qe_svn;
    claims->pce_svn = q->pce_svn;
    COPY(claims->qe_vendor_id, q->qe_vendor_id);
    COPY(claims->user_data, q->user_data);
    claims->cert_data_type = q->cert_type;
    COPY(claims->qe_cpu_svn, qe->cpu_svn);
    claims->qe_misc_select = qe->misc_select;
    COPY(claims->qe_attributes, qe->attributes);
    COPY(claims->qe_mrenclave, qe->mrenclave);
    COPY(claims->qe_mrsigner, qe->mrsigner);
    claims->qe_isv_prod_id = qe->isv_prod_id;
    claims->qe_isv_svn = qe->isv_svn;
}

static int decode(struct bytes evidence, struct quote *quote, struct enclave_report *qe,
                  struct claims *claims)
{
    if (quote_parse(evidence, quote) < 0 || enclave_report_parse(quote->qe_report, qe) < 0)
        return -EBADMSG;
    int rc = claims->kind == KIND_TDX ? tdx_decode(quote, &claims->tdx)
                                      : sgx_decode(quote, &claims->sgx);

    if (rc < 0)
        return rc;
    decode_shared(quote, qe, intel_claims_of(claims));
    claims->decoded = true;
    return 0;
}

int quote_decode(struct bytes evidence, struct claims *claims)
{
    struct quote quote;
    struct enclave_report qe;

    return decode(evidence, &quote, &qe, claims);
}

/* ---- checks ---- */

static bool version_fits(const struct quote *q)
{
    if (q->tee_type == TEE_TYPE_SGX)
        return q->version == 3;
    return q->tee_type == TEE_TYPE_TDX && (q->version == 4 || q->version == 5);
}

static void check_header(struct intel *x)
{
    const struct quote *q = &x->quote;
    const bool reserved = q->version > 3 && (q->qe_svn != 0 || q->pce_svn != 0);

    check(x->r, quote_trailing, q->trailing.size == 0, show_uint(0), show_uint(q->trailing.size));
    check(x->r, quote_version, version_fits(q), show_text("SGX 3, TDX 4 or 5"),
          show_uint(q->version));
    check(x->r, quote_reserved, !reserved && x->qe.reserved_zero, show_text("zero"),
          show_text(reserved || !x->qe.reserved_zero ? "not zero" : "zero"));
    check(x->r, quote_key_type, q->key_type == KEY_TYPE_ECDSA_P256, show_uint(KEY_TYPE_ECDSA_P256),
          show_uint(q->key_type));
    check_bytes(x->r, quote_qe_vendor, BYTES(INTEL_QE_VENDOR), q->qe_vendor_id);
}

/* Finds the certificates, in the quote and beside it. 0 or -ENOMEM. */
static int check_certs(struct intel *x)
{
    const bool chain = x->quote.cert_type == CERT_DATA_PCK_CHAIN;
    const struct shown expected = show_uint(CERT_DATA_PCK_CHAIN);

    if (chain)
        check(x->r, quote_cert_data, true, expected, expected);
    else
        check_undecided(x->r, quote_cert_data, expected, show_uint(x->quote.cert_type));
    x->set = endorsement_set(x->in, x->cache, VENDOR_INTEL,
                             chain ? x->quote.certs : (struct bytes){0}, x->r);
    if (!x->set)
        return -ENOMEM;
    endorsement_check(x->in, x->set, VENDOR_INTEL, x->r);
    return 0;
}

static int check_signature(struct intel *x)
{
    const struct shown right = show_text("by the attestation key");
    EC_KEY *key;
    int rc = ecdsa_key(x->quote.key, x509_set_curve(x->set), &key);

    if (rc == -ENOMEM)
        return rc;
    check(x->r, quote_key_point, rc == 0, show_text("a point of P-256"),
          rc == 0 ? show_text("a point of P-256") : show_hex(x->quote.key));
    if (rc == 0)
        rc = ecdsa_verify(key, x->quote.signed_part, x->quote.signature);
    ecdsa_key_free(key);
    if (rc == -ENOMEM)
        return rc;
    check(x->r, quote_signature, rc == 0, right, rc == 0 ? right : show_text("wrong"));
    return 0;
}

static void check_body(struct intel *x)
{
    const struct claims *claims = &x->r->claims;

    if (x->tdx)
        tdx_check(x->tdx, &x->in->policy->tdx, x->r);
    else
        sgx_check(&claims->sgx, &x->in->policy->sgx, x->r);
}

int quote_appraise(const struct attest_input *in, struct attest_cache *cache,
                   struct attest_result *result)
{
    const bool tdx = result->claims.kind == KIND_TDX;
    const struct shown whole = show_text("a whole quote");
    struct intel x = {
        .in = in,
        .cache = cache,
        .r = result,
        .kind = result->claims.kind,
        .policy = tdx ? &in->policy->tdx.tcb : &in->policy->sgx.tcb,
        .claims = intel_claims_of(&result->claims),
        .tdx = tdx ? &result->claims.tdx : NULL,
    };
    bool parsed = decode(in->evidence, &x.quote, &x.qe, &result->claims) == 0;

    check(result, quote_format, parsed, whole, parsed ? whole : show_text("malformed"));
    if (!parsed)
        return 0;
    check_header(&x);
    if (check_certs(&x) < 0 || check_signature(&x) < 0 || qe_appraise(&x) < 0 ||
        tcb_appraise(&x) < 0)
        return -ENOMEM;
    check_body(&x);
    return 0;
}
