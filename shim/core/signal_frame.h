/* SPDX-License-Identifier: Apache-2.0 */
/* A signal's frame on exec's stack, as Linux lays it out for x86-64. */
#ifndef SHIM_CORE_SIGNAL_FRAME_H
#define SHIM_CORE_SIGNAL_FRAME_H

#include "shim/core/signal.h"

/* Below rsp a function may have something of its own [psABI 3.2.2]. */
#define SIGNAL_RED_ZONE 128u

/* Saves `f` and the vector state below `top`, and sets `f` to start the handler.
 * False: there is no such memory. */
must_use bool signal_frame_push(struct kernel *k, struct frame *f, uint64_t top,
                                const struct signal_info *info, const struct signal_action *a);

/* The way back, from the frame at rsp. Everything in it is checked: exec gets
 * general registers, flags of its own, and addresses within its own memory. */
must_use bool signal_frame_pop(struct kernel *k, struct frame *f, uint64_t *mask);

#endif
