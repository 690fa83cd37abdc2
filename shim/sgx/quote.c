/* SPDX-License-Identifier: Apache-2.0 */
/* From a report to a quote; see quote.h.
 *
 *     0      header, which begins with the version, 3           [DCAP-QUOTE A.4]
 *     48     report body, 384 bytes, as EREPORT made it
 *     432    size of the signature data, then that */
#include "shim/sgx/quote.h"

#include "shim/core/check.h"
#include "shim/core/errno.h"
#include "shim/core/port.h"
#include "shim/core/string.h"

#include <stdbool.h>

#define QUOTE_HEADER  48u
#define QUOTE_VERSION 3u

static int64_t call_quote(struct shared *block, enum sgx_keep_quote operation,
                          const struct sgx_report *in, void *out, size_t size)
{
    const struct port_call call = {
        .verb = PORT_QUOTE,
        .arg = {operation},
        .in = in,
        .in_size = in == NULL ? 0 : sizeof(*in),
        .out = out,
        .out_size = size < PORT_CHUNK ? size : PORT_CHUNK,
    };
    return port_carry(block, &call);
}

/* What follows the body is the verifier's concern. */
static bool is_quote_of(const struct sgx_report *report, const uint8_t *quote, size_t size)
{
    return CHECK(quote_size, size >= QUOTE_HEADER + sizeof(report->body)) &&
           CHECK(quote_version, quote[0] == QUOTE_VERSION && quote[1] == 0) &&
           CHECK(quote_body,
                 memcmp(quote + QUOTE_HEADER, &report->body, sizeof(report->body)) == 0);
}

int64_t quote_make(struct shared *block, quote_report *report,
                   const uint8_t report_data[REPORT_DATA_BYTES], void *quote, size_t size)
{
    struct sgx_targetinfo target;
    struct sgx_report made;
    int64_t result = call_quote(block, SGX_KEEP_QUOTE_TARGET, NULL, &target, sizeof(target));
    if (!CHECK(quote_target, result == sizeof(target)))
        return result < 0 ? result : -EIO;
    report(&target, report_data, &made);
    result = call_quote(block, SGX_KEEP_QUOTE_SIGN, &made, quote, size);
    if (result < 0)
        return result;
    return is_quote_of(&made, quote, (size_t)result) ? result : -EIO;
}
