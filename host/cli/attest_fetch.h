/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral from a manufacturer's service; see attest_fetch.c. */
#ifndef HOST_CLI_ATTEST_FETCH_H
#define HOST_CLI_ATTEST_FETCH_H

#include "attest/claims.h"
#include "host/backend.h"
#include "host/cli/command.h"
#include "host/cli/folder.h"

/* Where it goes, one file after the other. */
struct fetch_sink {
    collateral_put *put;
    void *context;
    const char *where; /* for messages */
};

/* Into a folder, borrowed. */
struct fetch_sink fetch_to_folder(struct folder *folder);

/* Hands over what it takes to verify evidence with these claims; services and cache as the
 * line's options say. 0, or a status after saying why not. */
must_use int attest_fetch(const struct line *line, const struct claims *claims,
                          const struct fetch_sink *sink);

#endif
