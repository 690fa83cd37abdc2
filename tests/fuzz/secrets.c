/* SPDX-License-Identifier: Apache-2.0 */
/* Values of secrets: the first byte says how many are named, of both kinds. What is
 * accepted has one encoding only. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/secrets.c conf/manifest_check.c */
/* links: base/cbor.c base/utf8.c base/cur.c base/put.c */
#include "conf/secrets.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct manifest m = {.secret_env_count = data[0] >> 4, .secret_file_count = data[0] & 15};
    const struct bytes from = {.data = data + 1, .size = size - 1};
    struct bytes values[30];
    if (secrets_parse(from, &m, values) < 0)
        return 0;
    uint8_t *again = malloc(size);
    struct put p = put_init(again, size);
    secrets_put(&m, values, &p);
    if (!bytes_equal(put_done(&p), from))
        abort();
    free(again);
    return 0;
}
