/* SPDX-License-Identifier: Apache-2.0 */
/* Enclaves: what a report body says, held against the policy [SDM 35.15]. Trusts
 * nothing; whether a quoting enclave vouches for the body is asked elsewhere. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "attest/intel.h"
#include "attest/intel_fields.h"

/* ATTRIBUTES.FLAGS [SDM 35.7.1] */
#define FLAG_INIT         (1ull << 0)
#define FLAG_DEBUG        SGX_FLAG_DEBUG
#define FLAG_MODE64       (1ull << 2)
#define FLAG_PROVISIONKEY (1ull << 4)
#define FLAG_EINITTOKEN   (1ull << 5)
#define FLAG_CET          (1ull << 6)
#define FLAG_KSS          (1ull << 7)
#define FLAG_AEX_NOTIFY   (1ull << 10)
#define FLAGS_DEFINED                                                                        \
    (FLAG_INIT | FLAG_DEBUG | FLAG_MODE64 | FLAG_PROVISIONKEY | FLAG_EINITTOKEN | FLAG_CET | \
     FLAG_KSS | FLAG_AEX_NOTIFY)

#define COPY(to, from) memcpy((to), (from).data, sizeof(to))

int sgx_decode(const struct quote *quote, struct sgx_claims *claims)
{
    struct enclave_report report;

    if (quote->body_type != BODY_ENCLAVE || enclave_report_parse(quote->body, &report) < 0)
        return -EBADMSG;
    struct cur attributes = cur_init(report.attributes);

    COPY(claims->cpu_svn, report.cpu_svn);
    claims->misc_select = report.misc_select;
    COPY(claims->isv_ext_prod_id, report.isv_ext_prod_id);
    claims->attributes = cur_le64(&attributes);
    claims->xfrm = cur_le64(&attributes);
    COPY(claims->mrenclave, report.mrenclave);
    COPY(claims->mrsigner, report.mrsigner);
    COPY(claims->config_id, report.config_id);
    claims->isv_prod_id = report.isv_prod_id;
    claims->isv_svn = report.isv_svn;
    claims->config_svn = report.config_svn;
    COPY(claims->isv_family_id, report.isv_family_id);
    COPY(claims->report_data, report.report_data);
    claims->reserved_zero = report.reserved_zero;
    return 0;
}

static void check_flags(const struct sgx_claims *c, const struct sgx_policy *p,
                        struct attest_result *r)
{
    const uint64_t ready = FLAG_INIT | FLAG_MODE64;
    const uint64_t keys = FLAG_PROVISIONKEY | FLAG_EINITTOKEN;

    check(r, sgx_debug, p->debug || (c->attributes & FLAG_DEBUG) == 0,
          show_text(p->debug ? "any" : "no debugging"), show_flags(c->attributes));
    check(r, sgx_init, (c->attributes & ready) == ready, show_flags(ready),
          show_flags(c->attributes & ready));
    check(r, sgx_provision_key, p->provision_key || (c->attributes & keys) == 0,
          p->provision_key ? show_text("any") : show_flags(0), show_flags(c->attributes & keys));
    check_masked(r, sgx_attributes, p->attributes, c->attributes);
    check_masked(r, sgx_xfrm, p->xfrm, c->xfrm);
    check_masked(r, sgx_misc_select, p->misc_select, c->misc_select);
}

void sgx_check(const struct sgx_claims *c, const struct sgx_policy *p, struct attest_result *r)
{
    const uint64_t unknown = c->attributes & ~FLAGS_DEFINED;

    check(r, sgx_reserved, c->reserved_zero && unknown == 0, show_text("zero"),
          c->reserved_zero ? show_flags(unknown) : show_text("not zero"));
    check_flags(c, p, r);
    check_list(r, sgx_mrenclave, p->mrenclaves, BYTES(c->mrenclave));
    check_list(r, sgx_mrsigner, p->mrsigners, BYTES(c->mrsigner));
    check(r, sgx_isv_prod_id, !p->isv_prod_id.given || p->isv_prod_id.value == c->isv_prod_id,
          p->isv_prod_id.given ? show_uint(p->isv_prod_id.value) : show_text("any"),
          show_uint(c->isv_prod_id));
    check_minimum(r, sgx_isv_svn, p->minimum_isv_svn, c->isv_svn);
    check_bytes(r, sgx_family_id, p->family_id, BYTES(c->isv_family_id));
    check_bytes(r, sgx_ext_prod_id, p->ext_prod_id, BYTES(c->isv_ext_prod_id));
    check_bytes(r, sgx_config_id, p->config_id, BYTES(c->config_id));
    check_minimum(r, sgx_config_svn, p->minimum_config_svn, c->config_svn);
}

static const struct field fields[] = {
    INTEL_FIELDS(sgx_claims),
    FIELD(sgx_claims, "cpu_svn", FIELD_BYTES, cpu_svn),
    FIELD(sgx_claims, "misc_select", FIELD_FLAGS, misc_select),
    FIELD(sgx_claims, "attributes", FIELD_FLAGS, attributes),
    FIELD(sgx_claims, "xfrm", FIELD_FLAGS, xfrm),
    FIELD(sgx_claims, "mrenclave", FIELD_BYTES, mrenclave),
    FIELD(sgx_claims, "mrsigner", FIELD_BYTES, mrsigner),
    FIELD(sgx_claims, "isv_prod_id", FIELD_UINT, isv_prod_id),
    FIELD(sgx_claims, "isv_svn", FIELD_UINT, isv_svn),
    FIELD(sgx_claims, "isv_ext_prod_id", FIELD_BYTES, isv_ext_prod_id),
    FIELD(sgx_claims, "isv_family_id", FIELD_BYTES, isv_family_id),
    FIELD(sgx_claims, "config_id", FIELD_BYTES, config_id),
    FIELD(sgx_claims, "config_svn", FIELD_UINT, config_svn),
    FIELD(sgx_claims, "report_data", FIELD_BYTES, report_data),
};

const struct field_table sgx_field_table = {fields, ARRAY_COUNT(fields)};
