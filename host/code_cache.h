/* SPDX-License-Identifier: Apache-2.0 */
/* The local code cache of keeps that no hardware protects: the outer side of
 * exec/code_cache.h. Entries lie in $XDG_CACHE_HOME/enarx/code, under names and
 * with contents authenticated by a secret that depends on the user's own key
 * ($XDG_STATE_HOME/enarx/cache.key), the module, exec and the compiler. A keep
 * gets the secret of its own module alone: it can forge nobody else's entry.
 * Trusts the user's files; what a keep wrote is for exec to verify. */
#ifndef HOST_CODE_CACHE_H
#define HOST_CODE_CACHE_H

#include "conf/manifest.h"
#include "host/fault.h"
#include "host/newfile.h"

#define CODE_CACHE_KEY_SIZE  32u
#define CODE_CACHE_NAME_SIZE 65u                     /* hexadecimal, NUL */
#define CODE_CACHE_ENTRY_MAX (1024ull * 1024 * 1024) /* bytes of one entry */
#define CODE_CACHE_SIZE_MAX  (1024ull * 1024 * 1024) /* bytes of all of them */

/* The cache as one module sees it. */
struct code_cache {
    uint8_t key[CODE_CACHE_KEY_SIZE]; /* for exec */
    struct bytes entry;               /* mapped; empty when there is none */
    struct newfile fresh;             /* exec writes a new entry to fresh.fd */
    int dir;
    char name[CODE_CACHE_NAME_SIZE];
};

/* What an entry depends on. */
struct code_cache_subject {
    const uint8_t *module_digest; /* DIGEST_SIZE bytes, as the next */
    const uint8_t *exec_identity;
    enum compiler compiler;
    const char *backend; /* its keeps alone can make use of the entry */
};

/* Looks the module up. Failure means to run without a cache: `cache` is closed
 * then, its fresh.fd -1, and `fault` says why. */
must_use int code_cache_open(const struct code_cache_subject *subject, struct code_cache *cache,
                             struct fault *fault);

/* Once the keep has ended well: keeps what exec wrote, if anything, and drops
 * the entries used longest ago until all fit into `size_max`. 0 or -errno. */
must_use int code_cache_commit(struct code_cache *cache, uint64_t size_max);

void code_cache_close(struct code_cache *cache);

/* For `enarx cache`. */
struct code_cache_entry {
    char name[CODE_CACHE_NAME_SIZE];
    uint64_t size;
    uint64_t used_ns; /* when last used, since 1970 */
};

struct code_cache_list {
    char path[4096];                  /* of the directory, which need not exist */
    struct code_cache_entry *entries; /* last used first */
    size_t count;
    uint64_t size; /* of all */
};

/* The caller frees list->entries. No directory: no entries. */
must_use int code_cache_list(struct code_cache_list *list, struct fault *fault);

/* Removes every entry and tells how many there were. */
must_use int code_cache_clear(size_t *count, struct fault *fault);

#endif
