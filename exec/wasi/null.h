/* SPDX-License-Identifier: Apache-2.0 */
/* The stream that is always at its end and swallows what is written. */
#ifndef EXEC_WASI_NULL_H
#define EXEC_WASI_NULL_H

#include "exec/wasi/object.h"

/* Null when memory is short. */
struct object *null_new(void);

#endif
