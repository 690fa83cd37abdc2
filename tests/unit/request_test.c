/* SPDX-License-Identifier: Apache-2.0 */
/* What `enarx run` understands of its options. Messages go to standard error. */
/* links: host/cli/request.c host/cli/command.c host/cli/commands.c base/nearest.c host/cli/units.c host/cli/message.c conf/manifest_check.c base/cur.c base/utf8.c base/put.c base/escape.c */
#include "host/cli/request.h"

#include "host/cli/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct asked_for {
    struct line line;
    struct request request;
};

/* Reads "enarx run", the words up to a null, "app.wasm" and "argument". */
static int ask(struct asked_for *a, char **words)
{
    char *argv[16] = {"enarx", "run"};
    int argc = 2;
    while (*words != NULL)
        argv[argc++] = *words++;
    argv[argc++] = "app.wasm";
    argv[argc++] = "argument";
    assert_int_equal(line_parse(argc, argv, &a->line), 0);
    return request_read(&a->line, &a->request);
}

static void done(struct asked_for *a)
{
    request_fini(&a->request);
    line_fini(&a->line);
}

#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})

static void assert_text(struct bytes text, const char *expected)
{
    assert_true(bytes_equal(text, bytes_of_text(expected)));
}

static void refuses(char **words, int status)
{
    struct asked_for a;
    assert_int_equal(ask(&a, words), status);
    done(&a);
}

static void has_defaults(void **state)
{
    (void)state;
    struct asked_for a;
    assert_int_equal(ask(&a, (char *[]){NULL}), 0);
    assert_string_equal(a.request.module, "app.wasm");
    assert_int_equal(a.request.arg_count, 1);
    assert_string_equal(a.request.args[0], "argument");
    assert_null(a.request.backend);
    assert_null(a.request.config);
    assert_int_equal(a.request.compiler, COMPILER_CRANELIFT);
    assert_int_equal(a.request.memory_size, 4ull << 30);
    assert_int_equal(a.request.timeout_ms, 0);
    done(&a);
}

static void reads_values(void **state)
{
    (void)state;
    struct asked_for a;
    assert_int_equal(ask(&a, WORDS("--backend", "nil", "--compiler", "winch", "--max-memory=64M",
                                   "--timeout=2m", "--config=E.toml", "-q", "-j")),
                     0);
    assert_string_equal(a.request.backend, "nil");
    assert_string_equal(a.request.config, "E.toml");
    assert_int_equal(a.request.compiler, COMPILER_WINCH);
    assert_int_equal(a.request.memory_size, 64 << 20);
    assert_int_equal(a.request.timeout_ms, 120000);
    assert_string_equal(a.request.timeout, "2m");
    assert_true(a.request.quiet);
    assert_true(a.request.json);
    done(&a);
}

static void reads_variables(void **state)
{
    (void)state;
    struct asked_for a;
    setenv("REQUEST_TEST", "from here", 1);
    assert_int_equal(ask(&a, WORDS("--env", "A=x=y", "--env", "B=", "--env", "REQUEST_TEST")), 0);
    assert_int_equal(a.request.env_count, 3);
    assert_text(a.request.env[0].name, "A");
    assert_text(a.request.env[0].value, "x=y");
    assert_text(a.request.env[1].value, "");
    assert_text(a.request.env[2].name, "REQUEST_TEST");
    assert_text(a.request.env[2].value, "from here");
    done(&a);
    unsetenv("REQUEST_TEST");
    refuses(WORDS("--env", "REQUEST_TEST"), STATUS_FAILED);
    refuses(WORDS("--env", "=x"), STATUS_USAGE);
    refuses(WORDS("--env", ""), STATUS_USAGE);
    refuses(WORDS("--env", "A=\xff"), STATUS_USAGE);
    refuses(WORDS("--env", "\xff=A"), STATUS_USAGE);
    refuses(WORDS("--env", "FD_COUNT=9"), STATUS_USAGE);
    refuses(WORDS("--env", "FD_NAMES"), STATUS_USAGE);
}

static void reads_folders(void **state)
{
    (void)state;
    struct asked_for a;
    assert_int_equal(
        ask(&a, WORDS("--dir", "a:b::/data..", "--dir", ".::/:ro", "--dir-out", "/data::out:side")),
        0);
    assert_int_equal(a.request.dir_count, 3);
    assert_string_equal(a.request.dirs[0].host, "a:b");
    assert_string_equal(a.request.dirs[0].guest, "/data..");
    assert_false(a.request.dirs[0].read_only);
    assert_string_equal(a.request.dirs[1].guest, "/");
    assert_true(a.request.dirs[1].read_only);
    assert_null(a.request.dirs[1].out);
    assert_string_equal(a.request.dirs[2].guest, "/data");
    assert_string_equal(a.request.dirs[2].out, "out:side");
    assert_null(a.request.dirs[2].host);
    done(&a);
}

static void refuses_wrong_folders(void **state)
{
    (void)state;
    static char *const dirs[] = {
        "",        "data",     "::",          "::/data", "data::", "data:/data", "a::b",
        "a::b:ro", "a::/b:rx", "a::/b:ro:ro", "a:::/b",  ".::.",   "a::/../b",   "a::/b/.."};
    for (size_t i = 0; i < ARRAY_COUNT(dirs); i++)
        refuses(WORDS("--dir", dirs[i]), STATUS_USAGE);
    static char *const outs[] = {"", "data", "::", "::data", "/data::", "a::b", "/a:ro::b"};
    for (size_t i = 0; i < ARRAY_COUNT(outs); i++)
        refuses(WORDS("--dir-out", outs[i]), STATUS_USAGE);
}

static void refuses_wrong_numbers(void **state)
{
    (void)state;
    refuses(WORDS("--max-memory", "much"), STATUS_USAGE);
    refuses(WORDS("--max-memory", ""), STATUS_USAGE);
    refuses(WORDS("--timeout", "30"), STATUS_USAGE);
    refuses(WORDS("--timeout", "-1s"), STATUS_USAGE);
}

static void refuses_arguments_that_are_not_utf8(void **state)
{
    (void)state;
    struct asked_for a;
    char *argv[] = {"enarx", "run", "app.wasm", "caf\xe9"};
    assert_int_equal(line_parse(4, argv, &a.line), 0);
    assert_int_equal(request_read(&a.line, &a.request), STATUS_USAGE);
    done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_defaults),
        cmocka_unit_test(reads_values),
        cmocka_unit_test(reads_variables),
        cmocka_unit_test(reads_folders),
        cmocka_unit_test(refuses_wrong_folders),
        cmocka_unit_test(refuses_wrong_numbers),
        cmocka_unit_test(refuses_arguments_that_are_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
