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

/* `signatures` names a file of them for an enclave, or is null for those that a run would
 * take. `nonce` has at most PORT_NONCE_MAX bytes. 0, or a status after saying what went wrong. What
 * the keep made is not looked at. Call inspected_fini in any case. */
must_use int inspect_keep(const struct backend *backend, const char *signatures, struct bytes nonce,
                          struct inspected *inspected);
void inspected_fini(struct inspected *inspected);

#endif
