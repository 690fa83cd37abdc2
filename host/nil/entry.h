/* SPDX-License-Identifier: Apache-2.0 */
/* Between the host's C and exec's, in one process: each has its own stack and
 * its own FS base (thread-local storage). */
#ifndef HOST_NIL_ENTRY_H
#define HOST_NIL_ENTRY_H

#include "base/attr.h"
#include "include/port.h"

/* True: the kernel lets us write the FS base with WRFSBASE. Set before nil_start. */
extern uint8_t nil_has_fsgsbase;

/* Starts exec at `entry` with `stack`, as a kernel would [psABI 3.4.1]. */
no_return void nil_start(uintptr_t entry, uintptr_t stack);

/* What exec calls: switches to the host's side and there calls nil_port. */
int64_t nil_port_entry(const struct port_call *call);

int64_t nil_port(const struct port_call *call);

#endif
