/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's side of the port: exec's memory to the shared block and back.
 * Trusts exec for the addresses it passes; trusts nothing that the host wrote.
 * A host that breaks a rule of include/port.h stops the keep. */
#ifndef SHIM_CORE_PORT_H
#define SHIM_CORE_PORT_H

#include "base/attr.h"
#include "include/port.h"
#include "shim/core/shared.h"

/* Carries one call over `block`. Returns what the verb's row allows. A call
 * that breaks exec's side of the contract returns -EINVAL (-22). */
int64_t port_carry(struct shared *block, const struct port_call *call);

/* Supplied by each technology: leave the keep, let the host serve the block. */
void port_enter(struct shared *block);

/* Supplied by each technology: the host broke the rules; end the keep. */
no_return void port_attacked(uint32_t verb, int64_t result);

#endif
