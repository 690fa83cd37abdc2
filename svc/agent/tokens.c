/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens; see tokens.h. */
#include "svc/agent/tokens.h"

#include "base/hex.h"
#include "base/wipe.h"
#include "svc/agent/check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static struct bytes next_line(struct bytes *text)
{
    const uint8_t *end = memchr(text->data, '\n', text->size);
    const size_t size = end == NULL ? text->size : (size_t)(end - text->data);
    const struct bytes line = {.data = text->data, .size = size};
    text->data += end == NULL ? size : size + 1;
    text->size -= end == NULL ? size : size + 1;
    return line;
}

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

static struct bytes next_word(struct bytes *line)
{
    while (line->size > 0 && is_space(line->data[0])) {
        line->data++;
        line->size--;
    }
    struct bytes word = {.data = line->data};
    while (word.size < line->size && !is_space(line->data[word.size]))
        word.size++;
    line->data += word.size;
    line->size -= word.size;
    return word;
}

static bool name_ok(struct bytes name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-";
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '\0' || strchr(allowed, name.data[i]) == NULL)
            return false;
    }
    return name.size > 0 && name.size <= TOKEN_NAME_MAX;
}

static bool is_known(const struct tokens *t, const struct token *new)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->rows[i].name, new->name) == 0 ||
            memcmp(t->rows[i].digest, new->digest, SHA256_SIZE) == 0)
            return true;
    }
    return false;
}

/* Null, or what is wrong with the line. */
static const char *add_line(struct tokens *t, struct bytes line)
{
    char digest[2 * SHA256_SIZE + 1] = "";
    struct token token = {0};
    const struct bytes name = next_word(&line), hex = next_word(&line);
    if (name.size == 0 || name.data[0] == '#')
        return NULL;
    if (!name_ok(name))
        return "begins with no name of at most 64 letters, digits and . _ @ -";
    if (hex.size == 2 * SHA256_SIZE)
        memcpy(digest, hex.data, hex.size);
    if (hex_parse(digest, token.digest, SHA256_SIZE) < 0 || next_word(&line).size > 0)
        return "is not NAME and the token's SHA-256 in 64 hexadecimal digits";
    if (t->count == TOKENS_MAX)
        return "is one more than the 1024 tokens that there may be";
    memcpy(token.name, name.data, name.size);
    if (is_known(t, &token))
        return "has a name or a token that another line has too";
    t->rows[t->count++] = token;
    return NULL;
}

int tokens_parse(struct bytes text, struct tokens *out, struct tokens_fault *fault)
{
    struct tokens t = {.rows = calloc(TOKENS_MAX, sizeof(*t.rows))};
    if (t.rows == NULL)
        return -ENOMEM;
    *fault = (struct tokens_fault){0};
    while (text.size > 0 && fault->why == NULL) {
        fault->line++;
        fault->why = add_line(&t, next_line(&text));
    }
    if (fault->why != NULL) {
        tokens_fini(&t);
        return -EINVAL;
    }
    *out = t;
    return 0;
}

void tokens_fini(struct tokens *t)
{
    free(t->rows);
    *t = (struct tokens){0};
}

const char *tokens_find(const struct tokens *t, struct bytes token)
{
    uint8_t digest[SHA256_SIZE];
    const char *found = NULL;
    if (sha256(token, digest) < 0)
        return NULL;
    for (size_t i = 0; i < t->count; i++) {
        if (CHECK(token_digest, equal_ct(t->rows[i].digest, digest, sizeof(digest))))
            found = t->rows[i].name;
    }
    wipe(digest, sizeof(digest));
    return found;
}
