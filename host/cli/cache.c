/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx cache`: what the cache of compiled code holds. */
#include "host/cli/cli.h"
#include "host/cli/message.h"
#include "host/code_cache.h"

#include <stdio.h>
#include <stdlib.h>

static const char *entries(size_t count) { return count == 1 ? "entry" : "entries"; }

static int clear(void)
{
    struct fault fault;
    size_t count;
    if (code_cache_clear(&count, &fault) < 0)
        return fail("%s", fault.text);
    printf("%zu %s removed\n", count, entries(count));
    return stdout_finish();
}

static int show(void)
{
    struct fault fault;
    struct code_cache_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return fail("out of memory");
    int error = code_cache_list(list, &fault);
    if (error == 0)
        printf("%s: %zu %s, %.1f of %.0f MiB\n", list->path, list->count, entries(list->count),
               (double)list->size / 0x1p20, (double)CODE_CACHE_SIZE_MAX / 0x1p20);
    free(list->entries);
    free(list);
    return error < 0 ? fail("%s", fault.text) : stdout_finish();
}

int cache_command(const struct line *line)
{
    return line_has(line, OPTION_CLEAR) ? clear() : show();
}
