/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a waiting user what takes so long: on a terminal only, after a second and
 * then every ten. Whole lines, never taken back, since the program may be writing
 * to the same terminal by then. */
#ifndef HOST_CLI_PROGRESS_H
#define HOST_CLI_PROGRESS_H

#include "include/port.h"

#include <signal.h>
#include <stdbool.h>
#include <time.h>

struct progress {
    timer_t timer;
    bool started;
    volatile sig_atomic_t seconds;
    const char *what;
    int until_fd;
};

/* Starts a timer whose signal writes `what`, such as "copying folders". Silent
 * once file `until_fd` is not empty; -1: never. `p` and `what` are borrowed until
 * progress_end. */
void progress_begin(struct progress *p, enum port_level most, const char *what, int until_fd);
void progress_end(struct progress *p);

#endif
