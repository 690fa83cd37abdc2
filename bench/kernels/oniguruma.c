/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oniguruma: count the matches of a few patterns in prose.
 */
#include "bench.h"

#include <oniguruma.h>
#include <string.h>

enum { SIZE = 1 << 20 };

static unsigned count(const char *pattern, const OnigUChar *text)
{
    const OnigUChar *from = (const OnigUChar *)pattern, *end = text + SIZE;
    OnigRegion *region = onig_region_new();
    unsigned n = 0;
    regex_t *re;
    int bad = onig_new(&re, from, from + strlen(pattern), ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
                       ONIG_SYNTAX_RUBY, NULL);

    bench_need(!bad, "onig_new");
    for (const OnigUChar *at = text; at < end; n++) {
        if (onig_search(re, text, end, at, end, region, ONIG_OPTION_NONE) < 0)
            break;
        at = text + region->end[0] > at ? text + region->end[0] : at + 1;
    }
    onig_region_free(region, 1);
    onig_free(re);
    return n;
}

void kernel(struct bench *b)
{
    static const char *const patterns[] = {
        "\\b(\\w+) \\1\\b",
        "[aeiou]{3,}\\w*",
        "(?i)the|and|(?:of|to)n",
        "\\w+ing\\b",
    };
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    OnigUChar *text = bench_alloc(SIZE);
    unsigned n = 0;

    bench_text((char *)text, SIZE);
    onig_initialize(encodings, 1);
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++)
        for (size_t j = 0; j < sizeof(patterns) / sizeof(patterns[0]); j++)
            n += count(patterns[j], text);
    bench_stop(b);
    bench_sum(b, &n, sizeof(n));
}
