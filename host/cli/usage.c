/* SPDX-License-Identifier: Apache-2.0 */
/* --help from the table of commands; see docs.h. */
#include "host/cli/docs.h"

#include <string.h>

#define WIDTH  80u
#define COLUMN 26u /* where explanations start */

/* Prints words from `column` on, broken before WIDTH, further lines `indent` in. */
static size_t print_words(FILE *out, const char *text, size_t indent, size_t column)
{
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > indent && column + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        if (column > indent)
            column += (size_t)fprintf(out, " ");
        column += (size_t)fprintf(out, "%.*s", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
    return column;
}

/* "  TERM", then what it means beside it, or below where TERM is long. */
static size_t print_term(FILE *out, const char *term, const char *text)
{
    size_t column = (size_t)fprintf(out, "  %s", term);
    if (column + 2 > COLUMN) {
        fprintf(out, "\n");
        column = 0;
    }
    fprintf(out, "%*s", (int)(COLUMN - column), "");
    return print_words(out, text, COLUMN, COLUMN);
}

static void print_entry(FILE *out, const char *term, const char *text)
{
    print_term(out, term, text);
    fprintf(out, "\n");
}

static void print_synopsis(FILE *out, const struct command *c, const char *path)
{
    fprintf(out, "usage: %s%s", path, c->option_count > 1 ? " [OPTION]..." : "");
    if (c->id == COMMAND_GROUP)
        fprintf(out, " COMMAND");
    for (size_t i = 0; i < c->argument_count; i++) {
        const struct argument *a = &c->arguments[i];
        fprintf(out, a->rest ? " [%s]..." : a->optional ? " [%s]" : " %s", a->name);
    }
    fprintf(out, "\n\n");
}

static void print_paragraph(FILE *out, const char *text)
{
    print_words(out, text, 0, 0);
    fprintf(out, "\n");
}

static void print_commands(FILE *out, const struct command *c)
{
    if (c->command_count > 0)
        fprintf(out, "\nCommands:\n");
    for (size_t i = 0; i < c->command_count; i++)
        print_entry(out, c->commands[i].name, c->commands[i].summary);
}

static void print_arguments(FILE *out, const struct command *c)
{
    if (c->argument_count > 0)
        fprintf(out, "\nArguments:\n");
    for (size_t i = 0; i < c->argument_count; i++)
        print_entry(out, c->arguments[i].name, c->arguments[i].help);
}

/* " [WHAT]" after the explanation. */
static size_t print_extra(FILE *out, const char *label, const char *what, size_t column)
{
    char text[160];
    snprintf(text, sizeof(text), "[%s%s]", label, what);
    return print_words(out, text, COLUMN, column);
}

static void print_option(FILE *out, const struct option *o)
{
    char text[128];
    snprintf(text, sizeof(text), "%s%s%s%s%s", o->name, o->alias != NULL ? ", " : "",
             o->alias != NULL ? o->alias : "", o->value != NULL ? " " : "",
             o->value != NULL ? o->value : "");
    size_t column = print_term(out, text, o->help);
    if (o->choices != NULL) {
        choices_join(o->choices, text, sizeof(text));
        column = print_extra(out, "one of: ", text, column);
    }
    if (o->variable != NULL)
        print_extra(out, "", o->variable, column);
    fprintf(out, "\n");
}

static void print_options(FILE *out, const struct command *c)
{
    fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < c->option_count; i++)
        print_option(out, &c->options[i]);
}

void usage_print(FILE *out, const struct command *c, const char *path)
{
    print_synopsis(out, c, path);
    fprintf(out, "%s.\n", c->summary);
    if (c->details != NULL)
        print_paragraph(out, c->details);
    print_commands(out, c);
    print_arguments(out, c);
    print_options(out, c);
    if (c->id == COMMAND_GROUP)
        fprintf(out, "\n'%s COMMAND --help' explains one.\n", path);
}
