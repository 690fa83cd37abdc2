/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a keep that only shows what it is, for its evidence. */
#ifndef HOST_CLI_INSPECT_H
#define HOST_CLI_INSPECT_H

#include "base/attr.h"
#include "base/cur.h"
#include "host/backend.h"

struct inspected {
    struct bytes claims_buffer; /* owned, as is: */
    struct bytes evidence;
};

/* `nonce` has at most PORT_NONCE_MAX bytes. 0, or a status after saying what went wrong. What
 * the keep made is not looked at. Call inspected_fini in any case. */
must_use int inspect_keep(const struct backend *backend, struct bytes nonce,
                          struct inspected *inspected);
void inspected_fini(struct inspected *inspected);

#endif
