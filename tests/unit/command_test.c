/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of command lines: every spelling, every mistake. */
/* links: host/cli/command.c host/cli/commands.c host/cli/commands_attest.c host/cli/commands_deploy.c host/cli/commands_host.c host/cli/commands_key.c host/cli/commands_steward.c base/nearest.c base/cur.c */
#include "host/cli/command.h"

#include "host/backend_list.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16

/* Words must outlive the line. */
struct typed {
    char text[256];
    char *words[WORDS_MAX];
    struct line line;
};

/* Parses "enarx" and the words of `text`, which single blanks separate. */
static int parse(struct typed *t, const char *text)
{
    int count = 0;
    *t = (struct typed){0};
    snprintf(t->text, sizeof(t->text), "enarx %s", text);
    for (char *word = t->text; word != NULL && *word != '\0';) {
        t->words[count++] = word;
        word = strchr(word, ' ');
        if (word != NULL)
            *word++ = '\0';
    }
    return line_parse(count, t->words, &t->line);
}

static void accepts(struct typed *t, const char *text)
{
    if (parse(t, text) != 0)
        fail_msg("'%s' is refused: %s", text, t->line.error);
}

static void refuses(const char *text, const char *error)
{
    struct typed t;
    assert_int_equal(parse(&t, text), -EINVAL);
    assert_string_equal(t.line.error, error);
    line_fini(&t.line);
}

/* `before` and the names of all backends, whichever this build has. */
static void refuses_backend(const char *text, const char *before)
{
#define NAME(ident, name) ", " name
    static const char names[] = BACKEND_LIST(NAME);
#undef NAME
    char error[256];
    snprintf(error, sizeof(error), "%s%s", before, names + 2);
    refuses(text, error);
}

static void finds_commands(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "platform info");
    assert_int_equal(t.line.command->id, COMMAND_PLATFORM_INFO);
    assert_string_equal(t.line.path, "enarx platform info");
    line_fini(&t.line);
    accepts(&t, "config check Enarx.toml");
    assert_int_equal(t.line.command->id, COMMAND_CONFIG_CHECK);
    assert_string_equal(t.line.args[0], "Enarx.toml");
    line_fini(&t.line);
    accepts(&t, "platform");
    assert_int_equal(t.line.command->id, COMMAND_GROUP);
    line_fini(&t.line);
    accepts(&t, "");
    assert_ptr_equal(t.line.command, &command_root);
    line_fini(&t.line);
}

static void takes_values_in_either_form(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "run --timeout 30s --env=A=B=C --quiet -j app.wasm");
    assert_string_equal(line_setting(&t.line, OPTION_TIMEOUT)->value, "30s");
    assert_string_equal(line_setting(&t.line, OPTION_ENV)->value, "A=B=C");
    assert_true(line_has(&t.line, OPTION_QUIET));
    assert_true(line_has(&t.line, OPTION_JSON));
    assert_false(line_has(&t.line, OPTION_DIR));
    line_fini(&t.line);
    accepts(&t, "run --timeout= app.wasm");
    assert_string_equal(line_setting(&t.line, OPTION_TIMEOUT)->value, "");
    line_fini(&t.line);
}

static void takes_letters_together(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "run -qj app.wasm");
    assert_true(line_has(&t.line, OPTION_QUIET));
    assert_true(line_has(&t.line, OPTION_JSON));
    assert_string_equal(t.line.args[0], "app.wasm");
    line_fini(&t.line);
    accepts(&t, "attest evidence -jo folder");
    assert_string_equal(line_setting(&t.line, OPTION_OUTPUT)->value, "folder");
    line_fini(&t.line);
    refuses("run -qx app.wasm", "unknown option '-x'; see 'enarx run --help'");
}

static void last_value_wins(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "run --config a --wasmcfgfile b app.wasm");
    assert_string_equal(line_setting(&t.line, OPTION_CONFIG)->value, "b");
    assert_int_equal(t.line.setting_count, 2);
    line_fini(&t.line);
}

static void options_end_at_the_program(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "run --quiet app.wasm --json -- --help");
    assert_int_equal(t.line.arg_count, 4);
    assert_string_equal(t.line.args[1], "--json");
    assert_string_equal(t.line.args[2], "--");
    assert_string_equal(t.line.args[3], "--help");
    assert_int_equal(t.line.setting_count, 1);
    assert_int_equal(t.line.asked, ASKED_RUN);
    line_fini(&t.line);
}

static void double_dash_ends_options(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "run -- --odd.wasm x");
    assert_string_equal(t.line.args[0], "--odd.wasm");
    assert_int_equal(t.line.arg_count, 2);
    line_fini(&t.line);
}

static void options_may_follow_other_arguments(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "config check FILE --help");
    assert_int_equal(t.line.asked, ASKED_HELP);
    line_fini(&t.line);
    accepts(&t, "config check -");
    assert_string_equal(t.line.args[0], "-");
    line_fini(&t.line);
}

static void help_and_version_answer_at_once(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "run --help --nonsense");
    assert_int_equal(t.line.asked, ASKED_HELP);
    assert_int_equal(t.line.command->id, COMMAND_RUN);
    line_fini(&t.line);
    accepts(&t, "help");
    assert_int_equal(t.line.asked, ASKED_HELP);
    assert_ptr_equal(t.line.command, &command_root);
    line_fini(&t.line);
    accepts(&t, "help platform info");
    assert_int_equal(t.line.asked, ASKED_HELP);
    assert_string_equal(t.line.path, "enarx platform info");
    line_fini(&t.line);
    accepts(&t, "-V run");
    assert_int_equal(t.line.asked, ASKED_VERSION);
    line_fini(&t.line);
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    refuses("rum", "unknown command 'rum'; did you mean 'run'?");
    refuses("help fly", "unknown command 'fly'; see 'enarx --help'");
    refuses("fly", "unknown command 'fly'; see 'enarx --help'");
    refuses("platform inof", "unknown command 'inof'; did you mean 'info'?");
    refuses("run --tiemout=1s a", "unknown option '--tiemout'; did you mean '--timeout'?");
    refuses("run -x a", "unknown option '-x'; see 'enarx run --help'");
    refuses("--quiet", "unknown option '--quiet'; see 'enarx --help'");
    refuses_backend("run --backend moon a", "--backend: there is no 'moon'; known: ");
    refuses("run --compiler llvm a", "--compiler: there is no 'llvm'; known: cranelift, winch");
}

static void refuses_what_is_missing_or_too_much(void **state)
{
    (void)state;
    refuses("run", "APP.wasm is missing; see 'enarx run --help'");
    refuses("run --quiet --", "APP.wasm is missing; see 'enarx run --help'");
    refuses("run --env", "--env needs a value: --env NAME[=VALUE]");
    refuses("run --quiet=yes a", "--quiet takes no value; leave out '=yes'");
    refuses("config check", "FILE is missing; see 'enarx config check --help'");
    refuses("config check a b", "unexpected 'b'; see 'enarx config check --help'");
    refuses("config init a", "unexpected 'a'; see 'enarx config init --help'");
}

static void a_program_to_measure_may_be_missing(void **state)
{
    (void)state;
    struct typed t;
    accepts(&t, "measure --json");
    assert_int_equal(t.line.arg_count, 0);
    line_fini(&t.line);
    accepts(&t, "measure app.wasm --json");
    assert_int_equal(t.line.arg_count, 2);
    assert_string_equal(t.line.args[1], "--json");
    line_fini(&t.line);
}

static void long_words_are_cut(void **state)
{
    (void)state;
    struct typed t;
    char text[240];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(parse(&t, text), -EINVAL);
    assert_non_null(strstr(t.line.error, "enarx --help"));
    line_fini(&t.line);
}

static void environment_stands_in(void **state)
{
    (void)state;
    struct typed t;
    setenv("ENARX_WASMCFGFILE", "from.toml", 1);
    setenv("ENARX_BACKEND", "", 1);
    accepts(&t, "run app.wasm");
    assert_string_equal(line_setting(&t.line, OPTION_CONFIG)->value, "from.toml");
    assert_string_equal(line_setting(&t.line, OPTION_CONFIG)->from, "ENARX_WASMCFGFILE");
    assert_null(line_setting(&t.line, OPTION_BACKEND));
    line_fini(&t.line);
    accepts(&t, "run --config typed.toml app.wasm");
    assert_string_equal(line_setting(&t.line, OPTION_CONFIG)->value, "typed.toml");
    line_fini(&t.line);
    setenv("ENARX_BACKEND", "moon", 1);
    refuses_backend("run app.wasm", "ENARX_BACKEND: there is no 'moon'; known: ");
    accepts(&t, "run --backend nil app.wasm");
    line_fini(&t.line);
    accepts(&t, "cache");
    line_fini(&t.line);
    unsetenv("ENARX_BACKEND");
    unsetenv("ENARX_WASMCFGFILE");
}

static void no_words_at_all(void **state)
{
    (void)state;
    struct line line;
    char *none[] = {NULL, NULL};
    assert_int_equal(line_parse(0, none, &line), 0);
    assert_ptr_equal(line.command, &command_root);
    line_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_commands),
        cmocka_unit_test(takes_values_in_either_form),
        cmocka_unit_test(takes_letters_together),
        cmocka_unit_test(last_value_wins),
        cmocka_unit_test(options_end_at_the_program),
        cmocka_unit_test(double_dash_ends_options),
        cmocka_unit_test(options_may_follow_other_arguments),
        cmocka_unit_test(help_and_version_answer_at_once),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(refuses_what_is_missing_or_too_much),
        cmocka_unit_test(a_program_to_measure_may_be_missing),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(environment_stands_in),
        cmocka_unit_test(no_words_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
