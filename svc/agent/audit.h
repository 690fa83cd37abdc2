/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent says on standard error: a line for each request and for each beginning
 * and end of a keep. Nobody can make it say more than so many a second, wait for who reads
 * it, or put anything but text into it. */
#ifndef SVC_AGENT_AUDIT_H
#define SVC_AGENT_AUDIT_H

#include "base/attr.h"

#include <stdint.h>

#define AUDIT_LINES_MAX 100u /* a second */

struct audit {
    uint64_t second;  /* of clock_ms() */
    uint32_t said;    /* in it */
    uint64_t dropped; /* and not said yet */
};

/* One line, of at most 1000 bytes, with the time before it. */
format_like(2, 3) void audit_say(struct audit *audit, const char *format, ...);

#endif
