/* SPDX-License-Identifier: Apache-2.0 */
/* PEM of any text: what it decodes to has one spelling only, the input's. */
/* links: crypto/pem.c base/base64.c base/cur.c base/put.c */
#include "crypto/pem.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffer[1 << 16];
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    struct put out = put_init(buffer, sizeof(buffer));
    int result = pem_is((struct bytes){.data = data, .size = size}) ? 1 : -1;
    while (result > 0) {
        const size_t left = cur_left(&c);
        result = pem_take(&c, "CERTIFICATE", &out);
        if (result > 0 && (cur_left(&c) >= left || !cur_ok(&c)))
            abort();
    }
    return 0;
}
