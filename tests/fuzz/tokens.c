/* SPDX-License-Identifier: Apache-2.0 */
/* Files of tokens: refused with a line that exists, or every row is a name and a digest. */
/* links: svc/agent/tokens.c crypto/digest.c base/hex.c base/wipe.c base/cur.c */
/* libs: -lcrypto */
#include "svc/agent/tokens.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tokens t;
    struct tokens_fault fault;
    unsigned lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    if (tokens_parse((struct bytes){.data = data, .size = size}, &t, &fault) < 0) {
        if (fault.why == NULL || fault.line == 0 || fault.line > lines)
            abort();
        return 0;
    }
    for (size_t i = 0; i < t.count; i++) {
        const size_t length = strlen(t.rows[i].name);
        if (length == 0 || length > TOKEN_NAME_MAX)
            abort();
    }
    tokens_fini(&t);
    return 0;
}
