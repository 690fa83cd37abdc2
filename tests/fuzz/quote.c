/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes of any bytes: every slice lies within them, in order, and none is of
 * another size than the specification's. */
/* links: attest/quote.c base/cur.c */
#include "attest/quote.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The slices one after the other, with room for lengths between them. */
static void check_order(struct bytes all, const struct quote *q)
{
    const struct bytes order[] = {q->signed_part,  q->signature, q->key,   q->qe_report,
                                  q->qe_signature, q->qe_auth,   q->certs, q->trailing};
    const uint8_t *at = all.data;
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        if (order[i].size == 0)
            continue;
        require(order[i].data >= at);
        at = order[i].data + order[i].size;
    }
    require(at <= all.data + all.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes all = {.data = data, .size = size};
    struct quote q;
    struct enclave_report report;
    if (quote_parse(all, &q) < 0)
        return 0;
    check_order(all, &q);
    require(q.signature.size == 64 && q.key.size == 64 && q.qe_report.size == ENCLAVE_REPORT_SIZE);
    require(enclave_report_parse(q.qe_report, &report) == 0);
    require(report.mrsigner.size == 32 && report.report_data.size == 64);
    if (q.body_type == BODY_ENCLAVE)
        require(enclave_report_parse(q.body, &report) == 0);
    return 0;
}
