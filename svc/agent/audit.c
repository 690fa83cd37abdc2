/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's own log; see audit.h. */
#include "svc/agent/audit.h"

#include "base/escape.h"
#include "base/rfc3339.h"
#include "host/clock.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_SIZE 1000u

/* A pipe that is ready takes a whole one at once [POSIX PIPE_BUF]. */
_Static_assert(RFC3339_SIZE + 1 + LINE_MAX_SIZE < 4096, "one write");

static bool put_line(const char *text)
{
    char shown[ESCAPE_GROWTH * LINE_MAX_SIZE];
    char line[RFC3339_SIZE + 1 + LINE_MAX_SIZE + 1];
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    const struct bytes said = {.data = (const uint8_t *)text, .size = strlen(text)};
    rfc3339_put((int64_t)time(NULL), line);
    size_t size = strlen(line), length = escape_controls(said, "", shown);
    length = length < LINE_MAX_SIZE ? length : LINE_MAX_SIZE;
    line[size++] = ' ';
    memcpy(line + size, shown, length);
    size += length;
    line[size++] = '\n';
    return poll(&out, 1, 0) == 1 && write(STDERR_FILENO, line, size) == (ssize_t)size;
}

/* Whether one more may be said in this second. */
static bool begin(struct audit *a)
{
    const uint64_t second = clock_ms() / 1000;
    char text[64];
    if (second == a->second)
        return a->said++ < AUDIT_LINES_MAX;
    a->second = second;
    a->said = 1;
    if (a->dropped > 0) {
        snprintf(text, sizeof(text), "%" PRIu64 " lines are missing here", a->dropped);
        if (put_line(text))
            a->dropped = 0;
    }
    return true;
}

void audit_say(struct audit *a, const char *format, ...)
{
    char text[LINE_MAX_SIZE];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (length < 0 || !begin(a) || !put_line(text))
        a->dropped++;
}
