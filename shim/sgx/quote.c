/* SPDX-License-Identifier: Apache-2.0 */
/* From a report to a quote; see quote.h.
 *
 *     0      header, which begins with the version, 3 or above   [DCAP-QUOTE A.4]
 *     48     report body, 384 bytes, as EREPORT made it
 *     432    size of the signature data, then that */
#include "shim/sgx/quote.h"

#include "base/attr.h"
#include "base/cur.h"
#include "shim/core/port.h"

#define EIO_RESULT    (-5)
#define QUOTE_HEADER  48u
#define QUOTE_VERSION 3u

static int64_t call_quote(struct shared *block, enum sgx_keep_quote operation, struct bytes in,
                          void *out, size_t size)
{
    const struct port_call call = {
        .verb = PORT_QUOTE,
        .arg = {operation},
        .in = in.data,
        .in_size = in.size,
        .out = out,
        .out_size = size < PORT_CHUNK ? size : PORT_CHUNK,
    };
    return port_carry(block, &call);
}

static bool is_quote_of(const struct sgx_report *report, struct bytes quote)
{
    struct cur c = cur_init(quote);
    const uint16_t version = cur_le16(&c);
    cur_take(&c, QUOTE_HEADER - sizeof(version));
    const struct bytes body = cur_take(&c, sizeof(report->body));
    cur_take(&c, cur_le32(&c));
    return cur_ok(&c) && version == QUOTE_VERSION &&
           bytes_equal(body, (struct bytes){.data = (const uint8_t *)&report->body,
                                            .size = sizeof(report->body)});
}

int64_t quote_make(struct shared *block, quote_report *report,
                   const uint8_t report_data[REPORT_DATA_BYTES], void *quote, size_t size)
{
    struct sgx_targetinfo target aligned_to(512) = {0};
    struct sgx_report made aligned_to(512) = {0};
    uint8_t data[REPORT_DATA_BYTES] aligned_to(128);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = report_data[i];
    int64_t result =
        call_quote(block, SGX_KEEP_QUOTE_TARGET, (struct bytes){0}, &target, sizeof(target));
    if (result != sizeof(target))
        return result < 0 ? result : EIO_RESULT;
    const int error = report(&target, data, &made);
    if (error < 0)
        return error;
    result = call_quote(block, SGX_KEEP_QUOTE_SIGN,
                        (struct bytes){.data = (const uint8_t *)&made, .size = sizeof(made)}, quote,
                        size);
    if (result < 0)
        return result;
    return is_quote_of(&made, (struct bytes){.data = quote, .size = (size_t)result}) ? result
                                                                                     : EIO_RESULT;
}
