/* SPDX-License-Identifier: Apache-2.0 */
/* Why something failed, as one line for the user. Trusts nothing that it is given
 * to print: control characters become '?'. */
#ifndef HOST_FAULT_H
#define HOST_FAULT_H

#include "base/attr.h"

struct fault {
    char text[400]; /* no full stop, no line end; cut where too long */
};

/* Both return `error`, a negative errno, so that a failure is one statement. */
int fault_set(struct fault *fault, int error, const char *format, ...) format_like(3, 4);

/* Adds ": " and the system's own words for `error`. */
int fault_system(struct fault *fault, int error, const char *format, ...) format_like(3, 4);

#endif
