/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of scripts; see step.h. Trusts the test that wrote them. */
#define _GNU_SOURCE
#include "tests/deploy/step.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

struct step step_parse(const char *text)
{
    struct step s = {.name = strdup(text)};
    char *rest = s.name;
    strsep(&rest, ",");
    for (char *word = strsep(&rest, ","); word != NULL; word = strsep(&rest, ",")) {
        if (s.count == ARRAY_COUNT(s.options))
            errx(2, "%s: too many options", text);
        s.options[s.count++] = word;
    }
    return s;
}

void step_fini(struct step *s) { free(s->name); }

const char *step_option(const struct step *s, const char *key)
{
    const size_t size = strlen(key);
    for (unsigned i = 0; i < s->count; i++) {
        const char *option = s->options[i];
        if (strncmp(option, key, size) != 0)
            continue;
        if (option[size] == '\0' || option[size] == '=')
            return option + size + (option[size] == '=');
    }
    return NULL;
}

uint64_t step_number(const struct step *s, const char *key, uint64_t otherwise)
{
    const char *value = step_option(s, key);
    char *rest;
    if (value == NULL)
        return otherwise;
    const uint64_t number = strtoull(value, &rest, 0);
    if (value[0] == '\0' || rest[0] != '\0')
        errx(2, "%s=%s: no number", key, value);
    return number;
}
