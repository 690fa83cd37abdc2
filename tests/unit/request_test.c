/* SPDX-License-Identifier: Apache-2.0 */
/* What `enarx run` understands of its options. Messages go to standard error. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: host/cli/request.c host/cli/command.c host/cli/commands.c host/cli/commands_attest.c host/cli/commands_deploy.c host/cli/commands_host.c host/cli/commands_key.c host/cli/commands_steward.c base/nearest.c host/cli/units.c host/cli/message.c host/cli/file.c host/guest_path.c host/beneath.c base/wipe.c conf/manifest_check.c base/cur.c base/utf8.c base/put.c base/escape.c */
#include "host/cli/request.h"

#include "host/cli/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- secrets: an option of `enarx deploy` ---- */

static int ask_secrets(struct request *r, char **words)
{
    static const struct option option = {.id = OPTION_SECRET, .name = "--secret"};
    static char *args[] = {"app.wasm"};
    struct setting settings[8];
    struct line line = {.settings = settings, .args = args, .arg_count = 1};
    for (; *words != NULL; words++)
        settings[line.setting_count++] =
            (struct setting){.option = &option, .from = "--secret", .value = *words};
    return request_read(&line, r);
}

static void refuses_secret(char *word, int status)
{
    struct request r;
    assert_int_equal(ask_secrets(&r, WORDS(word)), status);
    request_fini(&r);
}

static char secret_file[] = "/tmp/request_test.XXXXXX";

static int make_secret_file(void **state)
{
    (void)state;
    const int fd = mkstemp(secret_file);
    return fd < 0 || write(fd, "k\0y", 3) != 3 || close(fd) < 0;
}

static int remove_secret_file(void **state)
{
    (void)state;
    return unlink(secret_file);
}

static char *with_guest(const char *guest)
{
    static char text[2][256];
    static unsigned turn;
    char *at = text[turn++ % 2];
    snprintf(at, sizeof(text[0]), "%s::%s", secret_file, guest);
    return at;
}

static void reads_secrets(void **state)
{
    (void)state;
    struct request r;
    setenv("REQUEST_TEST", "from here", 1);
    assert_int_equal(ask_secrets(&r, WORDS("A=x=y", with_guest("/run//./key"), "URL=http://[::1]/",
                                           "REQUEST_TEST", with_guest("/b"), "E=")),
                     0);
    unsetenv("REQUEST_TEST");
    static const char *const expected[][2] = {
        {"A", "x=y"}, {"URL", "http://[::1]/"}, {"REQUEST_TEST", "from here"}, {"E", ""}};
    assert_int_equal(r.secret_count, 6);
    assert_int_equal(r.secret_env_count, 4);
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
        assert_text(r.secrets[i].name, expected[i][0]);
        assert_text(r.secrets[i].value, expected[i][1]);
    }
    assert_text(r.secrets[4].name, "/run/key");
    assert_int_equal(r.secrets[4].value.size, 3);
    assert_memory_equal(r.secrets[4].value.data, "k\0y", 3);
    assert_text(r.secrets[5].name, "/b");
    request_fini(&r);
}

static void refuses_wrong_secrets(void **state)
{
    (void)state;
    static char *const misuses[] = {"",         "=x", "A=\xff", "\xff=A", "FD_COUNT=9",
                                    "FD_NAMES", "::", "::/a",   "a::"};
    for (size_t i = 0; i < ARRAY_COUNT(misuses); i++)
        refuses_secret(misuses[i], STATUS_USAGE);
    static const char *const guests[] = {"a", "/", "/a/", "/a/../b", "/..", "/a:ro", "/\xff", "."};
    for (size_t i = 0; i < ARRAY_COUNT(guests); i++)
        refuses_secret(with_guest(guests[i]), STATUS_USAGE);
    refuses_secret("REQUEST_TEST", STATUS_FAILED); /* not set */
    refuses_secret("/nonexistent::/a", STATUS_FAILED);
    refuses_secret("/tmp::/a", STATUS_FAILED);
    refuses_secret("/dev/zero::/a", STATUS_FAILED); /* no end */
    refuses_secret("./a=b::/c", STATUS_FAILED);     /* a file, and not there */
    struct request r;
    assert_int_equal(ask_secrets(&r, WORDS("a=b::/c")), 0); /* a variable */
    assert_text(r.secrets[0].value, "b::/c");
    request_fini(&r);
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
        cmocka_unit_test_setup_teardown(reads_secrets, make_secret_file, remove_secret_file),
        cmocka_unit_test(refuses_wrong_secrets),
        cmocka_unit_test(reads_folders),
        cmocka_unit_test(refuses_wrong_folders),
        cmocka_unit_test(refuses_wrong_numbers),
        cmocka_unit_test(refuses_arguments_that_are_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
