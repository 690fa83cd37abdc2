/* SPDX-License-Identifier: Apache-2.0 */
/* Appraises an AMD attestation report: its own form, who signed it, and in
 * snp_policy.c what the policy makes of it. Trusts the roots of endorsement.h. */
#include "attest/snp.h"

#include "attest/endorsement.h"
#include "crypto/ecdsa.h"

#include <errno.h>
#include <string.h>

#define ALGORITHM_ECDSA_P384 1u

/* ---- the report's own form: VN1, VN4 ---- */

static bool tcbs_clean(const struct snp_claims *c)
{
    return snp_tcb_clean(c->current_tcb, c->product) &&
           snp_tcb_clean(c->reported_tcb, c->product) &&
           snp_tcb_clean(c->committed_tcb, c->product) && snp_tcb_clean(c->launch_tcb, c->product);
}

static void check_form(const struct snp_report *report, struct attest_result *r)
{
    const struct snp_claims *c = &r->claims.snp;
    const struct shown zero = show_text("zero");
    const bool clean = c->reserved_zero && tcbs_clean(c);
    check(r, snp_report_version, c->version == 2 || c->version == 3 || c->version == 5,
          show_text("2, 3 or 5"), show_uint(c->version));
    check(r, snp_reserved, clean, zero, clean ? zero : show_text("other"));
    check(r, snp_signature_algorithm, c->signature_algo == ALGORITHM_ECDSA_P384,
          show_uint(ALGORITHM_ECDSA_P384), show_uint(c->signature_algo));
    check(r, snp_signature_encoding, report->signature_clean, zero,
          report->signature_clean ? zero : show_text("other"));
    check(r, snp_masked_key, !c->mask_chip_key, show_uint(0), show_uint(c->mask_chip_key));
}

/* ---- the certificate: VN2, VN3 ---- */

static bool fits(const struct snp_cert *cert, const struct snp_claims *c)
{
    const struct snp_tcb reported = snp_tcb_decode(c->reported_tcb, cert->line);
    const struct bytes chip = {.data = c->chip_id, .size = cert->hwid.size};
    return cert->vlek == (c->signing_key == SNP_SIGNER_VLEK) &&
           memcmp(&cert->tcb, &reported, sizeof(reported)) == 0 && bytes_equal(cert->hwid, chip);
}

/* The VCEK or VLEK made for this report; if there is none the first of them, so
 * that it can be said what is wrong with it. */
static const struct x509_cert *find_cert(const struct x509_set *set, const struct snp_claims *c)
{
    const struct x509_cert *found = NULL;
    struct snp_cert parsed;
    for (size_t i = 0; i < set->cert_count; i++) {
        const struct x509_cert *cert = set->certs[i];
        if (cert->ca || !snp_cert_is(cert))
            continue;
        if (snp_cert_parse(cert, &parsed) == 0 && fits(&parsed, c))
            return cert;
        found = found == NULL ? cert : found;
    }
    return found;
}

static void copy_text(struct bytes from, char *to, size_t size)
{
    const size_t kept = from.size < size ? from.size : size - 1;
    if (kept > 0)
        memcpy(to, from.data, kept);
    to[kept] = '\0';
}

static void claim_cert(const struct x509_cert *cert, const struct snp_cert *parsed,
                       struct snp_claims *c)
{
    c->cert = endorsement_claims(cert);
    c->cert_tcb = parsed->tcb;
    copy_text(parsed->product, c->cert_product, sizeof(c->cert_product));
    copy_text(parsed->csp_id, c->cert_csp_id, sizeof(c->cert_csp_id));
    if (parsed->hwid.size > 0 && parsed->hwid.size <= sizeof(c->cert_hwid))
        memcpy(c->cert_hwid, parsed->hwid.data, parsed->hwid.size);
    if (c->product == PRODUCT_UNKNOWN && c->version < 3)
        c->product = parsed->line;
}

struct shown snp_show_tcb(struct snp_tcb tcb)
{
    const uint8_t raw[] = {tcb.fmc, tcb.bootloader, tcb.tee, tcb.snp, tcb.microcode};
    return show_hex(BYTES(raw));
}

static const char *signer_text(unsigned signer)
{
    switch (signer) {
    case SNP_SIGNER_VCEK:
        return "VCEK";
    case SNP_SIGNER_VLEK:
        return "VLEK";
    case SNP_SIGNER_NONE:
        return "none";
    default:
        return "unknown";
    }
}

/* Where a chip id is longer than the hardware id in the certificate, as on Turin,
 * the rest of it is zero. A VLEK is of no chip. */
static bool hwid_matches(const struct snp_cert *cert, const struct snp_claims *c)
{
    uint8_t whole[sizeof(c->chip_id)] = {0};
    if (cert->vlek)
        return true;
    if (cert->hwid.size == 0 || cert->hwid.size > sizeof(whole))
        return false;
    memcpy(whole, cert->hwid.data, cert->hwid.size);
    return memcmp(whole, c->chip_id, sizeof(whole)) == 0;
}

/* Report, certificate and root each tell a product line; a simulated root does not. */
static void check_product(const struct snp_cert *cert, const struct x509_cert *root,
                          struct attest_result *r)
{
    const struct snp_claims *c = &r->claims.snp;
    const enum product line = endorsement_product(root);
    const bool same = c->product != PRODUCT_UNKNOWN && cert->line == c->product &&
                      (line == PRODUCT_UNKNOWN || line == c->product);
    const bool one = line == PRODUCT_UNKNOWN || line == cert->line;
    check(r, snp_cert_product, same, show_text(product_text(c->product)),
          show_text(one ? c->cert_product : product_text(line)));
}

static void check_cert(const struct x509_cert *cert, struct attest_result *r)
{
    struct snp_claims *c = &r->claims.snp;
    struct snp_cert parsed;
    const bool formed = snp_cert_parse(cert, &parsed) == 0;
    claim_cert(cert, &parsed, c);
    check(r, snp_cert_extensions, formed, show_text("well-formed"),
          show_text(formed ? "well-formed" : "malformed"));
    check_product(&parsed, x509_root(cert), r);
    const unsigned signer = parsed.vlek ? SNP_SIGNER_VLEK : SNP_SIGNER_VCEK;
    check(r, snp_signing_key, c->signing_key == signer, show_text(signer_text(signer)),
          show_text(signer_text(c->signing_key)));
    const struct snp_tcb reported = snp_tcb_decode(c->reported_tcb, parsed.line);
    check(r, snp_cert_tcb, memcmp(&parsed.tcb, &reported, sizeof(reported)) == 0,
          snp_show_tcb(parsed.tcb), snp_show_tcb(reported));
    check(r, snp_cert_hwid, hwid_matches(&parsed, c),
          parsed.vlek ? show_text("any") : show_hex(parsed.hwid), show_hex(BYTES(c->chip_id)));
}

/* ---- the signature: VN2 ---- */

static int check_signature(const struct snp_report *report, const struct x509_cert *cert,
                           struct attest_result *r)
{
    const struct shown valid = show_text("valid");
    check_there(r, cert_present, cert != NULL, show_text("VCEK or VLEK"),
                show_text(cert == NULL ? "none" : "VCEK or VLEK"));
    if (cert == NULL) {
        check_undecided(r, snp_signature, valid, show_text("unchecked"));
        return 0;
    }
    const int result = ecdsa_verify(cert->ec, report->signed_part, BYTES(report->signature));
    check(r, snp_signature, result == 0, valid, result == 0 ? valid : show_text("invalid"));
    return result == -EBADMSG ? 0 : result;
}

/* ---- the whole ---- */

int snp_decode(struct bytes evidence, struct claims *claims)
{
    struct snp_report report;
    const int result = snp_report_parse(evidence, &report);
    if (result < 0)
        return result;
    claims->snp = report.claims;
    claims->decoded = true;
    return 0;
}

int snp_appraise(const struct attest_input *in, struct attest_cache *cache, struct attest_result *r)
{
    struct snp_report report;
    const int parsed = snp_report_parse(in->evidence, &report);
    if (!check(r, snp_size, parsed == 0, show_uint(SNP_REPORT_SIZE), show_uint(in->evidence.size)))
        return 0;
    if (parsed < 0) /* nothing to go on with, whoever left that check out */
        return 0;
    r->claims.snp = report.claims;
    r->claims.decoded = true;
    const struct x509_set *set = endorsement_set(in, cache, VENDOR_AMD, (struct bytes){0}, r);
    if (set == NULL)
        return -ENOMEM;
    const struct x509_cert *cert = find_cert(set, &report.claims);
    const int result = check_signature(&report, cert, r);
    if (cert != NULL)
        check_cert(cert, r);
    check_form(&report, r);
    endorsement_check(in, set, VENDOR_AMD, r);
    snp_check_policy(in->policy, r);
    return result;
}
