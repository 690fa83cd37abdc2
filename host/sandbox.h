/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox step: what a keep's process gives up before any code of the keep
 * runs in it. */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

/* Closes every descriptor but the standard ones and those in `keep`, which is
 * sorted in place. 0 or -errno. */
must_use int sandbox_close_others(int *keep, size_t count);

/* Capabilities, privileges, core dumps, limits and, last, system calls: only
 * those in shim/core/syscalls.h and the few that serve the port. Threads only
 * where asked for. Irrevocable. 0 or -errno. */
must_use int sandbox_enter(bool threads);

#endif
