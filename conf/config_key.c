/* SPDX-License-Identifier: Apache-2.0 */
/* Checked reads from a TOML tree; see config_key.h. Trusts toml.c for the tree
 * and nothing for what is in it. */
#include "conf/config_key.h"

#include "base/nearest.h"
#include "conf/manifest_check.h"

#include <stdio.h>
#include <string.h>

static int find(struct bytes word, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (bytes_equal(word, bytes_of_text(words[i])))
            return i;
    }
    return -1;
}

#define LIST_MAX 100u
#define AND_MORE ", ..."

/* As many whole words as there is room for. */
static void put_list(const char *const *words, size_t count, char list[static LIST_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const char *comma = i > 0 ? ", " : "";
        const size_t rest = i + 1 < count ? strlen(AND_MORE) : 0;
        const size_t size = strlen(comma) + strlen(words[i]);
        if (used + size + rest >= LIST_MAX) {
            memcpy(list + used, AND_MORE, sizeof(AND_MORE));
            return;
        }
        memcpy(list + used, comma, strlen(comma));
        memcpy(list + used + strlen(comma), words[i], strlen(words[i]) + 1);
        used += size;
    }
}

/* `word` is none of `words`: says so, with the one that was meant or them all. */
static int refuse(struct bytes word, struct toml_place place, const char *what,
                  const char *const *words, struct toml_error *error)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    const char *meant = nearest_word(word, words, count);
    if (meant != NULL)
        return toml_error_set(error, place, "unknown %s %s; did you mean \"%s\"?", what,
                              toml_quote(word).text, meant);
    char list[LIST_MAX] = "";
    put_list(words, count, list);
    return toml_error_set(error, place, "unknown %s %s; possible here: %s", what,
                          toml_quote(word).text, list);
}

/* ---- reads ---- */

int config_keys(const struct toml_value *table, const char *const *known, struct toml_error *error)
{
    for (size_t i = 0; i < table->table.count; i++) {
        const struct toml_pair *pair = &table->table.pairs[i];
        if (find(pair->key, known) < 0)
            return refuse(pair->key, pair->place, "key", known, error);
    }
    return 0;
}

int config_type(const struct toml_value *value, enum toml_type type, const char *what,
                struct toml_error *error)
{
    if (value->type == type)
        return 0;
    const char *hint = type == TOML_STRING ? "; put it in quotes" : "";
    return toml_error_set(error, value->place, "%s must be %s, not %s%s", what,
                          toml_type_name(type), toml_type_name(value->type), hint);
}

int config_text(const struct toml_value *value, const char *what, struct toml_error *error,
                struct bytes *text)
{
    int result = config_type(value, TOML_STRING, what, error);
    if (result < 0)
        return result;
    if (!manifest_text_ok(value->string))
        return toml_error_set(error, value->place, "%s must not hold NUL; remove \\u0000", what);
    *text = value->string;
    return 0;
}

int config_choice(const struct toml_value *value, const char *what, const char *const *choices,
                  struct toml_error *error, size_t *index)
{
    struct bytes text = {0};
    int result = config_text(value, what, error, &text);
    if (result < 0)
        return result;
    const int found = find(text, choices);
    if (found < 0)
        return refuse(text, value->place, what, choices, error);
    *index = (size_t)found;
    return 0;
}
