/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of the agent's that holds its clients and keeps off each other, in one list, so
 * that a test build can leave out one and see which test fails (tools/checklist-host).
 *
 * X(name, attack, kind)
 *   name    CHECK(name, condition), and CHECKED(name, value, what it would be without)
 *   attack  the item of the checklist that it stands for, if any, and what it withstands
 *   kind    what proves it: UNIT tests/unit; AGENT an agent and its clients, tests/agent/without */
#ifndef SVC_AGENT_CHECK_H
#define SVC_AGENT_CHECK_H

#include "base/without.h"

/* clang-format off */
/* Who may do what: svc/agent/api.c, tokens.c, keeps.c. */
#define AGENT_CHECKS_WHO(X)                                                  \
    X(who_known, "SV6: nobody that the agent knows", AGENT)                  \
    X(who_page, "SV6: a page of somebody else's in a browser", AGENT)        \
    X(who_metrics, "SV6: numbers for nobody that the agent knows", AGENT)    \
    X(token_digest, "SV6: any token", UNIT)                                  \
    X(owner_keep, "HO2: another owner's keep", AGENT)                        \
    X(owner_list, "HO2: a list of other owners' keeps", AGENT)               \
    X(wish_form, "SV6: bodies that ask for nothing there is", AGENT)

/* How much and how long: svc/agent/keeps.c, api.c, hosted.c. */
#define AGENT_CHECKS_QUOTA(X)                                                \
    X(quota_owner, "HO13: more keeps than one may have", AGENT)              \
    X(quota_ushers, "HO13: keeps that end while they are connected", AGENT)  \
    X(quota_host, "HO13: more keeps than there may be", AGENT)               \
    X(quota_enclaves, "HO5: enclaves that take what others were promised", AGENT) \
    X(quota_upload, "HO13: more than may be sent to a keep", AGENT)          \
    X(quota_channels, "HO13: more channels than a keep may have", AGENT)     \
    X(quota_draining, "a keep for an agent that ends", AGENT)                \
    X(quota_lifetime, "HO7: a keep that lives on", AGENT)                    \
    X(quota_unclaimed, "HO7: a keep that nobody wants", AGENT)               \
    X(quota_idle, "HO7: a keep that nobody looks at", AGENT)                 \
    X(quota_alone, "HO7: a keep whose owner has left", AGENT)                \
    X(quota_memory, "HO5: memory that the kernel does not count", AGENT)     \
    X(quota_data, "HO5: more memory than a keep may have", AGENT)            \
    X(quota_processor, "HO7: a keep that computes without end", AGENT)

/* What a keep's process says and is: svc/agent/hosted.c, keep_log.c, keep_process.c, spawn.c. */
#define AGENT_CHECKS_KEEP(X)                                                 \
    X(said_rate, "HO6: a keep that talks without end", AGENT)                \
    X(said_line, "HO6: lines without end", UNIT)                             \
    X(said_text, "HO6: lines that are no text", UNIT)                        \
    X(said_word, "HO1: an end without a word", AGENT)                        \
    X(process_alone, "HO4: a keep that is not alone", AGENT)                 \
    X(process_follows, "HO7: a keep that outlives its agent", AGENT)         \
    X(process_name, "HO2: a socket that others find", AGENT)
/* clang-format on */

#define AGENT_CHECKS(X) AGENT_CHECKS_WHO(X) AGENT_CHECKS_QUOTA(X) AGENT_CHECKS_KEEP(X)

enum agent_check { AGENT_CHECK_NONE, AGENT_CHECKS(CHECK_NUMBER) };

#endif
