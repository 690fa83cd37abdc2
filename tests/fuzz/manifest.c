/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest: what is accepted has one encoding only, the one it came in. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/manifest.c conf/manifest_put.c conf/manifest_check.c */
/* links: base/cbor.c base/utf8.c base/cur.c base/put.c */
#include "conf/manifest.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes from = {.data = data, .size = size};
    struct manifest m;
    if (manifest_parse(from, &m) < 0)
        return 0;
    uint8_t *again = malloc(size);
    struct put p = put_init(again, size);
    manifest_put(&m, &p);
    if (!bytes_equal(put_done(&p), from))
        abort();
    free(again);
    manifest_fini(&m);
    return 0;
}
