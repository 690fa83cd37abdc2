/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of an usher's that its host rests on, in one list, so that a test build can
 * leave out one and see which test fails (tools/checklist-deploy).
 *
 * X(name, attack, kind)
 *   name    CHECK(name, condition)
 *   attack  what it withstands, in a few words
 *   kind    what proves it: UNIT tests/unit */
#ifndef HOST_USHER_CHECK_H
#define HOST_USHER_CHECK_H

#include "base/without.h"

/* clang-format off */
#define USHER_CHECKS(X)                                                      \
    X(usher_form, "what is no order", UNIT)                                  \
    X(usher_url, "a URL that others read otherwise", UNIT)                   \
    X(usher_count, "all ports of a host", UNIT)                              \
    X(usher_address, "a port or address that no rule is about", UNIT)        \
    X(usher_host, "a host that no rule names", UNIT)                         \
    X(usher_public, "a wildcard that leads to the host itself", UNIT)        \
    X(usher_said, "more of a steward than it may say", UNIT)                 \
    X(usher_unread, "sockets without end that nobody takes", UNIT)
/* clang-format on */

enum usher_check { USHER_CHECK_NONE, USHER_CHECKS(CHECK_NUMBER) };

#endif
