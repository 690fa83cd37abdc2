/* SPDX-License-Identifier: Apache-2.0 */
/* TOML: whatever the text, a sound tree or a message that can be printed. */
/* links: conf/toml.c conf/toml_define.c conf/toml_tree.c conf/toml_scan.c conf/toml_error.c */
/* links: conf/toml_string.c conf/toml_number.c conf/toml_datetime.c base/rfc3339.c */
/* links: base/cur.c base/put.c base/utf8.c */
#include "conf/toml.h"
#include "base/utf8.h"
#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_value(const struct toml_value *v, unsigned depth)
{
    require(v->place.line > 0 && v->place.column > 0 && depth <= TOML_DEPTH_MAX + 1);
    if (v->type == TOML_STRING || v->type == TOML_DATETIME)
        require(utf8_check(v->string));
    for (size_t i = 0; v->type == TOML_ARRAY && i < v->array.count; i++)
        check_value(v->array.items[i], depth + 1);
    for (size_t i = 0; v->type == TOML_TABLE && i < v->table.count; i++) {
        const struct toml_pair *pair = &v->table.pairs[i];
        require(utf8_check(pair->key));
        for (size_t j = 0; j < i; j++)
            require(!bytes_equal(pair->key, v->table.pairs[j].key));
        check_value(pair->value, depth + 1);
    }
}

static void check_error(const struct toml_error *e)
{
    require(e->place.line > 0 && e->place.column > 0);
    require(strlen(e->what) > 0 && strlen(e->what) < sizeof(e->what) - 1);
    require(utf8_check(bytes_of_text(e->what)));
    for (const char *c = e->what; *c != '\0'; c++)
        require((unsigned char)*c >= ' ' && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct toml *t = NULL;
    struct toml_error error;
    if (toml_parse((struct bytes){.data = data, .size = size}, &t, &error) < 0) {
        check_error(&error);
        return 0;
    }
    check_value(toml_root(t), 0);
    toml_get(toml_root(t), "a");
    toml_free(t);
    return 0;
}
