/* SPDX-License-Identifier: Apache-2.0 */
/* One instance as its functions see it. Trusts what wasi_new was given. */
#ifndef EXEC_WASI_STATE_H
#define EXEC_WASI_STATE_H

#include "exec/wasi/abi.h"
#include "exec/wasi/calls.h"
#include "exec/wasi/errno.h"
#include "exec/wasi/fdtab.h"

#define FIRST_DIR 3u /* where C libraries begin to look for directories */

struct wasi {
    struct wasi_config config; /* for args, env and host; streams and dirs are in fds */
    struct fdtab fds;
    uint32_t last_dir; /* descriptor of the last preopened directory, 0 if there is none */
    uint32_t exit_status;
};

#endif
