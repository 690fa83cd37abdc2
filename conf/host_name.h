/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts as certificates have them. Trusts nothing. */
#ifndef CONF_HOST_NAME_H
#define CONF_HOST_NAME_H

#include "base/cur.h"

#include <stdbool.h>

/* Labels of lower-case letters, digits and hyphens [RFC 1035 2.3.1], with dots between; no
 * wildcard. */
bool host_name_ok(struct bytes name);

#endif
