/* SPDX-License-Identifier: Apache-2.0 */
/* The table of descriptors. A descriptor is a stream or listener (an object) or a
 * file or directory (a node). Trusts its caller for those, and no number. */
#ifndef EXEC_WASI_FDTAB_H
#define EXEC_WASI_FDTAB_H

#include "base/attr.h"
#include "base/cur.h"

#include <stdbool.h>

struct object;
struct node;

#define FDTAB_MAX 16384u /* descriptors open at once */

struct fd {
    struct object *object; /* owned; null for files and directories */
    struct node *node;     /* held; null for streams */
    uint64_t offset;       /* of a file */
    uint64_t rights;       /* RIGHT_ bits. FD_READ and FD_WRITE are enforced, the others tell */
    uint32_t flags;        /* FDFLAG_ bits */
    struct bytes preopen;  /* name of a preopened directory, otherwise empty */
};

struct fdtab {
    struct fd *rows; /* a row with neither object nor node is free */
    uint32_t count;
    uint32_t lowest; /* no free row below */
};

/* Null when `number` is not open. Good until the next fdtab_reserve. */
struct fd *fdtab_get(const struct fdtab *t, uint64_t number);

/* Finds the lowest free number and makes room for it; fdtab_set takes it. 0,
 * -EMFILE or -ENOMEM. */
must_use int fdtab_reserve(struct fdtab *t, uint32_t *number);
void fdtab_set(struct fdtab *t, uint32_t number, const struct fd *f);

void fdtab_close(struct fdtab *t, uint32_t number);

/* Makes open number `to` what open number `from` was, and frees `from`. */
void fdtab_move(struct fdtab *t, uint32_t from, uint32_t to);

/* Closes everything. */
void fdtab_fini(struct fdtab *t);

#endif
