/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the port: serves one call that a keep left in the block.
 * The keep is hostile: the frame is copied once, checked, and only the copy is
 * acted upon. Everything here runs inside the keep's sandboxed process. */
#ifndef HOST_PORT_HOST_H
#define HOST_PORT_HOST_H

#include "host/keep.h"
#include "shim/core/shared.h"

#include <sys/types.h>

struct port_host;

/* Serves `keep`. `report` and the descriptors are borrowed; -1: none. */
must_use int port_host_new(struct keep *keep, struct keep_report *report, int output_fd,
                           struct port_host **out);

/* Frees the host; its descriptors go with the process. */
void port_host_free(struct port_host *host);

/* Serves the call in `block`, whose data area ends at PORT_BLOCK_SIZE. */
void port_host_serve(struct port_host *host, struct shared *block);

#endif
