/* SPDX-License-Identifier: Apache-2.0 */
/* Values of secrets as CBOR; see secrets.h. */
#include "conf/secrets.h"

#include "base/cbor.h"
#include "conf/manifest_check.h"

#include <errno.h>

size_t secrets_count(const struct manifest *m)
{
    return m->secret_env_count + m->secret_file_count;
}

void secrets_put(const struct manifest *m, const struct bytes *values, struct put *p)
{
    const size_t count = secrets_count(m);
    if (count > 0)
        cbor_put_array(p, count);
    for (size_t i = 0; i < count; i++)
        cbor_put_bytes(p, values[i]);
}

int secrets_parse(struct bytes from, const struct manifest *m, struct bytes *values)
{
    const size_t count = secrets_count(m);
    struct cur c = cur_init(from);
    if (count == 0)
        return from.size == 0 ? 0 : -EBADMSG;
    if (from.size > SECRETS_SIZE_MAX || cbor_take_array(&c, count) != count)
        cur_fail(&c);
    for (size_t i = 0; i < count; i++) {
        values[i] = cbor_take_bytes(&c);
        if (i < m->secret_env_count && !manifest_text_ok(values[i]))
            cur_fail(&c);
    }
    return cur_done(&c) ? 0 : -EBADMSG;
}
