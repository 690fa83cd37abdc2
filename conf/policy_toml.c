/* SPDX-License-Identifier: Apache-2.0 */
/* policy.toml to struct policy_file; see policy_toml.h. Trusts nothing in the text. */
#include "conf/policy_toml.h"

#include "conf/config_key.h"
#include "conf/policy_block.h"
#include "conf/policy_names.h"
#include "conf/policy_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 40u /* in one section, with the null at the end */
#define NAME_MAX 64u

struct policy_block {
    struct policy_block *next;
    max_align_t data[];
};

void *policy_block_new(struct policy_file *file, size_t size)
{
    struct policy_block *block = calloc(1, sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    block->next = file->blocks;
    file->blocks = block;
    return block->data;
}

/* The names of the keys in a section: what follows its dot. At the top it is empty. */
static void names_in(const char *section, const char *names[static KEYS_MAX])
{
    const size_t prefix = strlen(section);
    size_t count = 0;
    for (size_t i = 0; i < policy_key_count && count + 1 < KEYS_MAX; i++) {
        const char *name = policy_keys[i].name;
        if (strncmp(name, section, prefix) == 0 && strchr(name + prefix, '.') == NULL)
            names[count++] = name + prefix;
    }
    names[count] = NULL;
}

static int parse_keys(const struct toml_value *table, const char *section, struct policy_file *file,
                      struct toml_error *error)
{
    for (size_t i = 0; i < table->table.count; i++) {
        const struct toml_pair *pair = &table->table.pairs[i];
        char name[NAME_MAX];
        snprintf(name, sizeof(name), "%s%.*s", section, (int)pair->key.size,
                 (const char *)pair->key.data);
        const struct policy_key *key = policy_key_find(name);
        int result = key == NULL ? 0 : policy_value_read(key, pair->value, file, error);
        if (result < 0)
            return result;
    }
    return 0;
}

static int parse_section(const struct toml_value *root, const char *name, struct policy_file *file,
                         struct toml_error *error)
{
    const struct toml_value *table = toml_get(root, name);
    if (table == NULL)
        return 0;
    char section[NAME_MAX];
    snprintf(section, sizeof(section), "%s.", name);
    const char *names[KEYS_MAX];
    names_in(section, names);
    int result = config_type(table, TOML_TABLE, name, error);
    if (result == 0)
        result = config_keys(table, names, error);
    return result < 0 ? result : parse_keys(table, section, file, error);
}

static int parse(struct bytes text, struct policy_file *file, struct toml_error *error)
{
    static const char *const sections[] = {"snp", "sgx", "tdx", "names"};
    const size_t keyed = ARRAY_COUNT(sections) - 1;
    int result = toml_parse(text, &file->toml, error);
    if (result < 0)
        return result;
    const struct toml_value *root = toml_root(file->toml);
    const char *names[KEYS_MAX + ARRAY_COUNT(sections)];
    names_in("", names);
    size_t count = 0;
    while (names[count] != NULL)
        count++;
    for (size_t i = 0; i <= ARRAY_COUNT(sections); i++)
        names[count + i] = i < ARRAY_COUNT(sections) ? sections[i] : NULL;
    result = config_keys(root, names, error);
    if (result == 0)
        result = parse_keys(root, "", file, error);
    for (size_t i = 0; result == 0 && i < keyed; i++)
        result = parse_section(root, sections[i], file, error);
    return result < 0 ? result : policy_names_read(toml_get(root, "names"), file, error);
}

int policy_toml_parse(struct bytes text, struct policy_file *file, struct toml_error *error)
{
    *file = (struct policy_file){.policy = policy_default()};
    int result = parse(text, file, error);
    if (result < 0)
        policy_toml_fini(file);
    return result;
}

void policy_toml_fini(struct policy_file *file)
{
    while (file->blocks != NULL) {
        struct policy_block *next = file->blocks->next;
        free(file->blocks);
        file->blocks = next;
    }
    toml_free(file->toml);
    *file = (struct policy_file){0};
}
