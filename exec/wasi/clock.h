/* SPDX-License-Identifier: Apache-2.0 */
/* The two clocks that a guest may read. */
#ifndef EXEC_WASI_CLOCK_H
#define EXEC_WASI_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct wasi;

/* False for the clocks of CPU time: they would tell the host's scheduling. */
bool clock_is_known(uint64_t id);

/* Nanoseconds on a known clock. */
uint64_t clock_now(const struct wasi *w, uint64_t id);

#endif
