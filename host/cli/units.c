/* SPDX-License-Identifier: Apache-2.0 */
/* A number and its unit, if any; see units.h. */
#include "host/cli/units.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t value;
};

static const struct unit sizes[] = {
    {"", 1},
    {"K", 1ull << 10},
    {"M", 1ull << 20},
    {"G", 1ull << 30},
};

static const struct unit durations[] = {
    {"ms", 1},
    {"s", 1000},
    {"m", 60 * 1000},
    {"h", 60 * 60 * 1000},
};

static int parse(const char *text, const struct unit *units, size_t count, uint64_t *out)
{
    uint64_t number = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (unsigned)(*c - '0'), &number))
            return -EINVAL;
    }
    if (number == 0)
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(c, units[i].name) == 0)
            return __builtin_mul_overflow(number, units[i].value, out) ? -EINVAL : 0;
    }
    return -EINVAL;
}

int count_parse(const char *text, uint32_t max, uint32_t *count)
{
    static const struct unit none = {"", 1};
    uint64_t number;
    if (parse(text, &none, 1, &number) < 0 || number > max)
        return -EINVAL;
    *count = (uint32_t)number;
    return 0;
}

int size_parse(const char *text, uint64_t *bytes)
{
    return parse(text, sizes, ARRAY_COUNT(sizes), bytes);
}

int duration_parse(const char *text, uint64_t *milliseconds)
{
    return parse(text, durations, ARRAY_COUNT(durations), milliseconds);
}
