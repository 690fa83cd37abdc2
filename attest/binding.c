/* SPDX-License-Identifier: Apache-2.0 */
/* What the report data of any evidence binds: VN12, SV2. All 64 bytes count.
 * Trusts the policy. */
#include "attest/appraise.h"
#include "attest/claims_buffer.h"
#include "crypto/digest.h"

#include <errno.h>
#include <string.h>

/* The digest that report data has to begin with; the rest of `out` is zero. */
static int bound_digest(const struct attest_input *in, uint8_t out[static REPORT_DATA_SIZE])
{
    memset(out, 0, REPORT_DATA_SIZE);
    switch (in->binding) {
    case BIND_CLAIMS:
        return sha256(in->claims_buffer, out);
    case BIND_SHA256:
        return sha256(in->public_key, out);
    case BIND_SHA384:
        return sha384(in->public_key, out);
    case BIND_NONE:
        break;
    }
    return 0;
}

static void check_nonce(struct bytes wanted, struct bytes found, struct attest_result *r)
{
    check_bytes(r, claims_nonce, wanted, found);
}

/* A nonce without a claims buffer is the report data. */
static void check_bare_nonce(struct bytes nonce, struct attest_result *r)
{
    uint8_t whole[REPORT_DATA_SIZE] = {0};
    const struct bytes found = claims_report_data(&r->claims);
    if (nonce.size > sizeof(whole)) {
        check(r, claims_nonce, false, show_hex(nonce), show_hex(found));
        return;
    }
    if (nonce.size > 0)
        memcpy(whole, nonce.data, nonce.size);
    check_nonce(nonce.size > 0 ? BYTES(whole) : nonce, found, r);
}

/* Like check_bytes, of text. */
#define check_words(result, name, wanted, value)                              \
    check(result, name, (wanted).size == 0 || bytes_equal((wanted), (value)), \
          (wanted).size == 0 ? show_text("any") : show_bytes_text(wanted), show_bytes_text(value))

static int check_claims(const struct attest_input *in, struct attest_result *r)
{
    struct claims_buffer claims = {0};
    const struct policy *p = in->policy;
    const bool formed = claims_buffer_parse(in->claims_buffer, &claims) == 0;
    check(r, claims_buffer, formed, show_text("well-formed"),
          show_text(formed ? "well-formed" : "malformed"));
    if (in->public_key.size > 0) {
        const int result = claims_buffer_check_key(&claims, in->public_key);
        if (result == -ENOMEM)
            return result;
        check(r, claims_key, result == 0, show_text("of the key given"), show_hex(claims.key_hash));
    }
    check_nonce(p->nonce, claims.nonce, r);
    check_bytes(r, claims_exporter, p->tls_exporter, claims.tls_exporter);
    check_words(r, claims_purpose, p->purpose, claims.purpose);
    check_words(r, claims_profile, p->profile, claims.profile);
    check_bytes(r, claims_workload, p->workload, claims.workload);
    return 0;
}

#define check_unclaimed(result, name, wanted, shown)                                               \
    check_there(result, name, (wanted).size == 0, (wanted).size == 0 ? show_text("any") : (shown), \
                show_text("no claims buffer"))

/* What only a claims buffer could say cannot be decided without one. */
static void check_without_claims(const struct policy *p, struct attest_result *r)
{
    check_bare_nonce(p->nonce, r);
    check_unclaimed(r, claims_exporter, p->tls_exporter, show_hex(p->tls_exporter));
    check_unclaimed(r, claims_purpose, p->purpose, show_bytes_text(p->purpose));
    check_unclaimed(r, claims_profile, p->profile, show_bytes_text(p->profile));
    check_unclaimed(r, claims_workload, p->workload, show_hex(p->workload));
}

/* The digest of no key binds none: anyone can put it there. */
static void check_bound(const struct attest_input *in, const uint8_t bound[static REPORT_DATA_SIZE],
                        struct bytes found, struct attest_result *r)
{
    const struct bytes wanted = {.data = bound, .size = REPORT_DATA_SIZE};
    const bool by_key = in->binding == BIND_SHA256 || in->binding == BIND_SHA384;
    if (in->binding == BIND_NONE)
        return;
    if (by_key && in->public_key.size == 0)
        check_undecided(r, binding, show_text("the digest of a key"), show_text("no key"));
    else
        check(r, binding, bytes_equal(wanted, found), show_hex(wanted), show_hex(found));
}

int binding_appraise(const struct attest_input *in, struct attest_result *r)
{
    const struct bytes found = claims_report_data(&r->claims);
    uint8_t bound[REPORT_DATA_SIZE];
    if (found.size == 0)
        return 0;
    const int result = bound_digest(in, bound);
    if (result < 0)
        return result;
    check_bytes(r, report_data, in->policy->report_data, found);
    check_bound(in, bound, found, r);
    if (in->public_key.size > 0)
        check(r, possession, !in->key_unproven, show_text("signed by its key"),
              show_text(in->key_unproven ? "not signed by its key" : "signed by its key"));
    if (in->binding == BIND_CLAIMS)
        return check_claims(in, r);
    check_without_claims(in->policy, r);
    return 0;
}

int attest_claims(const struct attest_input *in, struct attest_result *r)
{
    r->ar4si = ar4si_proofless();
    if (in->evidence.size == 0)
        return check_claims(in, r);
    kvm_statement_read(in, r);
    return binding_appraise(in, r);
}
