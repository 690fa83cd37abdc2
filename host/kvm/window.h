/* SPDX-License-Identifier: Apache-2.0 */
/* exec's file, run by run, for a shim that asks. The guest is hostile: what it asks for is
 * checked. */
#ifndef HOST_KVM_WINDOW_H
#define HOST_KVM_WINDOW_H

#include "base/attr.h"
#include "base/cur.h"

#include <stdbool.h>
#include <stdint.h>

struct window_wish {
    uint32_t first; /* runs, each KVM_KEEP_RUN_SIZE bytes */
    uint32_t count;
};

/* Copies these runs of `exec` to the window, KVM_KEEP_WINDOW_SIZE bytes, zeroes behind the
 * file's end. False: more than the window holds, or the first is behind that end; then
 * nothing is written. */
must_use bool window_fill(uint8_t *window, struct bytes exec, struct window_wish wish);

#endif
