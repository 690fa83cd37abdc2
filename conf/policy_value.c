/* SPDX-License-Identifier: Apache-2.0 */
/* Values of policy.toml; see policy_value.h. Trusts the table of keys for where they go,
 * and nothing for what they are. */
#include "conf/policy_value.h"

#include "base/hex.h"
#include "base/rfc3339.h"
#include "conf/config_key.h"
#include "conf/policy_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEX_MAX  64u /* bytes of a value in hexadecimal */
#define CHIP_MIN 8u  /* bytes of a chip id on Turin, else 64 [KDS 3.1] */

/* What a reader needs: the key, its name without the section, and where to complain. */
struct reader {
    const struct policy_key *key;
    const char *name;
    struct policy_file *file;
    struct toml_error *error;
};

static void *place_of(const struct reader *r)
{
    return (uint8_t *)&r->file->policy + r->key->offset;
}

/* Integers of the policy have the width that their key says. */
static void set_uint(const struct reader *r, uint64_t value)
{
    const uint8_t u8 = (uint8_t)value;
    const uint16_t u16 = (uint16_t)value;
    const uint32_t u32 = (uint32_t)value;
    const void *const from[] = {[1] = &u8, [2] = &u16, [4] = &u32, [8] = &value};
    memcpy(place_of(r), from[r->key->size], r->key->size);
}

static int wrong_type(const struct reader *r, const struct toml_value *v, enum toml_type type)
{
    return config_type(v, type, r->name, r->error);
}

/* ---- numbers ---- */

static int read_bool(const struct reader *r, const struct toml_value *v)
{
    int result = wrong_type(r, v, TOML_BOOLEAN);
    if (result == 0)
        memcpy(place_of(r), &v->boolean, sizeof(bool));
    return result;
}

static int read_number(const struct reader *r, const struct toml_value *v, size_t size,
                       uint64_t *number)
{
    int result = wrong_type(r, v, TOML_INTEGER);
    if (result < 0)
        return result;
    const int64_t max = (int64_t)((1ull << (8 * size)) - 1);
    if (v->integer < 0 || v->integer > max)
        return toml_error_set(r->error, v->place, "%s must be 0 to %lld", r->name, (long long)max);
    *number = (uint64_t)v->integer;
    return 0;
}

static int read_uint(const struct reader *r, const struct toml_value *v)
{
    uint64_t number = 0;
    int result = read_number(r, v, r->key->size, &number);
    if (result == 0)
        set_uint(r, number);
    return result;
}

static int read_optional(const struct reader *r, const struct toml_value *v)
{
    struct optional number = {.given = true};
    int result = read_number(r, v, sizeof(uint16_t), &number.value);
    if (result == 0)
        memcpy(place_of(r), &number, sizeof(number));
    return result;
}

/* A number of a byte, in one to three digits. */
static uint8_t take_part(struct cur *c)
{
    unsigned part = 0, digits = 0;
    for (; digits < 3 && cur_left(c) > 0 && *c->pos >= '0' && *c->pos <= '9'; digits++)
        part = part * 10 + cur_u8(c) - '0';
    if (digits == 0 || part > UINT8_MAX)
        cur_fail(c);
    return (uint8_t)part;
}

/* "1.55.39": as many numbers of a byte as the key has room for, less one for alignment. */
static int read_version(const struct reader *r, const struct toml_value *v)
{
    const size_t parts = r->key->size == sizeof(uint16_t) ? 2 : 3;
    struct bytes text = {0};
    int result = config_text(v, r->name, r->error, &text);
    uint64_t version = 0;
    struct cur c = cur_init(text);
    for (size_t i = 0; result == 0 && i < parts; i++) {
        if (i > 0 && cur_u8(&c) != '.')
            cur_fail(&c);
        version = version << 8 | take_part(&c);
    }
    if (result == 0 && !cur_done(&c))
        return toml_error_set(r->error, v->place, "%s must be a version like \"%s\"", r->name,
                              parts == 2 ? "1.55" : "1.55.39");
    if (result == 0)
        set_uint(r, version);
    return result;
}

/* "0x8000000000000000": TOML's own integers have no room for the highest bit. */
static int read_hex_number(const struct reader *r, const struct toml_value *v, uint64_t *number)
{
    struct bytes text = {0};
    int result = config_text(v, r->name, r->error, &text);
    if (result < 0)
        return result;
    char digits[] = "0000000000000000";
    uint8_t raw[8];
    const size_t count = text.size < 2 ? 0 : text.size - 2;
    const bool fits = count >= 1 && count <= 16 && memcmp(text.data, "0x", 2) == 0;
    if (fits)
        memcpy(digits + 16 - count, text.data + 2, count);
    if (!fits || hex_parse(digits, raw, sizeof(raw)) < 0)
        return toml_error_set(r->error, v->place, "%s must be like \"0x20\", of 64 bits at most",
                              r->name);
    struct cur c = cur_init((struct bytes){raw, sizeof(raw)});
    *number = cur_be64(&c);
    return 0;
}

static int read_bits(const struct reader *r, const struct toml_value *v)
{
    uint64_t bits = 0;
    int result = read_hex_number(r, v, &bits);
    if (result == 0)
        set_uint(r, bits);
    return result;
}

static int read_masked(const struct reader *r, const struct toml_value *v)
{
    static const char *const names[] = {"mask", "value", NULL};
    int result = wrong_type(r, v, TOML_TABLE);
    if (result == 0)
        result = config_keys(v, names, r->error);
    if (result < 0)
        return result;
    const struct toml_value *mask = toml_get(v, "mask");
    const struct toml_value *value = toml_get(v, "value");
    if (mask == NULL || value == NULL)
        return toml_error_set(r->error, v->place,
                              "%s must be {mask = \"0x...\", value = \"0x...\"}", r->name);
    struct masked masked = {0};
    result = read_hex_number(r, mask, &masked.mask);
    if (result == 0)
        result = read_hex_number(r, value, &masked.value);
    if (result == 0 && (masked.value & ~masked.mask) != 0)
        return toml_error_set(r->error, value->place,
                              "the value has bits outside the mask, so nothing could match");
    if (result == 0)
        memcpy(place_of(r), &masked, sizeof(masked));
    return result;
}

static int read_time(const struct reader *r, const struct toml_value *v)
{
    int64_t seconds = 0;
    int result = wrong_type(r, v, TOML_DATETIME);
    if (result == 0 && rfc3339_parse(v->string, &seconds) < 0)
        return toml_error_set(r->error, v->place,
                              "%s must be a date like 2026-03-31 or 2026-03-31T22:20:07Z", r->name);
    if (result == 0)
        memcpy(place_of(r), &seconds, sizeof(seconds));
    return result;
}

/* ---- bytes and text ---- */

int policy_value_hex(const struct toml_value *v, const char *name, struct policy_file *file,
                     struct toml_error *error, struct bytes *out)
{
    struct bytes text = {0};
    int result = config_text(v, name, error, &text);
    if (result < 0)
        return result;
    char digits[2 * HEX_MAX + 1] = "";
    uint8_t *raw = policy_block_new(file, HEX_MAX);
    if (raw == NULL)
        return -ENOMEM;
    const size_t size = text.size / 2;
    const bool fits = size >= 1 && size <= HEX_MAX && text.size % 2 == 0;
    if (fits)
        memcpy(digits, text.data, text.size);
    if (!fits || hex_parse(digits, raw, size) < 0)
        return toml_error_set(error, v->place, "%s must be 2 to %u hexadecimal digits, not %s",
                              name, 2 * HEX_MAX, toml_quote(text).text);
    *out = (struct bytes){raw, size};
    return 0;
}

static int read_hex_of(const struct reader *r, const struct toml_value *v, size_t size,
                       struct bytes *out)
{
    int result = policy_value_hex(v, r->name, r->file, r->error, out);
    const bool short_chip = r->key->type == KEY_CHIPS && out->size == CHIP_MIN;
    if (result == 0 && size != 0 && out->size != size && !short_chip)
        return toml_error_set(r->error, v->place,
                              "%s must be %zu hexadecimal digits (%zu bytes), not %zu", r->name,
                              2 * size, size, 2 * out->size);
    return result;
}

static int read_hex(const struct reader *r, const struct toml_value *v)
{
    struct bytes value = {0};
    int result = read_hex_of(r, v, r->key->size, &value);
    if (result == 0)
        memcpy(place_of(r), &value, sizeof(value));
    return result;
}

static int read_text(const struct reader *r, const struct toml_value *v)
{
    struct bytes text = {0};
    int result = config_text(v, r->name, r->error, &text);
    if (result == 0 && text.size == 0)
        return toml_error_set(r->error, v->place, "%s is empty; leave the line out instead",
                              r->name);
    if (result == 0)
        memcpy(place_of(r), &text, sizeof(text));
    return result;
}

static int read_list(const struct reader *r, const struct toml_value *v)
{
    int result = wrong_type(r, v, TOML_ARRAY);
    if (result < 0)
        return result;
    const size_t count = v->array.count;
    struct bytes *items = policy_block_new(r->file, (count + 1) * sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    const bool text = r->key->type == KEY_TEXTS;
    for (size_t i = 0; result == 0 && i < count; i++) {
        const struct toml_value *item = v->array.items[i];
        result = text ? config_text(item, r->name, r->error, &items[i])
                      : read_hex_of(r, item, r->key->size, &items[i]);
        if (result == 0 && items[i].size == 0)
            return toml_error_set(r->error, item->place, "%s holds an empty text", r->name);
    }
    const struct bytes_list list = {items, count};
    if (result == 0)
        memcpy(place_of(r), &list, sizeof(list));
    return result;
}

/* ---- words ---- */

#define WORDS_MAX 12u

static void list_words(const struct policy_key *key, const char *names[static WORDS_MAX + 1])
{
    size_t count = 0;
    for (; count < WORDS_MAX && key->words[count].name != NULL; count++)
        names[count] = key->words[count].name;
    names[count] = NULL;
}

static int read_words(const struct reader *r, const struct toml_value *v)
{
    const char *names[WORDS_MAX + 1];
    list_words(r->key, names);
    int result = wrong_type(r, v, TOML_ARRAY);
    uint64_t bits = 0;
    for (size_t i = 0; result == 0 && i < v->array.count; i++) {
        const struct toml_value *item = v->array.items[i];
        if (item->type == TOML_STRING && item->string.size >= 9 &&
            memcmp(item->string.data, "OutOfDate", 9) == 0)
            return toml_error_set(r->error, item->place,
                                  "OutOfDate passes for a time only: set out_of_date_until");
        size_t index = 0;
        result = config_choice(item, r->name, names, r->error, &index);
        bits |= result == 0 ? r->key->words[index].bit : 0;
    }
    if (result == 0)
        set_uint(r, bits);
    return result;
}

static int read_word(const struct reader *r, const struct toml_value *v)
{
    const char *names[WORDS_MAX + 1];
    size_t index = 0;
    list_words(r->key, names);
    int result = config_choice(v, r->name, names, r->error, &index);
    if (result == 0)
        set_uint(r, r->key->words[index].bit);
    return result;
}

/* ---- tables ---- */

static int read_tcb(const struct reader *r, const struct toml_value *v, struct snp_tcb *tcb)
{
    static const char *const names[] = {"fmc", "bootloader", "tee", "snp", "microcode", NULL};
    uint8_t *const parts[] = {&tcb->fmc, &tcb->bootloader, &tcb->tee, &tcb->snp, &tcb->microcode};
    int result = wrong_type(r, v, TOML_TABLE);
    if (result == 0)
        result = config_keys(v, names, r->error);
    for (size_t i = 0; result == 0 && i < ARRAY_COUNT(parts); i++) {
        const struct toml_value *part = toml_get(v, names[i]);
        uint64_t number = 0;
        if (part != NULL)
            result = read_number(r, part, 1, &number);
        *parts[i] = (uint8_t)number;
    }
    return result;
}

static int read_tcbs(const struct reader *r, const struct toml_value *v)
{
    static const char *const names[] = {"milan", "genoa", "turin", NULL};
    static const enum product products[] = {PRODUCT_MILAN, PRODUCT_GENOA, PRODUCT_TURIN};
    struct snp_tcb tcbs[PRODUCT_COUNT] = {0};
    int result = wrong_type(r, v, TOML_TABLE);
    if (result == 0)
        result = config_keys(v, names, r->error);
    for (size_t i = 0; result == 0 && i < ARRAY_COUNT(products); i++) {
        const struct toml_value *tcb = toml_get(v, names[i]);
        if (tcb != NULL)
            result = read_tcb(r, tcb, &tcbs[products[i]]);
    }
    if (result == 0)
        memcpy(place_of(r), tcbs, sizeof(tcbs));
    return result;
}

static int read_advisories(const struct reader *r, const struct toml_value *v)
{
    int result = wrong_type(r, v, TOML_TABLE);
    if (result < 0)
        return result;
    const size_t count = v->table.count;
    struct advisory *list = policy_block_new(r->file, (count + 1) * sizeof(*list));
    if (list == NULL)
        return -ENOMEM;
    for (size_t i = 0; result == 0 && i < count; i++) {
        const struct toml_pair *pair = &v->table.pairs[i];
        list[i].id = pair->key;
        result =
            config_text(pair->value, toml_quote(pair->key).text, r->error, &list[i].mitigation);
        if (result == 0 && list[i].mitigation.size == 0)
            return toml_error_set(r->error, pair->value->place, "say how the program mitigates %s",
                                  toml_quote(pair->key).text);
    }
    struct intel_policy *tcb =
        (struct intel_policy *)((uint8_t *)place_of(r) - offsetof(struct intel_policy, advisories));
    if (result == 0) {
        tcb->advisories = list;
        tcb->advisory_count = count;
    }
    return result;
}

/* ---- all of them ---- */

typedef int read_value(const struct reader *r, const struct toml_value *v);

static read_value *const readers[] = {
    [KEY_BOOL] = read_bool,         [KEY_UINT] = read_uint,
    [KEY_OPTIONAL] = read_optional, [KEY_TEXT] = read_text,
    [KEY_TEXTS] = read_list,        [KEY_HEX] = read_hex,
    [KEY_HEXES] = read_list,        [KEY_CHIPS] = read_list,
    [KEY_WORDS] = read_words,       [KEY_BITS] = read_bits,
    [KEY_MASKED] = read_masked,     [KEY_TIME] = read_time,
    [KEY_WORD] = read_word,         [KEY_VERSION] = read_version,
    [KEY_TCBS] = read_tcbs,         [KEY_ADVISORIES] = read_advisories,
};

int policy_value_read(const struct policy_key *key, const struct toml_value *value,
                      struct policy_file *file, struct toml_error *error)
{
    const char *dot = strchr(key->name, '.');
    const struct reader r = {key, dot == NULL ? key->name : dot + 1, file, error};
    return readers[key->type](&r, value);
}
