/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral for a keep that verifies other keeps: to the keep it is a hint. */
#ifndef HOST_CLI_PEER_COLLATERAL_H
#define HOST_CLI_PEER_COLLATERAL_H

#include "base/attr.h"
#include "base/cur.h"
#include "conf/config.h"
#include "host/backend.h"

/* What a keep on `backend` with this configuration may need, as a blob (conf/collateral.h)
 * that the caller frees; empty where it verifies nobody. Of simulations only: what
 * manufacturers publish is not fetched yet. 0, or a status after saying why not. */
must_use int peer_collateral_make(const struct backend *backend, const struct config *c,
                                  struct bytes *blob);

#endif
