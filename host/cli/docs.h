/* SPDX-License-Identifier: Apache-2.0 */
/* What is made from the table of commands. Write errors stay with `out`. */
#ifndef HOST_CLI_DOCS_H
#define HOST_CLI_DOCS_H

#include "host/cli/command.h"

#include <stdio.h>

/* Calls `put` for every command, a group before what is in it. */
typedef void docs_put(FILE *out, const struct command *c, const char *path);
void docs_each(FILE *out, docs_put *put);

/* The --help of `c`, whose full name is `path`. */
void usage_print(FILE *out, const struct command *c, const char *path);

/* enarx(1), in mdoc(7). */
void man_print(FILE *out);

/* Completion for bash. */
void completion_print(FILE *out);

#endif
