/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind a relay; see relay_keep.c. Trusts its clients. */
#ifndef BENCH_RELAY_KEEP_H
#define BENCH_RELAY_KEEP_H

/* One connection of a listening stream socket after the other. */
_Noreturn void relay_serve(int listener);

#endif
