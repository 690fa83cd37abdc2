/* SPDX-License-Identifier: Apache-2.0 */
/* What exec tells its user. */
#ifndef EXEC_REPORT_H
#define EXEC_REPORT_H

#include "base/attr.h"
#include "include/port.h"

/* One message of at most 4095 bytes; the rest is cut. */
void report(enum port_level level, const char *format, ...) format_like(2, 3);

/* Says why the program could not start, and ends the keep. */
no_return void report_failure(const char *format, ...) format_like(1, 2);

#endif
