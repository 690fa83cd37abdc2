/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of TOML 1.0.0; see toml.h. Trusts nothing: the text may be
 * hostile, nesting is bounded, and what is decoded is never longer than what it
 * was written as. */
#include "conf/toml.h"

#include "conf/toml_define.h"
#include "conf/toml_scalar.h"

#include <errno.h>
#include <stdlib.h>

static struct node *take_value(struct parser *p, unsigned depth);

/* ---- keys ---- */

static struct key take_key(struct scan *s)
{
    struct key key = {.place = s->place};
    const int first = scan_peek(s, 0);
    if (first == '"' || first == '\'') {
        key.name = toml_string_take_line(s);
    } else {
        key.name = scan_keep(s, scan_run(s, scan_is_word));
        if (key.name.size == 0)
            scan_fail(
                s, key.place,
                "found %s where a key should be; keys are letters, digits, _ and -, or in quotes",
                scan_found(s).text);
    }
    scan_skip_spaces(s);
    return key;
}

static bool accept_dot(struct scan *s)
{
    if (!scan_accept(s, "."))
        return false;
    scan_skip_spaces(s);
    return true;
}

/* key = value, where the key may be dotted. */
static void take_pair(struct parser *p, struct node *table)
{
    struct scan *s = &p->scan;
    struct key key = take_key(s);
    while (accept_dot(s)) {
        table = define_dotted(p, table, &key);
        key = take_key(s);
    }
    if (!scan_accept(s, "="))
        scan_fail(s, s->place, "found %s after the key %s; put = and a value there",
                  scan_found(s).text, toml_quote(key.name).text);
    scan_skip_spaces(s);
    if (scan_ok(s))
        define_value(p, table, &key, take_value(p, table->depth + 1));
}

/* ---- values ---- */

static struct node *take_string(struct parser *p)
{
    struct node *n = define_node(p, TOML_STRING, ORIGIN_VALUE, p->scan.place, 0);
    if (n != NULL)
        n->value.string = toml_string_take(&p->scan);
    return n;
}

static bool take_item(struct parser *p, struct node *array)
{
    struct node *item = take_value(p, array->depth + 1);
    if (item == NULL)
        return false;
    if (tree_append(array, item) < 0)
        scan_fail_memory(&p->scan);
    scan_skip_blank(&p->scan);
    return scan_accept(&p->scan, ",");
}

static struct node *take_array(struct parser *p, unsigned depth)
{
    struct scan *s = &p->scan;
    const struct toml_place place = s->place;
    struct node *array = define_node(p, TOML_ARRAY, ORIGIN_VALUE, place, depth);
    if (array == NULL)
        return NULL;
    scan_skip(s, 1);
    do
        scan_skip_blank(s);
    while (scan_peek(s, 0) != ']' && take_item(p, array));
    if (!scan_accept(s, "]"))
        scan_fail(s, s->place, "found %s in the array that begins on line %u; put , or ] there",
                  scan_found(s).text, place.line);
    return array;
}

static struct node *take_inline_table(struct parser *p, unsigned depth)
{
    struct scan *s = &p->scan;
    struct node *table = define_node(p, TOML_TABLE, ORIGIN_VALUE, s->place, depth);
    if (table == NULL)
        return NULL;
    scan_skip(s, 1);
    scan_skip_spaces(s);
    if (scan_accept(s, "}"))
        return table;
    do {
        scan_skip_spaces(s);
        take_pair(p, table);
        scan_skip_spaces(s);
    } while (scan_accept(s, ","));
    if (!scan_accept(s, "}"))
        scan_fail(s, s->place, "found %s in a table in braces; put , or } there, on the same line",
                  scan_found(s).text);
    return table;
}

static bool is_token(int byte)
{
    return scan_is_word(byte) || byte == '+' || byte == '.' || byte == ':';
}

/* A number, or a date or time: those alone have a '-' or ':' after digits. A
 * space may stand between date and time. */
static void take_number(struct scan *s, struct toml_place place, struct toml_value *value)
{
    struct bytes token = scan_run(s, is_token);
    const uint8_t *at = token.data;
    const bool time = token.size > 2 && scan_is_digit(at[1]) && at[2] == ':';
    const bool date = token.size > 4 && scan_is_digit(at[1]) && scan_is_digit(at[2]) &&
                      scan_is_digit(at[3]) && at[4] == '-';
    if (!time && !date) {
        toml_number_parse(s, place, token, value);
        return;
    }
    if (token.size == 10 && scan_peek(s, 0) == ' ' && scan_is_digit(scan_peek(s, 1))) {
        scan_skip(s, 1);
        token.size += 1 + scan_run(s, is_token).size;
    }
    value->type = TOML_DATETIME;
    value->string = scan_keep(s, token);
    const char *wrong = toml_datetime_check(token);
    if (wrong != NULL)
        scan_fail(s, place, "%s is not a date or time: %s", toml_quote(token).text, wrong);
}

static void take_word(struct scan *s, struct toml_value *value)
{
    const struct toml_place place = s->place;
    const int first = scan_peek(s, 0);
    if (scan_is_digit(first) || first == '+' || first == '-') {
        take_number(s, place, value);
        return;
    }
    const struct bytes word = scan_run(s, is_token);
    if (bytes_equal(word, bytes_of_text("true")) || bytes_equal(word, bytes_of_text("false"))) {
        value->type = TOML_BOOLEAN;
        value->boolean = word.size == 4;
    } else if (bytes_equal(word, bytes_of_text("inf")) || bytes_equal(word, bytes_of_text("nan"))) {
        toml_number_parse(s, place, word, value);
    } else if (word.size > 0) {
        scan_fail(s, place, "%s is not a value; put text in quotes, write true and false small",
                  toml_quote(word).text);
    } else {
        scan_fail(s, place, "found %s where a value should be; put text in quotes",
                  scan_found(s).text);
    }
}

static struct node *take_value(struct parser *p, unsigned depth)
{
    struct node *n;
    switch (scan_peek(&p->scan, 0)) {
    case '"':
    case '\'':
        n = take_string(p);
        break;
    case '[':
        n = take_array(p, depth);
        break;
    case '{':
        n = take_inline_table(p, depth);
        break;
    default:
        n = define_node(p, TOML_INTEGER, ORIGIN_VALUE, p->scan.place, 0);
        if (n != NULL)
            take_word(&p->scan, &n->value);
    }
    return scan_ok(&p->scan) ? n : NULL;
}

/* ---- the document ---- */

/* [a.b] or [[a.b]]: the table that the pairs below go to. */
static struct node *take_header(struct parser *p)
{
    struct scan *s = &p->scan;
    const bool array = scan_accept(s, "[[");
    const char *end = array ? "]]" : "]";
    if (!array)
        scan_skip(s, 1);
    scan_skip_spaces(s);
    struct node *table = p->tree->root;
    struct key key = take_key(s);
    while (accept_dot(s)) {
        table = define_parent(p, table, &key);
        key = take_key(s);
    }
    if (!scan_accept(s, end))
        scan_fail(s, s->place, "found %s in a header; close it with %s", scan_found(s).text, end);
    if (!scan_ok(s))
        return NULL;
    return array ? define_item(p, table, &key) : define_table(p, table, &key);
}

static void take_document(struct parser *p)
{
    struct scan *s = &p->scan;
    struct node *table = p->tree->root;
    scan_skip_blank(s);
    while (scan_peek(s, 0) != SCAN_END) {
        if (scan_peek(s, 0) == '[')
            table = take_header(p);
        else
            take_pair(p, table);
        scan_end_line(s);
        scan_skip_blank(s);
    }
}

static int parse(struct bytes text, struct toml *t, struct toml_error *error)
{
    const struct toml_place start = {.line = 1, .column = 1};
    t->text = malloc(text.size + 1);
    t->root = tree_new_node(t, TOML_TABLE, ORIGIN_HEADER, start);
    if (t->text == NULL || t->root == NULL)
        return -ENOMEM;
    struct parser p = {.scan = scan_init(text, t->text, error), .tree = t};
    take_document(&p);
    return p.scan.result;
}

int toml_parse(struct bytes text, struct toml **out, struct toml_error *error)
{
    struct toml *t = calloc(1, sizeof(*t));
    int result = t != NULL ? parse(text, t, error) : -ENOMEM;
    if (result < 0) {
        toml_free(t);
        return result;
    }
    *out = t;
    return 0;
}
