/* SPDX-License-Identifier: Apache-2.0 */
/* Archives as keeps make them, or would not, and what host/output.c makes of them. */
#ifndef OUTPUT_ARCHIVE_H
#define OUTPUT_ARCHIVE_H

#include "base/put.h"
#include "host/output.h"
#include "include/archive.h"

#define PLENTY (1u << 30) /* bytes */

extern uint8_t archive_bytes[1 << 20];
extern struct put archive; /* in them, so far */
extern struct fault fault; /* of the last one that was written */
extern struct output *output;

void archive_begin(void);
void archive_add_sized(uint32_t type, uint32_t directory, struct bytes path, uint64_t size);
void archive_add(uint32_t type, const char *path, const char *data); /* of directory 0 */
void archive_end(void);

/* To `output`, in parts of that size; and to one of its own, whose directories 0 and 2 are
 * "out" and "other". 0 or -errno. */
int archive_feed(size_t part);
int archive_write_limited(uint64_t size_max);
int archive_write(void);

void expect_fault(const char *part);
bool holds(const char *path, const char *text); /* scratch_holds() */

#endif
