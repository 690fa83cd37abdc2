/* SPDX-License-Identifier: Apache-2.0 */
/* What the process of a keep does in the same way on every technology that has a shim:
 * its last words, and the block of the port. */
#ifndef HOST_INSIDE_H
#define HOST_INSIDE_H

#include "base/attr.h"
#include "include/port.h"
#include "shim/core/shared.h"

/* Says on standard error why the keep cannot start; returns `error`, a negative errno. */
int inside_fail(int error, const char *what);

/* Says on `log_fd` why the keep stopped, and ends the process. */
no_return void inside_stop(int log_fd, const char *why);

/* A block with the boot record in it, page-aligned; null: no memory. */
must_use struct shared *inside_block(const struct boot_record *boot);

#endif
