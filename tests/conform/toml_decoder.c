/* SPDX-License-Identifier: Apache-2.0 */
/* Reads TOML on standard input and prints it as the tagged JSON that the public
 * toml-test suite compares: {"type": ..., "value": ...} for each scalar. Trusts
 * toml_parse: that is what is being tested. */
/* links: conf/toml.c conf/toml_define.c conf/toml_tree.c conf/toml_scan.c conf/toml_error.c */
/* links: conf/toml_string.c conf/toml_number.c conf/toml_datetime.c base/rfc3339.c base/cur.c base/put.c */
/* links: base/utf8.c */
#include "conf/toml.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_value(const struct toml_value *value);

static void print_text(struct bytes text)
{
    putchar('"');
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t byte = text.data[i];
        if (byte < 0x20 || byte == '"' || byte == '\\')
            printf("\\u%04x", byte);
        else
            putchar(byte);
    }
    putchar('"');
}

static void print_scalar(const char *type, struct bytes text)
{
    printf("{\"type\": \"%s\", \"value\": ", type);
    print_text(text);
    putchar('}');
}

static void print_number(const struct toml_value *v)
{
    char text[64];
    if (v->type == TOML_INTEGER)
        snprintf(text, sizeof(text), "%" PRId64, v->integer);
    else if (isnan(v->number))
        snprintf(text, sizeof(text), "nan");
    else
        snprintf(text, sizeof(text), "%.17g", v->number);
    print_scalar(v->type == TOML_INTEGER ? "integer" : "float", bytes_of_text(text));
}

static void print_datetime(struct bytes text)
{
    const bool time = text.size > 10 || text.data[2] == ':';
    const bool date = text.data[2] != ':';
    const uint8_t last = text.data[text.size - 1];
    const bool offset = last == 'Z' || last == 'z' ||
                        (date && text.size > 10 && memchr(text.data + 10, '+', text.size - 10)) ||
                        (date && text.size > 10 && memchr(text.data + 10, '-', text.size - 10));
    const char *type = !date    ? "time-local"
                       : !time  ? "date-local"
                       : offset ? "datetime"
                                : "datetime-local";
    print_scalar(type, text);
}

static void print_array(const struct toml_value *array)
{
    putchar('[');
    for (size_t i = 0; i < array->array.count; i++) {
        if (i > 0)
            putchar(',');
        print_value(array->array.items[i]);
    }
    putchar(']');
}

static void print_table(const struct toml_value *table)
{
    putchar('{');
    for (size_t i = 0; i < table->table.count; i++) {
        if (i > 0)
            putchar(',');
        print_text(table->table.pairs[i].key);
        putchar(':');
        print_value(table->table.pairs[i].value);
    }
    putchar('}');
}

static void print_value(const struct toml_value *v)
{
    switch (v->type) {
    case TOML_STRING:
        print_scalar("string", v->string);
        break;
    case TOML_INTEGER:
    case TOML_FLOAT:
        print_number(v);
        break;
    case TOML_BOOLEAN:
        print_scalar("bool", bytes_of_text(v->boolean ? "true" : "false"));
        break;
    case TOML_DATETIME:
        print_datetime(v->string);
        break;
    case TOML_ARRAY:
        print_array(v);
        break;
    case TOML_TABLE:
        print_table(v);
        break;
    }
}

int main(void)
{
    static uint8_t text[TOML_SIZE_MAX + 1];
    const size_t size = fread(text, 1, sizeof(text), stdin);
    struct toml *t;
    struct toml_error error = {.what = "no memory"};
    if (toml_parse((struct bytes){.data = text, .size = size}, &t, &error) < 0) {
        fprintf(stderr, "%u:%u: %s\n", error.place.line, error.place.column, error.what);
        return 1;
    }
    print_value(toml_root(t));
    putchar('\n');
    toml_free(t);
    return 0;
}
