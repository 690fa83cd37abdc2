/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a file, in one piece of memory that grows by half of itself. A
 * large piece is a mapping, which the kernel moves without copying. Trusts its
 * caller with limits. */
#ifndef EXEC_VFS_CONTENT_H
#define EXEC_VFS_CONTENT_H

#include "base/attr.h"

#include <stdint.h>

/* Zeroed is empty. The bytes from size to capacity are always zero. */
struct content {
    uint8_t *data; /* null where capacity is 0 */
    uint64_t size;
    uint64_t capacity;
};

/* Cuts, or grows with zeros. 0, or -ENOMEM with nothing changed; a cut works. */
must_use int content_resize(struct content *c, uint64_t size);

void content_fini(struct content *c);

#endif
