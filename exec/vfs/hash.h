/* SPDX-License-Identifier: Apache-2.0 */
/* A keyed hash for names. Names come from whoever talks to the program (uploads,
 * archives): with a secret key nobody can choose ones that collide. */
#ifndef EXEC_VFS_HASH_H
#define EXEC_VFS_HASH_H

#include "base/cur.h"

struct hash_key {
    uint64_t half[2];
};

/* From the random bytes that the kernel gave this process at its start. */
struct hash_key hash_key_new(void);

/* SipHash-1-3. */
uint64_t hash_bytes(const struct hash_key *key, struct bytes from);

#endif
