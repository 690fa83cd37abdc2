/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts in certificates and requests for them. Trusts nothing. */
#ifndef CRYPTO_HOST_NAMES_H
#define CRYPTO_HOST_NAMES_H

#include "base/attr.h"
#include "base/der.h"

/* A dNSName's tag [RFC 5280 4.2.1.6]. */
#define GENERAL_NAME_DNS (DER_IMPLICIT + 2)

/* The value of subjectAltName taken apart, as slices: dNSNames and no other kind [RFC 5280
 * 4.2.1.6], of any bytes. How many, 1 to `max`, or -EBADMSG. */
must_use int host_names_parse(struct bytes value, struct bytes *names, size_t max);

#endif
