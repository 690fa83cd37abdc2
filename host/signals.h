/* SPDX-License-Identifier: Apache-2.0 */
/* The signals by which a user ends what runs: SIGINT, SIGTERM, SIGHUP, SIGQUIT. */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Whoever passes them on gives up with this one in a row, whichever it is. */
#define SIGNALS_PATIENCE 3u

sigset_t signals_of_user(void);
bool signals_has(int number);

/* One has come while it was blocked. */
bool signals_pending(void);

/* Takes it: its number, or 0 for none. */
int signals_take(void);

#endif
