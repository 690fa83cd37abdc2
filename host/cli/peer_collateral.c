/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral for keeps; see peer_collateral.h. Trusts nobody: the keep verifies. */
#include "host/cli/peer_collateral.h"

#include "conf/collateral.h"
#include "host/cli/message.h"
#include "host/fault.h"

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

/* A keep that is not confidential may talk to simulated ones. */
static const struct backend *find_maker(const struct backend *backend)
{
    if (backend->collateral != NULL || backend->confidential)
        return backend;
    for (size_t i = 0; backends[i] != NULL; i++) {
        if (backends[i]->collateral != NULL)
            return backends[i];
    }
    return backend;
}

/* Pieces first: their number stands before them. */
static int make(const struct backend *maker, uint8_t *room, struct bytes *blob)
{
    struct fault fault;
    struct pieces p = {.out = put_init(room, COLLATERAL_BLOB_MAX)};
    if (maker->collateral(put_piece, &p, &fault) < 0)
        return fail("%s", fault.text);
    uint8_t *data = malloc(p.out.size + 16);
    if (data == NULL)
        return fail("out of memory");
    struct put out = put_init(data, p.out.size + 16);
    collateral_blob_put(&out, p.count);
    put_bytes(&out, put_done(&p.out));
    *blob = put_done(&out);
    return 0;
}

int peer_collateral_make(const struct backend *backend, const struct config *c, struct bytes *blob)
{
    const struct backend *maker = find_maker(backend);
    *blob = (struct bytes){0};
    if (c->policy_count == 0 || maker->collateral == NULL)
        return 0;
    uint8_t *room = malloc(COLLATERAL_BLOB_MAX);
    if (room == NULL)
        return fail("out of memory");
    const int status = make(maker, room, blob);
    free(room);
    return status;
}
