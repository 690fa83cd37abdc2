/* SPDX-License-Identifier: Apache-2.0 */
/* The attacks by name; see attacks.c. */
#ifndef TESTS_KEEP_ATTACKS_H
#define TESTS_KEEP_ATTACKS_H

#include "tests/keep/host.h"

extern const struct attack attacks[]; /* ended by a null name */

/* The keep has ended itself. */
_Noreturn void host_end(const struct port_frame *f);

/* What dirty.S saw of the registers at the last exit: true when there was nothing. */
bool registers_are_clear(void);

#endif
