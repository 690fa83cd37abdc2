/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's list of buffers; see iovs.h. */
#include "exec/wasi/iovs.h"

#include "exec/wasi/errno.h"

#include <string.h>

/* [WASI preview1 iovec] */
#define IOVEC_SIZE 8u

uint32_t iovs_load(struct mem m, uint64_t at, uint64_t count, struct iovs *out)
{
    const uint8_t *list = mem_at(m, at, count * IOVEC_SIZE, 4);
    if (list == NULL)
        return WASI_EFAULT;
    struct cur c = cur_init((struct bytes){.data = list, .size = count * IOVEC_SIZE});
    out->count = count < IOVS_MAX ? count : IOVS_MAX;
    out->total = 0;
    for (size_t i = 0; i < out->count; i++) {
        uint32_t data = cur_le32(&c);
        uint32_t size = cur_le32(&c);
        out->item[i] = (struct iov){.data = mem_at(m, data, size, 1), .size = size};
        if (out->item[i].data == NULL)
            return WASI_EFAULT;
        out->total += size;
    }
    return out->total > UINT32_MAX ? WASI_EINVAL : WASI_SUCCESS;
}

struct iov iovs_run(const struct iovs *v, uint64_t offset)
{
    const struct iov *i = v->item;
    for (; offset >= i->size; i++)
        offset -= i->size;
    return (struct iov){.data = i->data + offset, .size = i->size - offset};
}

size_t iovs_gather(const struct iovs *v, uint64_t offset, void *to, size_t size)
{
    size_t done = 0;
    while (done < size && offset + done < v->total) {
        struct iov run = iovs_run(v, offset + done);
        size_t part = run.size < size - done ? run.size : size - done;
        memcpy((uint8_t *)to + done, run.data, part);
        done += part;
    }
    return done;
}
