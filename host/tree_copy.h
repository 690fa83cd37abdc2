/* SPDX-License-Identifier: Apache-2.0 */
/* The copying half of tree.c: rows of files, taken from directories of the host.
 * Trusts the user's choice of directories, nothing that is in them. */
#ifndef HOST_TREE_COPY_H
#define HOST_TREE_COPY_H

#include "host/guest_path.h"
#include "host/tree.h"

struct tree_row {
    struct manifest_file file; /* its path ends in NUL and is owned, as are target and content */
    struct bytes content;
};

struct tree_import {
    struct tree_row *rows;
    size_t count;
    size_t capacity;
    uint64_t size_max;
    uint64_t left; /* of size_max */
    struct tree *tree;
    const char **hosts; /* by index in tree->dirs, null: not copied from anywhere */
    struct fault *fault;
};

/* A new row with a copy of `path`; other fields are the caller's to fill. */
must_use int tree_add_row(struct tree_import *m, struct bytes path, enum manifest_file_type type,
                          uint64_t mtime);

/* Rows for directory `host`, which the keep finds at `guest`, and all below it. */
must_use int tree_copy(struct tree_import *m, const char *host, struct bytes guest);

#endif
