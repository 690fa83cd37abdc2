/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and listeners over the port's handles, as objects for WASI that exec/wait.h
 * waits for. */
#ifndef EXEC_STREAM_H
#define EXEC_STREAM_H

#include "exec/wasi/object.h"

#include <stdbool.h>

/* Each returns null when memory is short. */
struct object *stream_new_input(int64_t handle, bool terminal);
struct object *stream_new_output(int64_t handle, bool terminal);
struct object *stream_new_listener(int64_t handle);
struct object *stream_new_connection(int64_t handle);

#endif
