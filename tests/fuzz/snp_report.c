/* SPDX-License-Identifier: Apache-2.0 */
/* SNP reports of any bytes: what is read is written back the same, unless reserved
 * bytes said something. */
/* links: attest/snp_report.c tests/attest/snp_report_put.c base/cur.c base/put.c */
#include "tests/attest/snp_report_put.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void check_written(const uint8_t *data, const struct snp_report *r)
{
    uint8_t buffer[SNP_REPORT_SIZE];
    struct put p = put_init(buffer, sizeof(buffer));
    snp_report_put(&p, &r->claims);
    snp_report_put_signature(&p, r->signature);
    if (put_done(&p).size != SNP_REPORT_SIZE || memcmp(buffer, data, sizeof(buffer)) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snp_report r;
    if (snp_report_parse((struct bytes){.data = data, .size = size}, &r) < 0)
        return 0;
    if (r.claims.reserved_zero && r.signature_clean)
        check_written(data, &r);
    for (enum product line = PRODUCT_UNKNOWN; line < PRODUCT_COUNT; line++) {
        const struct snp_tcb tcb = snp_tcb_decode(r.claims.reported_tcb, line);
        if (!snp_tcb_at_least(tcb, (struct snp_tcb){0}))
            abort();
        snp_tcb_clean(r.claims.reported_tcb, line);
    }
    return 0;
}
