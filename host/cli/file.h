/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files into memory. Trusts nothing in them. */
#ifndef HOST_CLI_FILE_H
#define HOST_CLI_FILE_H

#include "base/attr.h"
#include "base/cur.h"

/* Reads all of a file, pipe or device, at most `size_max` bytes of it. The caller
 * frees out->data. 0, -EFBIG when there is more, -EISDIR, or another -errno. */
must_use int file_read(const char *path, size_t size_max, struct bytes *out);

/* Writes `data` to `path`, or to standard output where that is null. A file that
 * exists is replaced if `replace`, else -EEXIST. 0 or -errno. */
must_use int file_write(const char *path, struct bytes data, unsigned mode, bool replace);

#endif
