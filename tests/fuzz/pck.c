/* SPDX-License-Identifier: Apache-2.0 */
/* The SGX extension of a PCK certificate, of any bytes: refused without a trace,
 * or read. */
/* links: attest/pck.c base/cur.c base/der.c */
#include "attest/pck.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct intel_claims claims;
    static const struct intel_claims untouched;
    memset(&claims, 0, sizeof(claims));
    if (pck_parse((struct bytes){.data = data, .size = size}, &claims) < 0 &&
        memcmp(&claims, &untouched, sizeof(claims)) != 0)
        abort();
    return 0;
}
