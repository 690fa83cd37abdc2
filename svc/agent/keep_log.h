/* SPDX-License-Identifier: Apache-2.0 */
/* The last lines that came from a keep's process: of its loader and its shim. Whatever the
 * process writes, as fast as it can, this is all that is kept of it, and fit to be shown.
 * Pure; trusts nothing. */
#ifndef SVC_AGENT_KEEP_LOG_H
#define SVC_AGENT_KEEP_LOG_H

#include "base/cur.h"

#define KEEP_LOG_LINES 16u
#define KEEP_LOG_LINE  200u /* bytes of a line that are kept, with its NUL */

struct keep_log {
    char lines[KEEP_LOG_LINES][KEEP_LOG_LINE];
    uint64_t count; /* lines so far; the last KEEP_LOG_LINES are there */
    char open[KEEP_LOG_LINE];
    size_t open_size; /* of the line that has no end yet */
};

/* Control characters are shown as \xNN, what is not UTF-8 as '?'. */
void keep_log_add(struct keep_log *log, struct bytes text);

/* How many lines there are, and one of them, the oldest first. */
size_t keep_log_count(const struct keep_log *log);
const char *keep_log_line(const struct keep_log *log, size_t index);

#endif
