/* SPDX-License-Identifier: Apache-2.0 */
/* A WORKLOAD of any bytes: its parts lie in it, one behind the other to its end, or it is
 * refused. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: exec/delivery.c channel/message.c conf/manifest.c conf/manifest_check.c crypto/key.c base/cbor.c base/cur.c base/put.c base/utf8.c base/wipe.c */
/* libs: -lcrypto */
#include "exec/delivery.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct delivery d;
    if (size == 0 || delivery_open(&d, size) < 0)
        return 0;
    delivery_add(&d, (struct bytes){data, size});
    if (delivery_parse(&d, 1 << 20) == REFUSED_NONE) {
        const struct source source = delivery_source(&d);
        const struct bytes parts[] = {d.owner_key, d.manifest, d.secrets, d.module};
        size_t total = CHANNEL_WORKLOAD_HEAD;
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
            if (parts[i].size > 0 && parts[i].data != d.data + total)
                abort();
            total += parts[i].size;
        }
        for (size_t i = 0; i < d.file_count; i++) {
            uint8_t *copy = malloc(d.files[i].size + 1);
            if (copy == NULL || source.file(source.context, i, copy, d.files[i].size) != 0 ||
                memcmp(copy, d.data + total, d.files[i].size) != 0)
                abort();
            total += d.files[i].size;
            free(copy);
        }
        if (total != size)
            abort();
    }
    delivery_close(&d);
    return 0;
}
