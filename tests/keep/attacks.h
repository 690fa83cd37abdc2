/* SPDX-License-Identifier: Apache-2.0 */
/* The attacks by name; see attacks.c. */
#ifndef TESTS_KEEP_ATTACKS_H
#define TESTS_KEEP_ATTACKS_H

#include "tests/keep/host.h"

extern const struct attack attacks[]; /* for all technologies; ended by a null name */

/* The answer of an attack on a keep that ends by itself. */
int64_t attack_exits(struct host *h, const struct port_frame *f, int64_t honest);

#endif
