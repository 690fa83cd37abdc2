/* SPDX-License-Identifier: Apache-2.0 */
/* What a manufacturer would publish of the simulated machine: TCB info, QE identity
 * and CRLs, made and signed when asked for, so that nothing of it grows old here. */
#ifndef SIM_SGX_COLLATERAL_H
#define SIM_SGX_COLLATERAL_H

#include "host/backend.h"
#include "sim/sgx/authority.h"

#define SIM_COLLATERAL_DAYS 30 /* until nextUpdate, as Intel's */

/* Each file under its name for `enarx attest verify --collateral`, and root.pem,
 * the root that a policy has to name. Valid from an hour before `now`, in seconds
 * since 1970: clocks differ. 0, what `put` returned, or -errno. */
must_use int sim_collateral_make(const struct authority *a, int64_t now, collateral_put *put,
                                 void *context);

#endif
