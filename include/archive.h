/* SPDX-License-Identifier: Apache-2.0 */
/* The archive: how a keep sends its output directories to the host, as one
 * stream through PORT_STORE_OUTPUT. Written by exec/output.c, read by
 * host/output.c, which trusts nothing in it. Integers are little-endian.
 *
 *     header   u32 magic, u32 version
 *     records  u32 type, u32 directory, u32 path size, u32 zero,
 *              u64 mtime, u64 size; then the path, then `size` bytes
 *     end      a record of type ARCHIVE_END, all else zero; nothing follows
 *
 * `directory` is an index in the manifest's dirs, which must be an output. The
 * path is relative to it: names of 1 to 255 bytes with '/' between them, none of
 * them "." or "..". Directories come before what is in them. `size` bytes are a file's
 * content or a symlink's target; a directory has none. */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#define ARCHIVE_MAGIC   0x61726e65u /* "enra" */
#define ARCHIVE_VERSION 1u

#define ARCHIVE_HEADER_SIZE 8u
#define ARCHIVE_RECORD_SIZE 32u

#define ARCHIVE_PATH_MAX  4095u    /* bytes of a path, or of a symlink's target */
#define ARCHIVE_COUNT_MAX 1000000u /* records */

enum archive_type { ARCHIVE_END, ARCHIVE_FILE, ARCHIVE_DIRECTORY, ARCHIVE_SYMLINK };

#endif
