/* SPDX-License-Identifier: Apache-2.0 */
/* TOML 1.0.0: text to a tree of values, each with its place in the text. Pure:
 * no I/O, never prints. Trusts nothing. */
#ifndef CONF_TOML_H
#define CONF_TOML_H

#include "base/attr.h"
#include "base/cur.h"

#include <stdbool.h>

#define TOML_SIZE_MAX  1000000u /* bytes of text */
#define TOML_DEPTH_MAX 64u      /* nested arrays and tables */

enum toml_type {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOLEAN,
    TOML_DATETIME, /* any of the four kinds, kept as text */
    TOML_ARRAY,
    TOML_TABLE,
};

/* Where in the text, both from 1; columns count Unicode characters. */
struct toml_place {
    unsigned line;
    unsigned column;
};

/* What is wrong, where, and what to do, as one line without a file name. */
struct toml_error {
    struct toml_place place;
    char what[200];
};

/* Fills `error`; always -EBADMSG, so that a caller returns with it. */
must_use format_like(3, 4) int toml_error_set(struct toml_error *error, struct toml_place place,
                                              const char *format, ...);

/* Text from the file made fit for a message: in quotes, on one line, cut short. */
struct toml_quoted {
    char text[56];
};
struct toml_quoted toml_quote(struct bytes text);

struct toml_value {
    enum toml_type type;
    struct toml_place place; /* of the value; for tables, of their header */
    union {
        struct bytes string; /* UTF-8, may hold NUL; also the text of a datetime */
        int64_t integer;
        double number;
        bool boolean;
        struct {
            struct toml_value **items;
            size_t count;
        } array;
        struct {
            struct toml_pair *pairs; /* in the order of the text */
            size_t count;
        } table;
    };
};

struct toml_pair {
    struct bytes key;
    struct toml_place place; /* of the key */
    struct toml_value *value;
};

struct toml;

/* The root table lives until toml_free. 0, -EBADMSG with `error` filled, or
 * -ENOMEM. */
must_use int toml_parse(struct bytes text, struct toml **out, struct toml_error *error);
const struct toml_value *toml_root(const struct toml *t);
void toml_free(struct toml *t);

/* The value of `key` in a table, or null. */
const struct toml_value *toml_get(const struct toml_value *table, const char *key);
const char *toml_type_name(enum toml_type type);

#endif
