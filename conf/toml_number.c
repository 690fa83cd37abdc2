/* SPDX-License-Identifier: Apache-2.0 */
/* TOML's integers and floats [TOML 1.0.0, Integer, Float]. Trusts nothing, but
 * the C locale: the program sets no other. */
#include "conf/toml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool accept(struct cur *c, const char *any_of, char *accepted)
{
    struct cur next = *c;
    const uint8_t byte = cur_u8(&next);
    if (!cur_ok(&next) || byte == 0 || strchr(any_of, byte) == NULL)
        return false;
    *accepted = (char)byte;
    *c = next;
    return true;
}

/* ---- integers ---- */

static const char digits_of_base[] = "0123456789abcdef";

/* Digits of `base`, single underscores between them. -EBADMSG when malformed,
 * -ERANGE when more than `max`. */
static int parse_digits(struct cur *c, unsigned base, uint64_t max, uint64_t *value)
{
    bool after_digit = false;
    bool too_large = false;
    *value = 0;
    while (cur_left(c) > 0) {
        const uint8_t byte = cur_u8(c);
        if (byte == '_' && after_digit) {
            after_digit = false;
            continue;
        }
        const uint8_t lower = byte >= 'A' && byte <= 'F' ? (uint8_t)(byte | 0x20u) : byte;
        const char *at = lower != 0 ? strchr(digits_of_base, lower) : NULL;
        if (at == NULL || at - digits_of_base >= (ptrdiff_t)base)
            return -EBADMSG;
        const unsigned digit = (unsigned)(at - digits_of_base);
        too_large = too_large || *value > (max - digit) / base;
        *value = too_large ? max : *value * base + digit;
        after_digit = true;
    }
    if (!after_digit)
        return -EBADMSG;
    return too_large ? -ERANGE : 0;
}

static unsigned base_of(struct bytes token)
{
    if (token.size < 2 || token.data[0] != '0')
        return 10;
    switch (token.data[1]) {
    case 'x':
        return 16;
    case 'o':
        return 8;
    case 'b':
        return 2;
    default:
        return 10;
    }
}

static int parse_integer(struct bytes token, int64_t *value)
{
    const unsigned base = base_of(token);
    struct cur c = cur_init(token);
    char sign = '+';
    if (base != 10)
        cur_take(&c, 2);
    else
        accept(&c, "+-", &sign);
    if (base == 10 && cur_left(&c) > 1 && *c.pos == '0')
        return -EBADMSG;
    const uint64_t max = sign == '-' ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    uint64_t magnitude;
    int error = parse_digits(&c, base, max, &magnitude);
    if (error == 0)
        *value = sign == '-' ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return error;
}

/* ---- floats ---- */

/* One digit or more, single underscores between them, added to `out` without
 * them. */
static bool copy_digits(struct cur *c, struct put *out)
{
    char byte = '_';
    char last = '_';
    while (accept(c, last == '_' ? "0123456789" : "0123456789_", &byte)) {
        if (byte != '_')
            put_u8(out, (uint8_t)byte);
        last = byte;
    }
    return last != '_';
}

static bool copy_float(struct cur *c, struct put *out)
{
    char byte;
    if (accept(c, "+-", &byte))
        put_u8(out, (uint8_t)byte);
    if (cur_left(c) > 1 && c->pos[0] == '0' && (scan_is_digit(c->pos[1]) || c->pos[1] == '_'))
        return false;
    if (!copy_digits(c, out))
        return false;
    if (accept(c, ".", &byte)) {
        put_u8(out, '.');
        if (!copy_digits(c, out))
            return false;
    }
    if (accept(c, "eE", &byte)) {
        put_u8(out, 'e');
        if (accept(c, "+-", &byte))
            put_u8(out, (uint8_t)byte);
        if (!copy_digits(c, out))
            return false;
    }
    return cur_done(c);
}

static int parse_float(struct scan *s, struct bytes token, double *value)
{
    struct put scratch = s->kept;
    struct cur c = cur_init(token);
    if (!copy_float(&c, &scratch))
        return -EBADMSG;
    put_u8(&scratch, '\0');
    *value = strtod((const char *)s->kept.data + s->kept.size, NULL);
    return isinf(*value) ? -ERANGE : 0;
}

static bool parse_special(struct bytes token, double *value)
{
    struct cur c = cur_init(token);
    char sign = '+';
    accept(&c, "+-", &sign);
    const struct bytes word = {.data = c.pos, .size = cur_left(&c)};
    double magnitude;
    if (bytes_equal(word, bytes_of_text("inf")))
        magnitude = (double)INFINITY;
    else if (bytes_equal(word, bytes_of_text("nan")))
        magnitude = (double)NAN;
    else
        return false;
    *value = copysign(magnitude, sign == '-' ? -1.0 : 1.0);
    return true;
}

static bool is_float(struct bytes token)
{
    if (base_of(token) != 10)
        return false;
    for (size_t i = 0; i < token.size; i++) {
        if (token.data[i] == '.' || token.data[i] == 'e' || token.data[i] == 'E')
            return true;
    }
    return false;
}

void toml_number_parse(struct scan *s, struct toml_place place, struct bytes token,
                       struct toml_value *value)
{
    value->type = TOML_FLOAT;
    if (parse_special(token, &value->number))
        return;
    int error;
    if (is_float(token)) {
        error = parse_float(s, token, &value->number);
    } else {
        value->type = TOML_INTEGER;
        error = parse_integer(token, &value->integer);
    }
    if (error == -ERANGE)
        scan_fail(s, place, "%s does not fit in 64 bits", toml_quote(token).text);
    else if (error < 0)
        scan_fail(s, place,
                  "%s is not a number: no leading 0, _ only between digits; put text in quotes",
                  toml_quote(token).text);
}
