/* SPDX-License-Identifier: Apache-2.0 */
/* Messages; see message.h. */
#include "host/cli/message.h"

#include "base/escape.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 8192u
#define LINE_BREAK  "\n  " /* not longer than an escape */

static const char prefix[] = "enarx: ";

/* In one write, so that lines of several processes do not mix. A file name may
 * hold what would rewrite the user's terminal. */
format_like(1, 0) static void say(const char *format, va_list args)
{
    char text[MESSAGE_MAX];
    char line[sizeof(prefix) + ESCAPE_GROWTH * sizeof(text)];
    if (vsnprintf(text, sizeof(text), format, args) < 0)
        return;
    memcpy(line, prefix, sizeof(prefix) - 1);
    size_t length = sizeof(prefix) - 1;
    length += escape_controls(bytes_of_text(text), "", line + length);
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* there is no one left to tell */
}

int fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    return STATUS_FAILED;
}

int misuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    return STATUS_USAGE;
}

void warn(enum port_level most, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (most >= PORT_LOG_WARN)
        say(format, args);
    va_end(args);
}

void note(enum port_level most, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (most >= PORT_LOG_INFO)
        say(format, args);
    va_end(args);
}

void debug(enum port_level most, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (most >= PORT_LOG_DEBUG)
        say(format, args);
    va_end(args);
}

static size_t put_lines(struct bytes text, char *out)
{
    struct cur c = cur_init(text);
    size_t size = 0;
    while (cur_left(&c) > 0) {
        const uint8_t *end = memchr(c.pos, '\n', cur_left(&c));
        const struct bytes line = cur_take(&c, end == NULL ? cur_left(&c) : (size_t)(end - c.pos));
        size += escape_controls(line, "\t", out + size);
        if (end == NULL)
            break;
        (void)cur_u8(&c);
        memcpy(out + size, LINE_BREAK, strlen(LINE_BREAK));
        size += strlen(LINE_BREAK);
    }
    return size;
}

void relay(enum port_level most, uint32_t level, const char *label, struct bytes text)
{
    char name[256];
    char line[sizeof(prefix) + ESCAPE_GROWTH * (sizeof(name) + MESSAGE_MAX)];
    if (level > most)
        return;
    const int length =
        snprintf(name, sizeof(name), "%s%s", label == NULL ? "" : label, label == NULL ? "" : ": ");
    const struct bytes whose = {(const uint8_t *)name,
                                (size_t)length < sizeof(name) ? (size_t)length : sizeof(name) - 1};
    text.size = text.size < MESSAGE_MAX ? text.size : MESSAGE_MAX;
    memcpy(line, prefix, sizeof(prefix) - 1);
    size_t size = sizeof(prefix) - 1;
    size += escape_controls(whose, "", line + size);
    size += put_lines(text, line + size);
    line[size++] = '\n';
    if (write(STDERR_FILENO, line, size) < 0)
        return; /* there is no one left to tell */
}

/* The original also knows more and less than we have to say. */
static const struct {
    const char *name;
    enum port_level level;
} levels[] = {
    {"error", PORT_LOG_ERROR}, {"warn", PORT_LOG_WARN},   {"info", PORT_LOG_INFO},
    {"debug", PORT_LOG_DEBUG}, {"trace", PORT_LOG_DEBUG}, {"off", PORT_LOG_ERROR},
};

static bool find_level(const char *name, size_t length, enum port_level *level)
{
    for (size_t i = 0; i < ARRAY_COUNT(levels); i++) {
        if (strlen(levels[i].name) != length || strncasecmp(levels[i].name, name, length) != 0)
            continue;
        *level = levels[i].level;
        return true;
    }
    return false;
}

/* The original's filters are lists of "level" and "target=level": a level that
 * stands alone counts. */
enum port_level message_level(const char *variable, bool quiet)
{
    enum port_level level = PORT_LOG_INFO;
    for (const char *part = variable; part != NULL && *part != '\0';) {
        size_t length = strcspn(part, ",");
        if (!find_level(part, length, &level))
            warn(PORT_LOG_WARN,
                 "ENARX_LOG: '%.*s' is ignored; levels are off, error, warn, info, debug",
                 (int)length, part);
        part += length + (part[length] == ',');
    }
    return quiet && level > PORT_LOG_WARN ? PORT_LOG_WARN : level;
}

int stdout_finish(void)
{
    int error = fflush(stdout) == 0 ? EIO : errno;
    if (!ferror(stdout))
        return 0;
    return fail("cannot write to standard output: %s", strerror(error));
}
