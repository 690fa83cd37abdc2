/* SPDX-License-Identifier: Apache-2.0 */
/* The head of the answer to an upgrade [RFC 9112 4, 5]; see upgrade.h. Trusts nothing in
 * it. */
#define _GNU_SOURCE
#include "net/upgrade.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* The next line without its end; false when none is complete. */
static bool take_line(struct bytes *left, struct bytes *line)
{
    const uint8_t *end = memmem(left->data, left->size, "\r\n", 2);
    if (end == NULL)
        return false;
    *line = (struct bytes){left->data, (size_t)(end - left->data)};
    *left = (struct bytes){end + 2, left->size - line->size - 2};
    return true;
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* "HTTP/1.1 101 Switching Protocols" */
static bool parse_status(struct bytes line, unsigned *status)
{
    static const char version[] = "HTTP/1.1 ";
    const size_t at = sizeof(version) - 1;
    if (line.size < at + 3 || memcmp(line.data, version, at) != 0)
        return false;
    const uint8_t *digits = line.data + at;
    if (!is_digit(digits[0]) || !is_digit(digits[1]) || !is_digit(digits[2]))
        return false;
    *status = (digits[0] - '0') * 100u + (digits[1] - '0') * 10u + (digits[2] - '0');
    return line.size == at + 3 || digits[3] == ' ';
}

/* The value when the line is of that field, without the spaces around it. */
static bool is_field(struct bytes line, const char *name, struct bytes *value)
{
    const size_t length = strlen(name);
    if (line.size <= length || line.data[length] != ':' ||
        strncasecmp((const char *)line.data, name, length) != 0)
        return false;
    *value = (struct bytes){line.data + length + 1, line.size - length - 1};
    while (value->size > 0 && value->data[0] == ' ') {
        value->data++;
        value->size--;
    }
    while (value->size > 0 && value->data[value->size - 1] == ' ')
        value->size--;
    return true;
}

static bool parse_length(struct bytes value, size_t *length)
{
    size_t n = 0;
    if (value.size == 0 || value.size > 9)
        return false;
    for (size_t i = 0; i < value.size; i++) {
        if (!is_digit(value.data[i]))
            return false;
        n = n * 10 + (value.data[i] - '0');
    }
    *length = n;
    return true;
}

static int parse_fields(struct bytes from, struct bytes left, const char *protocol,
                        struct upgrade_head *head)
{
    struct bytes line, value;
    bool named = false;
    while (take_line(&left, &line) && line.size > 0) {
        if (is_field(line, "Upgrade", &value))
            named = bytes_equal(value, bytes_of_text(protocol));
        if (is_field(line, "Content-Length", &value) && !parse_length(value, &head->content_length))
            return -EBADMSG;
    }
    head->upgraded = head->status == 101 && named;
    head->size = from.size - left.size;
    return 0;
}

int upgrade_head_parse(struct bytes from, const char *protocol, struct upgrade_head *head)
{
    struct bytes left = from, line;
    *head = (struct upgrade_head){.content_length = SIZE_MAX};
    if (take_line(&left, &line) && !parse_status(line, &head->status))
        return -EBADMSG;
    if (memmem(from.data, from.size, "\r\n\r\n", 4) == NULL)
        return from.size < UPGRADE_HEAD_MAX ? -EAGAIN : -EBADMSG;
    return parse_fields(from, left, protocol, head);
}
