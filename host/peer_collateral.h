/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral for a keep that verifies other keeps: to the keep it is a hint. */
#ifndef HOST_PEER_COLLATERAL_H
#define HOST_PEER_COLLATERAL_H

#include "base/attr.h"
#include "base/cur.h"
#include "host/backend.h"
#include "host/fault.h"

/* Of which of `from` a keep on `backend` may meet others whose collateral this machine has:
 * its own kind, where that is a simulation, and any simulation where it is not confidential.
 * Null: of none, since what manufacturers publish is not fetched yet. */
const struct backend *peer_collateral_maker(const struct backend *backend,
                                            const struct backend *const *from, size_t count);

/* What that backend's collateral() has, as a blob (conf/collateral.h) that the caller frees. 0,
 * or -errno with `fault` filled. */
must_use int peer_collateral_make(const struct backend *maker, struct bytes *blob,
                                  struct fault *fault);

#endif
