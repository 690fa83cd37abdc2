/* SPDX-License-Identifier: Apache-2.0 */
/* The files that TLS streams of an Enarx.toml name: read here, on the user's machine, and
 * carried to the keep in the manifest. Trusts nothing in them. */
#ifndef HOST_CLI_TRUST_H
#define HOST_CLI_TRUST_H

#include "base/attr.h"
#include "conf/config.h"

/* Reads what the streams of `c`, which came from `path`, trust, each file once: the system's
 * CAs where one needs CAs and names none. 0, or a status after saying what is wrong and
 * where. */
must_use int trust_read(const char *path, struct config *c);

#endif
