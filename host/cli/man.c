/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page from the table of commands, in mdoc(7); see docs.h. */
#include "host/cli/docs.h"

#include <string.h>

#define RELEASED "November 23, 2026"
#define WIDTH    72u /* of the source */

static void put_character(FILE *out, char c)
{
    if (c == '\\')
        fputs("\\e", out);
    else if (c == '-')
        fputs("\\-", out);
    else
        fputc(c, out);
}

/* Text inside a macro's argument: one word, whatever it holds. */
static void put_word(FILE *out, const char *word)
{
    fputc('"', out);
    for (; *word != '\0'; word++) {
        if (*word == '"')
            fputs("\\(dq", out);
        else
            put_character(out, *word);
    }
    fputc('"', out);
}

/* Running text: each sentence starts a line, as mdoc wants it, and no line is
 * long. What would be a request or the end of a sentence elsewhere is escaped. */
static void put_text(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > 0 && column + length < WIDTH)
            column += (size_t)fprintf(out, " ");
        else if (column > 0)
            column = (size_t)fprintf(out, "\n") - 1;
        bool last = strchr(".?!", text[length - 1]) != NULL;
        if (strchr(".'", *text) != NULL)
            fputs("\\&", out);
        for (size_t i = 0; i < length; i++)
            put_character(out, text[i]);
        column = last ? WIDTH : column + length;
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

static void put_option(FILE *out, const struct option *o)
{
    fprintf(out, ".It Fl ");
    put_word(out, o->name + 1);
    if (o->alias != NULL) {
        fprintf(out, " , Fl ");
        put_word(out, o->alias + 1);
    }
    if (o->value != NULL) {
        fprintf(out, " Ar ");
        put_word(out, o->value);
    }
    fputc('\n', out);
    put_text(out, o->help);
    if (o->choices != NULL) {
        char known[128];
        choices_join(o->choices, known, sizeof(known));
        fprintf(out, "One of: %s.\n", known);
    }
    if (o->variable != NULL)
        fprintf(out, "The environment variable\n.Ev %s\nstands in for it.\n", o->variable);
}

static void put_synopsis(FILE *out, const struct command *c, const char *path)
{
    const char *words = strchr(path, ' ');
    if (c->id == COMMAND_GROUP)
        return;
    fprintf(out, ".Nm\n.Cm %s\n", words != NULL ? words + 1 : "");
    if (c->option_count > 1)
        fprintf(out, ".Op Ar option ...\n");
    for (size_t i = 0; i < c->argument_count; i++) {
        fprintf(out, c->arguments[i].rest || c->arguments[i].optional ? ".Op Ar " : ".Ar ");
        put_word(out, c->arguments[i].name);
        fprintf(out, c->arguments[i].rest ? " ...\n" : "\n");
    }
}

static void put_section(FILE *out, const struct command *c, const char *path)
{
    if (c->id == COMMAND_GROUP)
        return;
    fprintf(out, ".Ss %s\n", path);
    fprintf(out, "%s.\n", c->summary);
    if (c->details != NULL)
        put_text(out, c->details);
    fprintf(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < c->argument_count; i++) {
        fprintf(out, ".It Ar ");
        put_word(out, c->arguments[i].name);
        fputc('\n', out);
        put_text(out, c->arguments[i].help);
    }
    for (size_t i = 0; i < c->option_count; i++)
        put_option(out, &c->options[i]);
    fprintf(out, ".El\n");
}

static void put_entries(FILE *out, const char *section, const char *macro,
                        const struct entry *entries)
{
    fprintf(out, ".Sh %s\n.Bl -tag -width Ds\n", section);
    for (; entries->name != NULL; entries++) {
        fprintf(out, ".It %s ", macro);
        put_word(out, entries->name);
        fputc('\n', out);
        put_text(out, entries->text);
    }
    fprintf(out, ".El\n");
}

static void put_examples(FILE *out)
{
    fprintf(out, ".Sh EXAMPLES\n");
    for (const struct entry *e = command_examples; e->name != NULL; e++) {
        if (e > command_examples)
            fprintf(out, ".Pp\n");
        put_text(out, e->text);
        fprintf(out, ".Dl ");
        for (const char *c = e->name; *c != '\0'; c++)
            put_character(out, *c);
        fputc('\n', out);
    }
}

void man_print(FILE *out)
{
    const struct command *root = &command_root;
    fprintf(out, ".\\\" Made from the table of commands; changes here are lost.\n"
                 ".Dd " RELEASED "\n.Dt ENARX 1\n.Os\n"
                 ".Sh NAME\n.Nm enarx\n.Nd run WebAssembly programs in keeps\n.Sh SYNOPSIS\n");
    docs_each(out, put_synopsis);
    fprintf(out,
            ".Sh DESCRIPTION\n%s.\n.Pp\nThe options of\n.Nm\nitself are:\n.Bl -tag -width Ds\n",
            root->summary);
    for (size_t i = 0; i < root->option_count; i++)
        put_option(out, &root->options[i]);
    fprintf(out, ".El\n.Pp\nThe value of an option may also follow an equals sign, as in\n"
                 ".Fl \\-timeout Ns = Ns Ar 30s .\n");
    docs_each(out, put_section);
    put_entries(out, "ENVIRONMENT", "Ev", command_variables);
    put_entries(out, "FILES", "Pa", command_files);
    put_entries(out, "EXIT STATUS", "Li", command_statuses);
    put_examples(out);
}
