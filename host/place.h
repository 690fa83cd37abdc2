/* SPDX-License-Identifier: Apache-2.0 */
/* Where to listen or connect, as text: HOST:PORT, and addresses of hosts. Pure; trusts
 * nothing. */
#ifndef HOST_PLACE_H
#define HOST_PLACE_H

#include "base/attr.h"
#include "base/cur.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define HOST_NAME_SIZE 254u /* [RFC 1035 2.3.4] allows 253 characters; NUL */

struct place {
    char host[HOST_NAME_SIZE]; /* name or address, without brackets */
    uint16_t port;             /* not 0 */
};

/* "example.org:443", "192.0.2.7:80", "[2001:db8::7]:80": letters, digits, '.', '-' and '_',
 * or an IPv6 address. 0 or -EINVAL. */
must_use int place_parse(struct bytes text, struct place *out);

/* One to five digits, no zero before them. */
must_use bool port_parse(struct bytes text, uint16_t *out);

/* An address in numbers, without brackets; IPv4 in its place [RFC 4291 2.5.5.2]. */
must_use bool host_address_parse(const char *text, struct in6_addr *out);

/* The host that a socket address is of, in the same form. */
struct in6_addr host_address_of(const struct sockaddr *address);

#define ADDRESS_TEXT_MAX 64u /* "[2001:db8::1%eth0]:40000" */

/* With its port: "192.0.2.7:443", "[::]:7443". Cut where too long. */
void address_put(const struct sockaddr_storage *address, char text[static ADDRESS_TEXT_MAX]);

/* Anybody's to reach: none of a machine or its network alone, no group, and none that stands
 * for another [RFC 6890] [RFC 4291]. */
bool host_address_is_public(const struct in6_addr *address);

#endif
