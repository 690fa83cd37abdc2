/* SPDX-License-Identifier: Apache-2.0 */
/* Checked access to the guest's memory; see mem.h. */
#include "exec/wasi/mem.h"

#include "base/put.h"
#include "base/utf8.h"
#include "exec/wasi/errno.h"

uint8_t *mem_at(struct mem m, uint64_t at, uint64_t size, uint64_t align)
{
    if (at > m.size || size > m.size - at || at % align != 0)
        return NULL;
    return m.base + at;
}

uint32_t mem_text(struct mem m, uint64_t at, uint64_t len, struct bytes *out)
{
    *out = (struct bytes){.data = mem_at(m, at, len, 1), .size = len};
    if (out->data == NULL)
        return WASI_EFAULT;
    return utf8_check(*out) ? WASI_SUCCESS : WASI_EILSEQ;
}

void mem_put16(uint8_t *to, uint16_t value)
{
    struct put p = put_init(to, sizeof(value));
    put_le16(&p, value);
}

void mem_put32(uint8_t *to, uint32_t value)
{
    struct put p = put_init(to, sizeof(value));
    put_le32(&p, value);
}

void mem_put64(uint8_t *to, uint64_t value)
{
    struct put p = put_init(to, sizeof(value));
    put_le64(&p, value);
}
