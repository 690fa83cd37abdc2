/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about a TOML text. What is quoted from it may be hostile: nothing of
 * it reaches a terminal but printable characters of one line. */
#include "base/utf8.h"
#include "conf/toml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int toml_error_set(struct toml_error *error, struct toml_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error->place = place;
    vsnprintf(error->what, sizeof(error->what), format, args);
    va_end(args);
    return -EBADMSG;
}

static bool is_printable(uint32_t character)
{
    const bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    const bool reorders = (character >= 0x200e && character <= 0x200f) ||
                          (character >= 0x2028 && character <= 0x202e) ||
                          (character >= 0x2066 && character <= 0x2069);
    return !control && !reorders;
}

struct toml_quoted toml_quote(struct bytes text)
{
    static const char cut[] = "...\"";
    const size_t longest = 4; /* bytes of one character */
    struct toml_quoted q = {{0}};
    struct put p = put_init(q.text, sizeof(q.text) - sizeof(cut));
    struct cur c = cur_init(text);
    put_u8(&p, '"');
    while (cur_left(&c) > 0 && p.size + longest <= p.capacity) {
        uint32_t character = utf8_take(&c);
        utf8_put(&p, cur_ok(&c) && is_printable(character) ? character : '?');
    }
    const char *end = cur_left(&c) > 0 ? cut : cut + sizeof(cut) - 2;
    snprintf(q.text + p.size, sizeof(q.text) - p.size, "%s", end);
    return q;
}
