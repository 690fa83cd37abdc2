/* SPDX-License-Identifier: Apache-2.0 */
/* Listening TCP sockets, and their addresses from text. Trusts the kernel. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/attr.h"
#include "host/fault.h"
#include "host/place.h"

#include <stdbool.h>
#include <sys/socket.h>

/* "127.0.0.1:7443" or "[::]:7443": numbers, no names; port 0 is any. 0 or -EINVAL. */
must_use int address_parse(const char *text, struct sockaddr_storage *out);

/* Nobody from outside reaches it. */
bool address_is_loopback(const struct sockaddr_storage *address);

/* The same client, whatever the port: by its address, of IPv6 by its /64. */
bool address_same_client(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* A non-blocking listener; `address` becomes what it got. The descriptor, or -errno with
 * `fault` filled. */
must_use int listener_open(struct sockaddr_storage *address, struct fault *fault);

#endif
