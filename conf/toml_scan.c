/* SPDX-License-Identifier: Apache-2.0 */
/* Reading TOML text; see toml_scan.h. Trusts nothing. */
#include "conf/toml_scan.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- failure ---- */

bool scan_ok(const struct scan *s) { return s->result == 0; }

void scan_fail(struct scan *s, struct toml_place place, const char *format, ...)
{
    if (!scan_ok(s))
        return;
    va_list args;
    va_start(args, format);
    s->error->place = place;
    vsnprintf(s->error->what, sizeof(s->error->what), format, args);
    va_end(args);
    s->result = -EBADMSG;
    cur_fail(&s->left);
}

void scan_fail_memory(struct scan *s)
{
    if (!scan_ok(s))
        return;
    s->result = -ENOMEM;
    cur_fail(&s->left);
}

/* ---- the text as a whole ---- */

static bool is_forbidden(uint32_t character)
{
    return (character < 0x20 && character != '\t' && character != '\n') || character == 0x7f;
}

static void check_text(struct scan *s)
{
    struct cur c = s->left;
    struct toml_place place = s->place;
    while (cur_left(&c) > 0 && scan_ok(s)) {
        const struct cur here = c;
        uint32_t character = utf8_take(&c);
        struct cur next = c;
        if (!cur_ok(&c))
            scan_fail(s, place, "byte 0x%02x is not UTF-8; save the file as UTF-8", *here.pos);
        else if (character == '\r' && cur_u8(&next) != '\n')
            scan_fail(s, place, "carriage return without a line feed; end lines with a line feed");
        else if (character != '\r' && is_forbidden(character))
            scan_fail(s, place, "control character; write \\u%04X in double quotes instead",
                      (unsigned)character);
        place.column++;
        if (character == '\n')
            place = (struct toml_place){.line = place.line + 1, .column = 1};
    }
}

struct scan scan_init(struct bytes text, uint8_t *kept, struct toml_error *error)
{
    struct scan s = {
        .left = cur_init(text),
        .place = {.line = 1, .column = 1},
        .kept = put_init(kept, text.size + 1),
        .error = error,
    };
    if (text.size > TOML_SIZE_MAX) {
        scan_fail(&s, s.place, "the file has %zu bytes; %u are allowed", text.size, TOML_SIZE_MAX);
        return s;
    }
    if (scan_accept(&s, "\xef\xbb\xbf")) /* byte order mark */
        s.place.column = 1;
    check_text(&s);
    return s;
}

/* ---- characters ---- */

int scan_peek(const struct scan *s, size_t ahead)
{
    struct cur c = s->left;
    cur_take(&c, ahead);
    uint8_t byte = cur_u8(&c);
    return cur_ok(&c) ? byte : SCAN_END;
}

void scan_skip(struct scan *s, size_t count)
{
    struct bytes skipped = cur_take(&s->left, count);
    for (size_t i = 0; i < skipped.size; i++) {
        const uint8_t byte = skipped.data[i];
        if (byte == '\n')
            s->place = (struct toml_place){.line = s->place.line + 1, .column = 1};
        else if ((byte & 0xc0) != 0x80) /* the first byte of a character */
            s->place.column++;
    }
}

bool scan_accept(struct scan *s, const char *token)
{
    const struct bytes wanted = bytes_of_text(token);
    struct cur c = s->left;
    if (!bytes_equal(cur_take(&c, wanted.size), wanted))
        return false;
    scan_skip(s, wanted.size);
    return true;
}

bool scan_accept_newline(struct scan *s) { return scan_accept(s, "\n") || scan_accept(s, "\r\n"); }

static bool is_space(int byte) { return byte == ' ' || byte == '\t'; }
static bool is_comment(int byte) { return byte != SCAN_END && byte != '\n' && byte != '\r'; }

void scan_skip_spaces(struct scan *s) { scan_run(s, is_space); }

static void skip_comment(struct scan *s)
{
    if (scan_peek(s, 0) == '#')
        scan_run(s, is_comment);
}

void scan_skip_blank(struct scan *s)
{
    do {
        scan_skip_spaces(s);
        skip_comment(s);
    } while (scan_accept_newline(s));
}

void scan_end_line(struct scan *s)
{
    scan_skip_spaces(s);
    skip_comment(s);
    if (scan_peek(s, 0) != SCAN_END && !scan_accept_newline(s))
        scan_fail(s, s->place, "found %s where the line should end; begin a new line",
                  scan_found(s).text);
}

struct bytes scan_run(struct scan *s, bool (*member)(int byte))
{
    size_t size = 0;
    while (member(scan_peek(s, size)))
        size++;
    struct cur c = s->left;
    struct bytes run = cur_take(&c, size);
    scan_skip(s, size);
    return run;
}

struct bytes scan_keep(struct scan *s, struct bytes text)
{
    const uint8_t *at = s->kept.data + s->kept.size;
    put_bytes(&s->kept, text);
    return (struct bytes){.data = at, .size = text.size};
}

struct toml_quoted scan_found(const struct scan *s)
{
    const int byte = scan_peek(s, 0);
    if (byte == SCAN_END)
        return (struct toml_quoted){"the end of the file"};
    if (byte == '\n' || byte == '\r')
        return (struct toml_quoted){"the end of the line"};
    struct cur c = s->left;
    utf8_take(&c);
    return toml_quote((struct bytes){.data = s->left.pos, .size = (size_t)(c.pos - s->left.pos)});
}

bool scan_is_digit(int byte) { return byte >= '0' && byte <= '9'; }

bool scan_is_word(int byte)
{
    return scan_is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '_' || byte == '-';
}
