/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over the table of commands; see docs.h. */
#include "host/cli/docs.h"

static void visit(FILE *out, const struct command *c, const char *path, docs_put *put)
{
    put(out, c, path);
    for (size_t i = 0; i < c->command_count; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s %s", path, c->commands[i].name);
        visit(out, &c->commands[i], name, put);
    }
}

void docs_each(FILE *out, docs_put *put) { visit(out, &command_root, command_root.name, put); }
