/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of keeps; see keep_log.h. */
#include "svc/agent/keep_log.h"

#include "base/escape.h"
#include "base/utf8.h"
#include "svc/agent/check.h"

#include <string.h>

#define PREFIX "enarx: "

/* Cut at a whole character. */
static size_t fit(const char *text, size_t size, size_t room)
{
    if (size <= room)
        return size;
    while (room > 0 && ((uint8_t)text[room] & 0xc0) == 0x80)
        room--;
    return room;
}

static void close_line(struct keep_log *log)
{
    char shown[ESCAPE_GROWTH * KEEP_LOG_LINE];
    struct bytes text = {.data = (const uint8_t *)log->open, .size = log->open_size};
    char *line = log->lines[log->count % KEEP_LOG_LINES];
    log->open_size = 0;
    if (text.size >= strlen(PREFIX) && memcmp(text.data, PREFIX, strlen(PREFIX)) == 0) {
        text.data += strlen(PREFIX);
        text.size -= strlen(PREFIX);
    }
    if (text.size == 0)
        return;
    size_t size = escape_controls(text, "", shown);
    const struct bytes line_shown = {.data = (const uint8_t *)shown, .size = size};
    if (!CHECK(said_text, utf8_check(line_shown))) {
        for (size_t i = 0; i < size; i++)
            shown[i] = (uint8_t)shown[i] < 0x80 ? shown[i] : '?';
    }
    size = fit(shown, size, KEEP_LOG_LINE - 1);
    memcpy(line, shown, size);
    line[size] = '\0';
    log->count++;
}

void keep_log_add(struct keep_log *log, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\n')
            close_line(log);
        else if (CHECK(said_line, log->open_size < KEEP_LOG_LINE - 1))
            log->open[log->open_size++] = (char)text.data[i];
    }
}

size_t keep_log_count(const struct keep_log *log)
{
    return log->count < KEEP_LOG_LINES ? (size_t)log->count : KEEP_LOG_LINES;
}

const char *keep_log_line(const struct keep_log *log, size_t index)
{
    return log->lines[(log->count - keep_log_count(log) + index) % KEEP_LOG_LINES];
}
