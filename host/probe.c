/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of probes; see probe.h. */
#include "host/probe.h"

#include <stdarg.h>
#include <stdio.h>

size_t probe_tell(struct probe *row, const char *what, bool ok, const char *format, ...)
{
    va_list args;
    *row = (struct probe){.ok = ok};
    snprintf(row->what, sizeof(row->what), "%s", what);
    va_start(args, format);
    vsnprintf(row->why, sizeof(row->why), format, args);
    va_end(args);
    return 1;
}
