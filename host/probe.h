/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of probes; see backend.h. */
#ifndef HOST_PROBE_H
#define HOST_PROBE_H

#include "host/backend.h"

/* Fills one row; what does not fit is cut. Returns 1, the number of rows. */
size_t probe_tell(struct probe *row, const char *what, bool ok, const char *format, ...)
    format_like(4, 5);

#endif
