/* SPDX-License-Identifier: Apache-2.0 */
/* Faults; see fault.h. */
#include "host/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* C0 controls, DEL, and C1 controls, which are 0xc2 and another byte in UTF-8. */
static void mask_controls(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        if (*c < ' ' || *c == 0x7f)
            *c = '?';
        else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
            c[0] = c[1] = '?';
    }
}

format_like(2, 0) static void set(struct fault *fault, const char *format, va_list args)
{
    if (vsnprintf(fault->text, sizeof(fault->text), format, args) < 0)
        fault->text[0] = '\0';
    mask_controls(fault->text);
}

int fault_set(struct fault *fault, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(fault, format, args);
    va_end(args);
    return error;
}

int fault_system(struct fault *fault, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(fault, format, args);
    va_end(args);
    char reason[100];
    int size = snprintf(reason, sizeof(reason), ": %s", strerror(-error));
    size_t room = sizeof(fault->text) - 1 - (size_t)size;
    size_t end = strlen(fault->text);
    memcpy(fault->text + (end < room ? end : room), reason, (size_t)size + 1);
    return error;
}
