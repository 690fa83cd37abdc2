/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of command lines; see command.h. */
#include "host/cli/command.h"

#include "base/nearest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 64u

struct parser {
    struct line *line;
    char **next;
    char **end;
    bool options_over;
};

format_like(2, 3) static int wrong(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(line->error, sizeof(line->error), format, args);
    va_end(args);
    return -EINVAL;
}

/* ---- what is there to choose from ---- */

/* A single letter is too short to guess from. */
static size_t list_options(const struct command *c, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < c->option_count && count + 2 <= NAMES_MAX; i++) {
        names[count++] = c->options[i].name;
        if (c->options[i].alias != NULL && strlen(c->options[i].alias) > 2)
            names[count++] = c->options[i].alias;
    }
    return count;
}

static size_t list_commands(const struct command *c, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < c->command_count && count < NAMES_MAX; i++)
        names[count++] = c->commands[i].name;
    return count;
}

static int unknown(struct line *line, const char *kind, const char *word, int length,
                   size_t (*list)(const struct command *c, const char **names))
{
    const char *names[NAMES_MAX];
    char text[64];
    snprintf(text, sizeof(text), "%.*s", length, word);
    const char *meant = nearest_word(bytes_of_text(text), names, list(line->command, names));
    if (meant != NULL)
        return wrong(line, "unknown %s '%s'; did you mean '%s'?", kind, text, meant);
    return wrong(line, "unknown %s '%s'; see '%s --help'", kind, text, line->path);
}

/* ---- options ---- */

static bool is_spelled(const char *name, const char *text, size_t length)
{
    return name != NULL && strlen(name) == length && memcmp(name, text, length) == 0;
}

static const struct option *find_option(const struct command *c, const char *text, size_t length)
{
    for (size_t i = 0; i < c->option_count; i++) {
        const struct option *o = &c->options[i];
        if (is_spelled(o->name, text, length) || is_spelled(o->alias, text, length))
            return o;
    }
    return NULL;
}

void choices_join(const char *const *choices, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; choices[i] != NULL && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", choices[i]);
}

static int check_choice(struct line *line, const struct setting *s)
{
    const char *const *choices = s->option->choices;
    if (choices == NULL)
        return 0;
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], s->value) == 0)
            return 0;
    }
    char known[128];
    choices_join(choices, known, sizeof(known));
    return wrong(line, "%s: there is no '%.64s'; known: %s", s->from, s->value, known);
}

static int add_setting(struct line *line, const struct option *o, const char *from,
                       const char *value)
{
    struct setting *s = &line->settings[line->setting_count++];
    *s = (struct setting){.option = o, .from = from, .value = value};
    return check_choice(line, s);
}

static int take_option(struct parser *p, const char *text)
{
    struct line *line = p->line;
    const char *equals = strncmp(text, "--", 2) == 0 ? strchr(text, '=') : NULL;
    size_t length = equals != NULL ? (size_t)(equals - text) : strlen(text);
    const struct option *o = find_option(line->command, text, length);
    if (o == NULL)
        return unknown(line, "option", text, length < 64 ? (int)length : 63, list_options);
    if (o->value == NULL && equals != NULL)
        return wrong(line, "%s takes no value; leave out '%.64s'", o->name, equals);
    if (o->value == NULL)
        return add_setting(line, o, o->name, NULL);
    if (equals != NULL)
        return add_setting(line, o, o->name, equals + 1);
    if (p->next == p->end)
        return wrong(line, "%s needs a value: %s %s", o->name, o->name, o->value);
    return add_setting(line, o, o->name, *p->next++);
}

/* What is typed counts for more than what is in the environment. */
static int take_environment(struct line *line)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < line->command->option_count; i++) {
        const struct option *o = &line->command->options[i];
        const char *value = o->variable == NULL ? NULL : getenv(o->variable);
        if (value != NULL && value[0] != '\0' && !line_has(line, o->id))
            error = add_setting(line, o, o->variable, value);
    }
    return error;
}

/* Letters behind one '-': "-qj" is "-q -j". */
static int take_letters(struct parser *p, const char *letters)
{
    int error = 0;
    for (; error == 0 && *letters != '\0'; letters++)
        error = take_option(p, (const char[]){'-', *letters, '\0'});
    return error;
}

/* ---- commands and arguments ---- */

static int take_command(struct line *line, const char *text)
{
    const struct command *c = line->command;
    for (size_t i = 0; i < c->command_count; i++) {
        if (strcmp(c->commands[i].name, text) != 0)
            continue;
        line->command = &c->commands[i];
        size_t length = strlen(line->path);
        snprintf(line->path + length, sizeof(line->path) - length, " %s", text);
        return 0;
    }
    return unknown(line, "command", text, 63, list_commands);
}

static bool takes_rest(const struct command *c)
{
    return c->argument_count > 0 && c->arguments[c->argument_count - 1].rest;
}

static int take_argument(struct parser *p, char *text)
{
    struct line *line = p->line;
    const struct command *c = line->command;
    if (c->id == COMMAND_GROUP)
        return take_command(line, text);
    if (line->arg_count == c->argument_count && !takes_rest(c))
        return wrong(line, "unexpected '%.64s'; see '%s --help'", text, line->path);
    line->args[line->arg_count++] = text;
    p->options_over = p->options_over || takes_rest(c);
    return 0;
}

static int take_word(struct parser *p, char *text)
{
    if (p->options_over || text[0] != '-' || text[1] == '\0')
        return take_argument(p, text);
    if (strcmp(text, "--") == 0) {
        p->options_over = true;
        return 0;
    }
    return text[1] == '-' ? take_option(p, text) : take_letters(p, text + 1);
}

static int check_complete(struct line *line)
{
    const struct command *c = line->command;
    if (line->arg_count >= c->argument_count)
        return 0;
    const struct argument *next = &c->arguments[line->arg_count];
    if (!next->optional && !next->rest)
        return wrong(line, "%s is missing; see '%s --help'", next->name, line->path);
    return 0;
}

static enum asked what_is_asked(const struct line *line)
{
    if (line_has(line, OPTION_HELP))
        return ASKED_HELP;
    return line_has(line, OPTION_VERSION) ? ASKED_VERSION : ASKED_RUN;
}

/* "enarx help" and the names of a command: what its --help shows. */
static int take_help(struct parser *p)
{
    struct line *line = p->line;
    int error = 0;
    p->next++;
    while (error == 0 && p->next < p->end && line->command->id == COMMAND_GROUP &&
           (*p->next)[0] != '-')
        error = take_command(line, *p->next++);
    line->asked = ASKED_HELP;
    return error;
}

/* Words up to the end, or to a question that makes the rest irrelevant. */
static int take_words(struct parser *p)
{
    struct line *line = p->line;
    int error = 0;
    while (error == 0 && p->next < p->end && line->asked == ASKED_RUN) {
        error = take_word(p, *p->next++);
        line->asked = what_is_asked(line);
    }
    return error;
}

int line_parse(int argc, char **argv, struct line *line)
{
    size_t words = argc > 1 ? (size_t)argc - 1 : 0;
    *line = (struct line){.command = &command_root};
    snprintf(line->path, sizeof(line->path), "%s", command_root.name);
    line->settings = calloc(words + NAMES_MAX, sizeof(*line->settings));
    line->args = calloc(words + 1, sizeof(*line->args));
    if (line->settings == NULL || line->args == NULL)
        return -ENOMEM;
    struct parser p = {.line = line, .next = argv + 1, .end = argv + 1 + words};
    int error = words > 0 && strcmp(argv[1], "help") == 0 ? take_help(&p) : take_words(&p);
    if (error < 0 || line->asked != ASKED_RUN)
        return error;
    error = check_complete(line);
    return error < 0 ? error : take_environment(line);
}

void line_fini(struct line *line)
{
    free(line->settings);
    free(line->args);
    *line = (struct line){.command = &command_root};
}

const struct setting *line_setting(const struct line *line, enum option_id id)
{
    for (size_t i = line->setting_count; i > 0; i--) {
        if (line->settings[i - 1].option->id == id)
            return &line->settings[i - 1];
    }
    return NULL;
}

const char *line_value(const struct line *line, enum option_id id)
{
    const struct setting *s = line_setting(line, id);
    return s == NULL ? NULL : s->value;
}

bool line_has(const struct line *line, enum option_id id) { return line_setting(line, id) != NULL; }
