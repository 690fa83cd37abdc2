/* SPDX-License-Identifier: Apache-2.0 */
/* Files by which the kernel tells and is told: read and written in one go. Paths are
 * relative to `dir`, which may be AT_FDCWD. Trusts the kernel. */
#ifndef HOST_SMALL_FILE_H
#define HOST_SMALL_FILE_H

#include "base/attr.h"

#include <stddef.h>

/* At most `size` - 1 bytes and a NUL; "" when it cannot be read. */
void small_file_read(int dir, const char *path, char *text, size_t size);

/* 0 or -errno. */
must_use int small_file_write(int dir, const char *path, const char *text);

#endif
