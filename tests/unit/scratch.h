/* SPDX-License-Identifier: Apache-2.0 */
/* An empty directory to work in, for tests. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "base/cur.h"

/* Makes a directory and changes into it; removes it with all that is in it. */
int scratch_open(void **state);
int scratch_close(void **state);

void scratch_write(const char *path, const char *text);

/* True when regular file `path` holds just `text`. */
bool scratch_holds(const char *path, struct bytes text);

/* Names in directory `path`, "." and ".." apart. */
size_t scratch_count(const char *path);

#endif
