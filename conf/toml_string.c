/* SPDX-License-Identifier: Apache-2.0 */
/* TOML's four kinds of strings [TOML 1.0.0, String]. Trusts nothing. */
#include "base/utf8.h"
#include "conf/toml_scalar.h"

#include <string.h>

struct kind {
    struct toml_place start;
    int quote; /* '"' with escapes, or '\'' without */
    bool multiline;
};

static int hex_value(int byte)
{
    if (scan_is_digit(byte))
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* \uXXXX and \UXXXXXXXX, from the first digit on. */
static void take_scalar(struct scan *s, struct toml_place place, size_t digits)
{
    uint32_t character = 0;
    for (size_t i = 0; i < digits; i++) {
        int value = hex_value(scan_peek(s, i));
        if (value < 0) {
            scan_fail(s, place, "\\%c needs %zu hexadecimal digits", digits == 4 ? 'u' : 'U',
                      digits);
            return;
        }
        character = character << 4 | (uint32_t)value;
    }
    if (!utf8_is_scalar(character)) {
        scan_fail(s, place, "U+%04X is not a character of Unicode", (unsigned)character);
        return;
    }
    scan_skip(s, digits);
    utf8_put(&s->kept, character);
}

/* A backslash at the end of a line takes all white space after it away. */
static bool skip_line_end(struct scan *s)
{
    size_t spaces = 0;
    while (scan_peek(s, spaces) == ' ' || scan_peek(s, spaces) == '\t')
        spaces++;
    if (scan_peek(s, spaces) != '\n' && scan_peek(s, spaces) != '\r')
        return false;
    do
        scan_skip_spaces(s);
    while (scan_accept_newline(s));
    return true;
}

static void take_escape(struct scan *s, const struct kind *k)
{
    static const char names[] = "btnfr\"\\";
    static const char meanings[] = "\b\t\n\f\r\"\\";
    const struct toml_place place = s->place;
    scan_skip(s, 1);
    if (k->multiline && skip_line_end(s))
        return;
    if (scan_accept(s, "u")) {
        take_scalar(s, place, 4);
        return;
    }
    if (scan_accept(s, "U")) {
        take_scalar(s, place, 8);
        return;
    }
    const int name = scan_peek(s, 0);
    const char *at = name > 0 ? strchr(names, name) : NULL;
    if (at == NULL) {
        scan_fail(s, place, "unknown escape; write \\\\ for a backslash, or use single quotes");
        return;
    }
    scan_skip(s, 1);
    put_u8(&s->kept, (uint8_t)meanings[at - names]);
}

static void take_newline(struct scan *s, const struct kind *k)
{
    if (!k->multiline) {
        scan_fail(s, k->start, "text is not closed on its line; add %c at its end", k->quote);
        return;
    }
    scan_accept_newline(s);
    put_u8(&s->kept, '\n');
}

static void take_character(struct scan *s, const struct kind *k)
{
    const int byte = scan_peek(s, 0);
    if (byte == SCAN_END) {
        scan_fail(s, k->start, "text is not closed; add %.*s at its end", k->multiline ? 3 : 1,
                  k->quote == '"' ? "\"\"\"" : "'''");
    } else if (byte == '\n' || byte == '\r') {
        take_newline(s, k);
    } else if (byte == '\\' && k->quote == '"') {
        take_escape(s, k);
    } else {
        put_u8(&s->kept, (uint8_t)byte);
        scan_skip(s, 1);
    }
}

/* How many quotes come next, at most `max`. */
static size_t count_quotes(const struct scan *s, const struct kind *k, size_t max)
{
    size_t count = 0;
    while (count < max && scan_peek(s, count) == k->quote)
        count++;
    return count;
}

/* Three quotes close a string of several lines; one or two before them belong
 * to it. */
static bool take_end(struct scan *s, const struct kind *k)
{
    const size_t closing = k->multiline ? 3 : 1;
    const size_t count = count_quotes(s, k, k->multiline ? 5 : 1);
    if (count < closing)
        return false;
    for (size_t i = closing; i < count; i++)
        put_u8(&s->kept, (uint8_t)k->quote);
    scan_skip(s, count);
    return true;
}

static struct bytes take(struct scan *s, const struct kind *k)
{
    const size_t start = s->kept.size;
    while (scan_ok(s) && !take_end(s, k))
        take_character(s, k);
    return (struct bytes){.data = s->kept.data + start, .size = s->kept.size - start};
}

struct bytes toml_string_take_line(struct scan *s)
{
    const struct kind k = {.start = s->place, .quote = scan_peek(s, 0)};
    scan_skip(s, 1);
    return take(s, &k);
}

struct bytes toml_string_take(struct scan *s)
{
    const struct kind k = {.start = s->place, .quote = scan_peek(s, 0), .multiline = true};
    if (count_quotes(s, &k, 3) < 3)
        return toml_string_take_line(s);
    scan_skip(s, 3);
    scan_accept_newline(s); /* right after the opening it does not count */
    return take(s, &k);
}
