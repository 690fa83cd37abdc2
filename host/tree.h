/* SPDX-License-Identifier: Apache-2.0 */
/* The directories that a program finds: copied from the host before the keep
 * starts, listed in the manifest. No symlink is followed below HOST and nothing
 * but regular files, directories and symlinks is taken. Trusts the user's choice
 * of directories, nothing that is in them. */
#ifndef HOST_TREE_H
#define HOST_TREE_H

#include "conf/manifest.h"
#include "host/fault.h"

#include <stdbool.h>

/* `--dir HOST::GUEST[:ro]` or `--dir-out GUEST::HOST`. GUEST is absolute, without
 * ".."; "." stands for "/". */
struct tree_dir {
    const char *guest;
    const char *host; /* copied from here; null: a --dir-out */
    const char *out;  /* goes back to here; null: a --dir */
    bool read_only;
};

struct tree {
    struct manifest_dir *dirs; /* in the order given */
    const char **outs;         /* by index in dirs, borrowed from tree_dir; null: not an output */
    size_t dir_count;
    struct manifest_file *files; /* in byte order of their paths: parents first */
    struct bytes *contents;      /* by index in files, as struct keep wants them */
    size_t file_count;
};

/* Copies everything. A --dir and a --dir-out of one GUEST are one directory; two
 * --dir or two --dir-out of one GUEST are an error. A --dir inside another's GUEST
 * hides what the other has there. `size_max`: most bytes of all contents, symlink
 * targets and names together. On failure `tree` is empty. */
must_use int tree_import(const struct tree_dir *dirs, size_t count, uint64_t size_max,
                         struct tree *tree, struct fault *fault);

void tree_fini(struct tree *tree);

#endif
