/* SPDX-License-Identifier: Apache-2.0 */
/* The exec that this command carries inside itself. */
#ifndef HOST_EXEC_IMAGE_H
#define HOST_EXEC_IMAGE_H

#include "host/elf.h"

/* SHA-256 of exec, made by the build. */
extern const uint8_t exec_identity[32];

/* The nodes of the hash tree over exec (shim/core/tree.h), page-aligned. */
struct bytes exec_image_tree(void);

/* Opens our own file for it; the caller closes image->fd. 0 or -errno. */
must_use int exec_image_open(struct elf_image *image);

#endif
