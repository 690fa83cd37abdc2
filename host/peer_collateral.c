/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral for keeps; see peer_collateral.h. Trusts nobody: the keep verifies. */
#include "host/peer_collateral.h"

#include "conf/collateral.h"

#include <errno.h>
#include <stdlib.h>

struct pieces {
    size_t count;
    struct put out; /* counts first */
};

static int put_piece(void *context, const char *name, struct bytes content)
{
    struct pieces *p = context;
    if (collateral_find(bytes_of_text(name)) == NULL) /* root.pem is the policy's to name */
        return 0;
    p->count++;
    collateral_piece_put(&p->out, name, content);
    return p->out.bad ? -ENOSPC : 0;
}

const struct backend *peer_collateral_maker(const struct backend *backend,
                                            const struct backend *const *from, size_t count)
{
    if (backend->collateral != NULL || backend->confidential)
        return backend->collateral != NULL ? backend : NULL;
    for (size_t i = 0; i < count; i++) {
        if (from[i]->collateral != NULL)
            return from[i];
    }
    return NULL;
}

/* Pieces first: their number stands before them. */
static int make(const struct backend *maker, uint8_t *room, struct bytes *blob, struct fault *fault)
{
    struct pieces p = {.out = put_init(room, COLLATERAL_BLOB_MAX)};
    int error = maker->collateral(put_piece, &p, fault);
    if (error < 0)
        return error;
    uint8_t *data = malloc(p.out.size + 16);
    if (data == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    struct put out = put_init(data, p.out.size + 16);
    collateral_blob_put(&out, p.count);
    put_bytes(&out, put_done(&p.out));
    *blob = put_done(&out);
    return 0;
}

int peer_collateral_make(const struct backend *maker, struct bytes *blob, struct fault *fault)
{
    uint8_t *room = malloc(COLLATERAL_BLOB_MAX);
    *blob = (struct bytes){0};
    if (room == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    const int error = make(maker, room, blob, fault);
    free(room);
    return error;
}
