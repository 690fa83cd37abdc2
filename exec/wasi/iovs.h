/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's list of buffers, copied and checked once: what a read puts into a
 * buffer cannot change where the next one is. Trusts nothing in the list. */
#ifndef EXEC_WASI_IOVS_H
#define EXEC_WASI_IOVS_H

#include "base/attr.h"
#include "exec/wasi/mem.h"

/* Of a longer list only so many buffers are used: transfers may be partial. */
#define IOVS_MAX 1024u

struct iov {
    uint8_t *data;
    size_t size;
};

struct iovs {
    struct iov item[IOVS_MAX];
    size_t count;
    uint64_t total; /* bytes in all buffers: fits u32 */
};

/* A WASI errno. */
must_use uint32_t iovs_load(struct mem m, uint64_t at, uint64_t count, struct iovs *out);

/* The contiguous bytes from `offset` on, up to the end of the buffer it falls
 * into. `offset` is below total. */
struct iov iovs_run(const struct iovs *v, uint64_t offset);

/* Copies from `offset` on, as much as there is and fits. Returns the bytes. */
size_t iovs_gather(const struct iovs *v, uint64_t offset, void *to, size_t size);

#endif
