/* SPDX-License-Identifier: Apache-2.0 */
/* The null stream; see null.h. */
#include "exec/wasi/null.h"

#include "base/attr.h"
#include "exec/wasi/abi.h"

#include <stdlib.h>

static int64_t null_read(maybe_unused struct object *o, maybe_unused void *to,
                         maybe_unused size_t size, maybe_unused unsigned flags)
{
    return 0;
}

static int64_t null_write(maybe_unused struct object *o, maybe_unused const void *from, size_t size)
{
    return (int64_t)size;
}

static void null_close(struct object *o) { free(o); }

static const struct object_ops null_ops = {
    .filetype = FILETYPE_UNKNOWN,
    .read = null_read,
    .write = null_write,
    .close = null_close,
};

struct object *null_new(void)
{
    struct object *o = malloc(sizeof(*o));
    if (o != NULL)
        o->ops = &null_ops;
    return o;
}
