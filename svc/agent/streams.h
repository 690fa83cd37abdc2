/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps open by way of their ushers (host/usher.h): says it in the agent's log and
 * counts it. */
#ifndef SVC_AGENT_STREAMS_H
#define SVC_AGENT_STREAMS_H

#include "host/usher.h"
#include "net/loop.h"

struct keeps;

enum stream_result { STREAM_OPENED, STREAM_REFUSED, STREAM_FAILED };
#define STREAM_RESULTS 3u

struct streams {
    struct ushers *ushers; /* null: not open. Never freed: theirs, for the life of the process */
    const struct keeps *keeps;
    struct watch told;
    uint64_t counts[USHER_KINDS][STREAM_RESULTS];
};

/* By those rules, which are copied. `living_max`: ushers at a time. 0 or -errno. */
must_use int streams_open(struct streams *s, const struct keeps *keeps, struct loop *loop,
                          const struct usher_rules *rules, unsigned living_max);

/* Some may still be at something: ushers_leave. */
void streams_close(struct streams *s);

#endif
