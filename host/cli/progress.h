/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a waiting user what takes so long: on a terminal only, and only after a
 * second. Another process or thread is not needed: a timer's signal writes it. */
#ifndef HOST_CLI_PROGRESS_H
#define HOST_CLI_PROGRESS_H

#include "include/port.h"

#include <signal.h>
#include <stdbool.h>
#include <time.h>

struct progress {
    timer_t timer;
    bool started;
    volatile sig_atomic_t seconds; /* shown so far */
    const char *what;              /* "copying folders into the keep" */
};

/* `what` and `p` are borrowed until progress_end, which takes the line away. */
void progress_begin(struct progress *p, enum port_level most, const char *what);
void progress_end(struct progress *p);

#endif
