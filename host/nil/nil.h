/* SPDX-License-Identifier: Apache-2.0 */
/* The nil backend: exec in an ordinary sandboxed process. It keeps the program
 * from harming the host, and nothing of the host from the program. */
#ifndef HOST_NIL_NIL_H
#define HOST_NIL_NIL_H

#include "host/backend.h"

extern const struct backend nil_backend;

#endif
