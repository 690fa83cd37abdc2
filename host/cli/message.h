/* SPDX-License-Identifier: Apache-2.0 */
/* What the command says on standard error, one line each:
 *
 *     enarx: what: where; what to do
 *
 * Control characters in it are shown, not sent. */
#ifndef HOST_CLI_MESSAGE_H
#define HOST_CLI_MESSAGE_H

#include "base/attr.h"
#include "base/cur.h"
#include "include/port.h"

#include <stdbool.h>

/* Exit statuses of our own, beside the program's. */
enum {
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_REFUSED = 3, /* evidence that was not accepted */
    STATUS_TIMEOUT = 124,
    STATUS_SIGNAL = 128, /* plus its number */
    STATUS_TRAP = 134,
};

/* Always said. Return the status to leave with. */
format_like(1, 2) int fail(const char *format, ...);
format_like(1, 2) int misuse(const char *format, ...);

/* Said when `most` is at least as talkative: warnings tell of something lost,
 * notes only inform, debugging is for those who wonder why. */
format_like(2, 3) void warn(enum port_level most, const char *format, ...);
format_like(2, 3) void note(enum port_level most, const char *format, ...);
format_like(2, 3) void debug(enum port_level most, const char *format, ...);

/* What a keep, or `label` if not null, says to its owner at `level`, with its line ends:
 * behind them it is indented, so that none of its lines can be taken for one of ours. */
void relay(enum port_level most, uint32_t level, const char *label, struct bytes text);

/* How much to say, from ENARX_LOG and --quiet. Warns of an ENARX_LOG that is
 * none of error, warn, info and debug. */
enum port_level message_level(const char *variable, bool quiet);

/* Sends what is on its way to standard output. 0, or a status after saying that
 * it did not get there. */
must_use int stdout_finish(void);

#endif
