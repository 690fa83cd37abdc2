/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of files and streams in the form the guest reads and sets them. */
#ifndef EXEC_WASI_FILESTAT_H
#define EXEC_WASI_FILESTAT_H

#include "base/attr.h"
#include "exec/vfs/vfs.h"
#include "exec/wasi/abi.h"

struct fd;

enum filetype filetype_of(const struct fd *f);
enum filetype filetype_of_node(enum node_type type);

/* Writes FILESTAT_SIZE(preview) bytes; of a stream without `n`, only its type. */
void filestat_put(uint8_t *to, enum preview preview, enum filetype type, const struct node *n);

/* Sets times from three arguments: atim, mtim, fstflags. A WASI errno. */
must_use uint32_t filestat_set_times(struct node *n, const uint64_t *args, uint64_t now);

#endif
