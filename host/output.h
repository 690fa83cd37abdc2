/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what a keep sends back (include/archive.h) below the HOST directories
 * of --dir-out. The keep is hostile: no symlink is followed, nothing outside
 * HOST is touched, names and sizes are checked. Trusts the host's file system.
 *
 * A file replaces the one of its name at once and only when it is complete, and
 * keeps its permissions. Whatever else is in the way is replaced; but for a
 * directory, which is an error where the keep has something else. What is not in the archive
 * stays as it is: files that the program deleted are not deleted here. Symlinks
 * that may lead out of HOST are left out. Only files get their times. */
#ifndef HOST_OUTPUT_H
#define HOST_OUTPUT_H

#include "base/attr.h"
#include "base/cur.h"
#include "host/fault.h"

#include <stdbool.h>

struct output;

/* `hosts`, by index in the manifest's dirs, null where nothing goes back, may be
 * tree's outs. Each is made if it does not exist. `size_max`: most bytes to write.
 * `fault` is borrowed until output_close and says why a function failed. */
must_use int output_open(const char *const *hosts, size_t count, uint64_t size_max,
                         struct fault *fault, struct output **out);

/* The next part of the stream. A failure is final: later parts fail alike. */
must_use int output_feed(struct output *o, struct bytes part);

/* The stream is over: -EPIPE when it ended early. */
must_use int output_end(const struct output *o);

/* How many symlinks were left out; `first` says it in one line. */
size_t output_skipped(const struct output *o, struct fault *first);

/* Drops what was not complete. Null is fine. */
void output_close(struct output *o);

#endif
