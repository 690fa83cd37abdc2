/* SPDX-License-Identifier: Apache-2.0 */
/* A keep that waits for its owner: it proves what it is, takes one workload over the
 * deployment channel, runs it, and tells nobody but the owner how it went. Trusts the host
 * to carry bytes, and to do that is all it can. */
#ifndef EXEC_PROVISION_H
#define EXEC_PROVISION_H

#include "base/attr.h"

struct boot_record;

no_return void provision(const struct boot_record *boot);

#endif
