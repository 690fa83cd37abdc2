/* SPDX-License-Identifier: Apache-2.0 */
/* The files that an Enarx.toml names for TLS: read here, on the user's machine, and
 * carried to the keep in the manifest. Trusts nothing in them. */
#ifndef HOST_CLI_TRUST_H
#define HOST_CLI_TRUST_H

#include "base/attr.h"
#include "conf/config.h"

/* Reads what the streams of `c`, which came from `path`, trust, and what the certificates of
 * its steward have to lead to, each once: the system's CAs where a stream needs some and names
 * none. 0, or a status after saying what is wrong and
 * where. */
must_use int trust_read(const char *path, struct config *c);

#endif
