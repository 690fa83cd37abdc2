/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and the end; see report.h. Trusts the sink to be the one that may hear. */
#include "exec/report.h"

#include "exec/check.h"
#include "exec/port.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- the host, where nobody else listens ---- */

static void tell_host(maybe_unused void *context, enum port_level level, struct bytes text)
{
    if (CHECKED(host_text, port_deploys(), false))
        text = bytes_of_text("a message that only the keep's owner may read was dropped");
    port_log(level, text);
}

static no_return void end_at_host(maybe_unused void *context, enum port_end end, uint32_t status)
{
    port_exit(end, status);
}

static const struct report_sink host = {.tell = tell_host, .end = end_at_host};
static const struct report_sink *sink = &host;

void report_to(const struct report_sink *to) { sink = to; }

void report_constant(const char *text, uint64_t number)
{
    char line[256];
    if (number != 0) {
        snprintf(line, sizeof(line), "%s %" PRIu64, text, number);
        text = line;
    }
    port_log(PORT_LOG_ERROR, bytes_of_text(text));
}

/* ---- whoever listens ---- */

format_like(2, 0) static void report_args(enum port_level level, const char *format, va_list args)
{
    char text[PORT_LOG_MAX];
    int length = vsnprintf(text, sizeof(text), format, args);
    if (length < 0)
        return;
    size_t size = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;
    sink->tell(sink->context, level, (struct bytes){.data = (const uint8_t *)text, .size = size});
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
    report_end(PORT_END_FAILED, 1);
}

no_return void report_end(enum port_end end, uint32_t status)
{
    sink->end(sink->context, end, status);
}
