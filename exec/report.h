/* SPDX-License-Identifier: Apache-2.0 */
/* What exec has to say, and to whom: the host in a local run, the owner in a
 * deployment, whose host may learn nothing of the workload. */
#ifndef EXEC_REPORT_H
#define EXEC_REPORT_H

#include "base/attr.h"
#include "base/cur.h"
#include "include/port.h"

/* Whoever hears of the workload. */
struct report_sink {
    /* One message, not ended by a null. Must not report anything itself. */
    void (*tell)(void *context, enum port_level level, struct bytes text);

    /* How the workload ended: its status where that is PORT_END_DONE. Ends the keep. */
    no_return void (*end)(void *context, enum port_end end, uint32_t status);

    void *context;
};

/* From now on `sink`, borrowed for good. Without one it is the host: of a deployment it
 * learns that there was a message, and that it ended. */
void report_to(const struct report_sink *sink);

/* One message of at most 4095 bytes; the rest is cut. */
void report(enum port_level level, const char *format, ...) format_like(2, 3);

/* Says why the program could not start or go on, and ends the keep. */
no_return void report_failure(const char *format, ...) format_like(1, 2);

/* Says how the workload ended, and ends the keep. */
no_return void report_end(enum port_end end, uint32_t status);

/* For the host, whoever else listens: a literal, and `number` after it unless that is 0.
 * Neither may depend on the workload. */
#define report_to_host(literal, number) report_constant("" literal, number)
void report_constant(const char *text, uint64_t number);

#endif
