/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the user; see report.h. */
#include "exec/report.h"

#include "exec/port.h"

#include <stdarg.h>
#include <stdio.h>

static void report_args(enum port_level level, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void report_args(enum port_level level, const char *format, va_list args)
{
    char text[4096];
    int length = vsnprintf(text, sizeof(text), format, args);
    if (length < 0)
        return;
    size_t size = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;
    port_log(level, (struct bytes){.data = (const uint8_t *)text, .size = size});
}

void report(enum port_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report_args(level, format, args);
    va_end(args);
}

no_return void report_failure(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report_args(PORT_LOG_ERROR, format, args);
    va_end(args);
    port_exit(PORT_END_FAILED, 1);
}
