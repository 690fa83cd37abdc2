/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral from a manufacturer's service; see attest_fetch.c. */
#ifndef HOST_CLI_ATTEST_FETCH_H
#define HOST_CLI_ATTEST_FETCH_H

#include "attest/claims.h"
#include "host/cli/command.h"
#include "host/cli/folder.h"

/* Writes what it takes to verify evidence with these claims to `output`; services and
 * cache as the line's options say. 0, or a status after saying why not. */
must_use int attest_fetch(const struct line *line, const struct claims *claims,
                          const struct folder *output);

#endif
