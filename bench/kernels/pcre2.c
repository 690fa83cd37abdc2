/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCRE2, interpreted: count the matches of a few patterns in prose.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "bench.h"

#include <pcre2.h>
#include <string.h>

enum { SIZE = 1 << 20 };

static unsigned count(const char *pattern, const char *text)
{
    int error;
    size_t at = 0, where;
    unsigned n = 0;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern), PCRE2_UTF, &error, &where, NULL);

    bench_need(code != NULL, "pcre2_compile");
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    while (pcre2_match(code, (PCRE2_SPTR)text, SIZE, at, PCRE2_NO_UTF_CHECK, match, NULL) > 0) {
        size_t end = pcre2_get_ovector_pointer(match)[1];
        at = end > at ? end : at + 1;
        n++;
    }
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return n;
}

void kernel(struct bench *b)
{
    static const char *const patterns[] = {
        "\\b(\\w+) \\1\\b", "[aeiou]{3,}\\w*",    "(?i)THE|and|(?:of|to)n",
        "\\w+ing\\b",       "(?<=e )[^ ]+(?= t)",
    };
    char *text = bench_alloc(SIZE);
    unsigned n = 0;

    bench_text(text, SIZE);
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++)
        for (size_t j = 0; j < sizeof(patterns) / sizeof(patterns[0]); j++)
            n += count(patterns[j], text);
    bench_stop(b);
    bench_sum(b, &n, sizeof(n));
}
