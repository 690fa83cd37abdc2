/* SPDX-License-Identifier: Apache-2.0 */
/* Takes Intel quotes apart; every length is accounted for. Trusts nothing. */
#include "attest/quote.h"

#include <errno.h>

static void header_parse(struct cur *c, struct quote *q)
{
    q->version = cur_le16(c);
    q->key_type = cur_le16(c);
    q->tee_type = cur_le32(c);
    q->qe_svn = cur_le16(c);
    q->pce_svn = cur_le16(c);
    q->qe_vendor_id = cur_take(c, 16);
    q->user_data = cur_take(c, 20);
}

static size_t body_size(uint16_t type)
{
    switch (type) {
    case BODY_ENCLAVE:
        return ENCLAVE_REPORT_SIZE;
    case BODY_TD_10:
        return TD_REPORT_10_SIZE;
    case BODY_TD_15:
        return TD_REPORT_15_SIZE;
    default:
        return 0;
    }
}

/* Version 5 names its body's type and size; before, the version implies them. */
static void body_parse(struct cur *c, struct quote *q)
{
    size_t size;

    switch (q->version) {
    case 3:
        q->body_type = BODY_ENCLAVE;
        size = ENCLAVE_REPORT_SIZE;
        break;
    case 4:
        q->body_type = q->tee_type == TEE_TYPE_SGX ? BODY_ENCLAVE : BODY_TD_10;
        size = body_size(q->body_type);
        break;
    case 5:
        q->body_type = cur_le16(c);
        size = cur_le32(c);
        break;
    default:
        cur_fail(c);
        return;
    }
    if (size != body_size(q->body_type) || size == 0)
        cur_fail(c);
    q->body = cur_take(c, size);
}

static void qe_parse(struct cur *c, struct quote *q)
{
    q->qe_report = cur_take(c, ENCLAVE_REPORT_SIZE);
    q->qe_signature = cur_take(c, 64);
    q->qe_auth = cur_take(c, cur_le16(c));
    q->cert_type = cur_le16(c);
    q->certs = cur_take(c, cur_le32(c));
}

/* Since version 4 the QE's report is wrapped as certification data of its own. */
static int signature_parse(struct bytes data, struct quote *q)
{
    struct cur c = cur_init(data);

    q->signature = cur_take(&c, 64);
    q->key = cur_take(&c, 64);
    if (q->version == 3) {
        qe_parse(&c, q);
        return cur_done(&c) ? 0 : -EBADMSG;
    }
    uint16_t type = cur_le16(&c);
    struct cur inner = cur_init(cur_take(&c, cur_le32(&c)));

    qe_parse(&inner, q);
    return type == CERT_DATA_QE_REPORT && cur_done(&inner) && cur_done(&c) ? 0 : -EBADMSG;
}

int quote_parse(struct bytes evidence, struct quote *quote)
{
    struct cur c = cur_init(evidence);
    struct quote q = {0};

    header_parse(&c, &q);
    body_parse(&c, &q);
    q.signed_part = (struct bytes){evidence.data, evidence.size - cur_left(&c)};

    struct bytes signature = cur_take(&c, cur_le32(&c));

    q.trailing = cur_take(&c, cur_left(&c));
    if (!cur_done(&c) || signature_parse(signature, &q) < 0)
        return -EBADMSG;
    *quote = q;
    return 0;
}

static bool all_zero(struct bytes b)
{
    struct cur c = cur_init(b);

    cur_zero(&c, b.size);
    return cur_done(&c);
}

int enclave_report_parse(struct bytes body, struct enclave_report *report)
{
    struct cur c = cur_init(body);
    struct enclave_report r = {0};
    struct bytes reserved[4];

    r.cpu_svn = cur_take(&c, 16);
    r.misc_select = cur_le32(&c);
    reserved[0] = cur_take(&c, 12);
    r.isv_ext_prod_id = cur_take(&c, 16);
    r.attributes = cur_take(&c, 16);
    r.mrenclave = cur_take(&c, 32);
    reserved[1] = cur_take(&c, 32);
    r.mrsigner = cur_take(&c, 32);
    reserved[2] = cur_take(&c, 32);
    r.config_id = cur_take(&c, 64);
    r.isv_prod_id = cur_le16(&c);
    r.isv_svn = cur_le16(&c);
    r.config_svn = cur_le16(&c);
    reserved[3] = cur_take(&c, 42);
    r.isv_family_id = cur_take(&c, 16);
    r.report_data = cur_take(&c, 64);
    if (!cur_done(&c))
        return -EBADMSG;

    r.reserved_zero = true;
    for (size_t i = 0; i < ARRAY_COUNT(reserved); i++)
        r.reserved_zero = r.reserved_zero && all_zero(reserved[i]);
    *report = r;
    return 0;
}
