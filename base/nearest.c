/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance; see nearest.h. */
#include "base/nearest.h"

enum { LENGTH_MAX = 31 };

static size_t min_of(size_t a, size_t b) { return a < b ? a : b; }

/* How many letters to add, drop or replace to get from one to the other
 * (Levenshtein). Neither is longer than LENGTH_MAX. */
static size_t distance(struct bytes a, struct bytes b)
{
    size_t row[LENGTH_MAX + 1];
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            const size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            row[j] = min_of(replaced, min_of(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.size];
}

const char *nearest_word(struct bytes word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t best_distance = (word.size + 2) / 3 + 1; /* one slip in three letters */
    for (size_t i = 0; i < count && word.size <= LENGTH_MAX; i++) {
        const struct bytes candidate = bytes_of_text(words[i]);
        if (candidate.size > LENGTH_MAX)
            continue;
        const size_t d = distance(word, candidate);
        if (d < best_distance && d < candidate.size) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}
