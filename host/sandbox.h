/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox step: what a keep's process gives up before any code of the keep
 * runs in it. */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Closes every descriptor but the standard ones and those in `keep`, which is
 * sorted in place. 0 or -errno. */
must_use int sandbox_close_others(int *keep, size_t count);

/* What a keep's process needs beside what every keep does. */
struct sandbox {
    bool threads;
    bool own_kernel;  /* exec's calls are not the host's: another one ends the process */
    const int *calls; /* by number */
    size_t call_count;
    const uint32_t *ioctls; /* commands of ioctl(2) */
    size_t ioctl_count;
    int usher_fd; /* where descriptors may come from (host/usher.h); 0: nowhere */
};

/* Capabilities, privileges, core dumps, limits and, last, system calls: only
 * those in shim/core/syscalls.h, unless the keep has a kernel of its own, the few that serve the
 * port and what `needs` names. Irrevocable. 0 or -errno. */
must_use int sandbox_enter(const struct sandbox *needs);

/* Capabilities, privileges, core dumps and limits alone. 0 or -errno. */
must_use int sandbox_shed(void);

/* From here on the process reads what is beneath directory `dir`, -1: nothing, and no other
 * file; it writes none, starts none, connects nowhere, as far as the kernel's Landlock can see
 * to that [Linux landlock.rst]. What is open stays so. 0, -ENOSYS where there is no Landlock,
 * or another -errno. */
must_use int sandbox_confine_files(int dir);

/* The same for a process that helps a keep: only these calls, by number. */
must_use int sandbox_enter_only(const int *calls, size_t count);

/* The process has a copy of our memory, and no business with the user's tokens. */
void sandbox_forget_environment(void);

#endif
