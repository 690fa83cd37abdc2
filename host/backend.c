/* SPDX-License-Identifier: Apache-2.0 */
/* The backends of this build, and how to choose one. Trusts their probes. */
#include "host/backend.h"

#include "host/backend_list.h"

#include <stdio.h>
#include <string.h>

#define DECLARE(ident, name) extern const struct backend ident##_backend;
BACKEND_LIST(DECLARE)
#undef DECLARE

#define ROW(ident, name) &ident##_backend,
const struct backend *const backends[] = {BACKEND_LIST(ROW)};
#undef ROW
const size_t backend_count = ARRAY_COUNT(backends);

const struct backend *backend_find(const char *name)
{
    for (size_t i = 0; i < backend_count; i++) {
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    }
    return NULL;
}

bool backend_probe(const struct backend *b, struct probe *failed)
{
    struct probe rows[PROBE_MAX];
    size_t count = b->probe(rows);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].ok)
            continue;
        *failed = rows[i];
        return false;
    }
    return true;
}

/* Appends to the line in `why` as far as there is room. */
static void tell(char *why, size_t size, const char *separator, const char *name, const char *text)
{
    size_t length = strlen(why);
    snprintf(why + length, size - length, "%s%s: %s", length > 0 ? separator : "", name, text);
}

const struct backend *backend_choose(const struct backend *const *from, size_t count, char *why,
                                     size_t why_size)
{
    why[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        struct probe failed;
        if (!from[i]->selectable)
            continue;
        if (backend_probe(from[i], &failed)) {
            if (why[0] == '\0')
                snprintf(why, why_size, "first in the order of preference, all its probes passed");
            return from[i];
        }
        tell(why, why_size, "; ", from[i]->name, failed.why);
    }
    return NULL;
}

const struct backend *backend_select(char *why, size_t why_size)
{
    return backend_choose(backends, backend_count, why, why_size);
}
