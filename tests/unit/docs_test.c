/* SPDX-License-Identifier: Apache-2.0 */
/* Help, manual page and completion hold all of the table, and are well formed. */
/* links: host/cli/command.c host/cli/commands.c host/cli/commands_attest.c host/cli/commands_deploy.c host/cli/commands_host.c host/cli/commands_key.c host/cli/commands_steward.c base/nearest.c base/cur.c host/cli/docs.c host/cli/usage.c host/cli/man.c host/cli/completion.c */
#define _GNU_SOURCE
#include "host/backend_list.h"
#include "host/cli/docs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *print(void (*write)(FILE *out))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    write(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* Removes what the page's language adds to a '-'. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (from[0] != '\\' || from[1] != '-')
            *to++ = *from;
    }
    *to = '\0';
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("there is no '%s'", part);
}

static void put_all_names(FILE *out, const struct command *c, const char *path)
{
    (void)path;
    for (size_t i = 0; i < c->option_count; i++) {
        if (c->options[i].alias != NULL && strlen(c->options[i].alias) > 2)
            fprintf(out, "%s\n", c->options[i].alias);
        fprintf(out, "%s\n", c->options[i].name);
    }
}

static void list_names(FILE *out) { docs_each(out, put_all_names); }

static void assert_has_all_options(const char *text, size_t skip)
{
    char *names = print(list_names);
    char *rest = names;
    for (char *name; (name = strsep(&rest, "\n")) != NULL && *name != '\0';)
        assert_has(text, name + skip);
    free(names);
}

static void manual_has_everything(void **state)
{
    (void)state;
    char *page = print(man_print);
    unescape(page);
    assert_has_all_options(page, 1); /* the macro makes the first '-' */
    for (const struct entry *e = command_statuses; e->name != NULL; e++)
        assert_has(page, e->name);
    for (const struct entry *e = command_variables; e->name != NULL; e++)
        assert_has(page, e->name);
    assert_has(page, "ENARX_BACKEND");
    free(page);
}

/* A line of text that began with a dot would be taken for a request. */
static void manual_has_only_known_requests(void **state)
{
    (void)state;
    static const char known[] =
        " .\\\" .Dd .Dt .Os .Sh .Nm .Nd .Cm .Op .Ar .Bl .It .El .Pp .Ev .Fl "
        ".Ss .Dl ";
    char *page = print(man_print);
    char *rest = page;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        assert_true(strlen(line) <= 80);
        assert_int_not_equal(line[0], '\'');
        if (line[0] != '.')
            continue;
        char request[32];
        snprintf(request, sizeof(request), " %.*s ", (int)strcspn(line, " "), line);
        assert_has(known, request);
    }
    free(page);
}

static void completion_has_everything(void **state)
{
    (void)state;
    char *script = print(completion_print);
    assert_has_all_options(script, 0);
    assert_has(script, "complete -F _enarx enarx\n");
#define NAME(ident, name) " " name
    assert_has(script, "offer=(-W '" BACKEND_LIST(NAME) "')");
#undef NAME
    assert_has(script, "'enarx run --config' | 'enarx run --wasmcfgfile') offer=(-f)");
    free(script);
}

static void print_help_of(FILE *out, const struct command *c, const char *path)
{
    usage_print(out, c, path);
}

static void print_all_help(FILE *out) { docs_each(out, print_help_of); }

static void help_fits_a_terminal(void **state)
{
    (void)state;
    char *help = print(print_all_help);
    assert_has_all_options(help, 0);
    assert_has(help, "usage: enarx run [OPTION]... APP.wasm [ARG]...\n");
    assert_has(help, "usage: enarx platform COMMAND\n");
    assert_has(help, "usage: enarx config init\n");
    char *rest = help;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        size_t length = strlen(line);
        assert_true(length <= 80);
        assert_true(length == 0 || line[length - 1] != ' ');
    }
    free(help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_has_everything),
        cmocka_unit_test(manual_has_only_known_requests),
        cmocka_unit_test(completion_has_everything),
        cmocka_unit_test(help_fits_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
