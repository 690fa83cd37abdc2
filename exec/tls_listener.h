/* SPDX-License-Identifier: Apache-2.0 */
/* A listener for TLS: gives out connections whose handshake is done. Handshakes go on while
 * the program waits for the listener, beside whatever else it waits for. */
#ifndef EXEC_TLS_LISTENER_H
#define EXEC_TLS_LISTENER_H

#include "exec/tls_stream.h"

#define TLS_PENDING_MAX 64u        /* handshakes at once: one more takes the idlest's place */
#define TLS_PAUSE_NS    100000000u /* between two looks for a connection that has no room */

/* Over the listening `handle`, which it owns from here on, even on failure; the others are
 * borrowed. Null when memory is short. */
struct object *tls_listener_new(struct tls_streams *set, const struct tls_context *context,
                                int64_t handle);

#endif
