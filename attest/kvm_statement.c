/* SPDX-License-Identifier: Apache-2.0 */
/* Statements about virtual machines whose memory their host can read. Nobody signs one, and
 * no policy accepts it: it is taken apart to be shown, and to be held against the claims
 * that came with it. Trusts nothing. [include/kvm_keep.h]
 *
 *     0      "ENARXKVM"
 *     8      version, 1
 *     12     zero
 *     16     SHA-256 of the shim's image
 *     48     report data, 64 bytes */
#include "attest/appraise.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define MAGIC   "ENARXKVM"
#define VERSION 1u

bool kvm_statement_is(struct bytes evidence)
{
    struct cur c = cur_init(evidence);
    return bytes_equal(cur_take(&c, strlen(MAGIC)), bytes_of_text(MAGIC));
}

int kvm_statement_decode(struct bytes evidence, struct claims *claims)
{
    struct cur c = cur_init(evidence);
    struct kvm_claims *k = &claims->kvm;
    cur_take(&c, strlen(MAGIC));
    k->version = cur_le32(&c);
    const uint32_t zero = cur_le32(&c);
    const struct bytes measurement = cur_take(&c, sizeof(k->measurement));
    const struct bytes report_data = cur_take(&c, sizeof(k->report_data));
    if (!cur_done(&c) || k->version != VERSION || zero != 0)
        return -EBADMSG;
    memcpy(k->measurement, measurement.data, measurement.size);
    memcpy(k->report_data, report_data.data, report_data.size);
    claims->decoded = true;
    return 0;
}

void kvm_statement_read(const struct attest_input *in, struct attest_result *r)
{
    const bool formed = attest_decode(in->evidence, &r->claims) == 0 && r->claims.kind == KIND_KVM;
    r->claims.decoded = formed;
    check(r, kvm_format, formed, show_text("well-formed"),
          show_text(formed ? "well-formed" : "malformed"));
}

void kvm_statement_appraise(const struct attest_input *in, struct attest_result *r)
{
    kvm_statement_read(in, r);
    check_undecided(r, kvm_signature, show_text("a signature"), show_text("none"));
}

static const struct field fields[] = {
    FIELD(kvm_claims, "version", FIELD_UINT, version),
    FIELD(kvm_claims, "measurement", FIELD_BYTES, measurement),
    FIELD(kvm_claims, "report_data", FIELD_BYTES, report_data),
};

const struct field_table kvm_field_table = {fields, ARRAY_COUNT(fields)};
