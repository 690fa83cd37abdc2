/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of manifest.h, each broken once; those of conf/manifest_tls.h are in
 * manifest_tls_test.c. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/manifest_check.c base/utf8.c base/cur.c base/put.c */
#include "conf/manifest_check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text(const char *t) { return bytes_of_text(t); }

static void paths(void **state)
{
    (void)state;
    static const char *const good[] = {"/",    "/a",   "/a/b", "/.a",
                                       "/..a", "/a..", "/...", "/a b/\xc3\xa9"};
    static const char *const bad[] = {"",   "a",   "a/b",  "./a",   "//",   "/a/",   "/a//b", "//a",
                                      "/.", "/..", "/a/.", "/a/..", "/./a", "/../a", "/\xff"};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++)
        assert_true(manifest_path_ok(text(good[i])));
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(manifest_path_ok(text(bad[i])));
    assert_false(manifest_path_ok((struct bytes){(const uint8_t *)"/a\0", 3}));
}

static void below(void **state)
{
    (void)state;
    static const char *const yes[][2] = {
        {"/", "/"}, {"/a", "/"}, {"/a", "/a"}, {"/a/b", "/a"}, {"/a/b/c", "/a/b"}};
    static const char *const no[][2] = {{"/", "/a"}, {"/ab", "/a"}, {"/b", "/a"}, {"/a", "/a/b"}};
    for (size_t i = 0; i < ARRAY_COUNT(yes); i++)
        assert_true(manifest_path_below(text(yes[i][0]), text(yes[i][1])));
    for (size_t i = 0; i < ARRAY_COUNT(no); i++)
        assert_false(manifest_path_below(text(no[i][0]), text(no[i][1])));
}

static void names(void **state)
{
    (void)state;
    assert_true(manifest_env_name_ok(text("PATH:x")));
    assert_false(manifest_env_name_ok(text("")));
    assert_false(manifest_env_name_ok(text("A=B")));
    assert_false(manifest_env_name_ok(text("\xc0\x80")));
    assert_true(manifest_stream_name_ok(text("a=b")));
    assert_false(manifest_stream_name_ok(text("")));
    assert_false(manifest_stream_name_ok(text("a:b")));
    assert_false(manifest_stream_name_ok((struct bytes){(const uint8_t *)"\0", 1}));
    assert_true(manifest_text_ok((struct bytes){0}));
}

static void args_and_env(void **state)
{
    (void)state;
    struct manifest m = {0};
    assert_int_equal(manifest_check(&m), 0);
    struct bytes args[] = {text(""), text("a")};
    m.args = args;
    m.arg_count = ARRAY_COUNT(args);
    assert_int_equal(manifest_check(&m), 0);
    args[1] = (struct bytes){(const uint8_t *)"\0", 1};
    assert_int_equal(manifest_check(&m), -EBADMSG);
    args[1] = text("\xff");
    assert_int_equal(manifest_check(&m), -EBADMSG);

    struct manifest_env env[] = {
        {text("B"), text("1")}, {text("A"), text("=")}, {text("AB"), text("")}};
    m = (struct manifest){.env = env, .env_count = ARRAY_COUNT(env)};
    assert_int_equal(manifest_check(&m), 0);
    env[2].name = text("B");
    assert_int_equal(manifest_check(&m), -EBADMSG);
    env[2].name = text("B=");
    assert_int_equal(manifest_check(&m), -EBADMSG);
    env[2] = (struct manifest_env){text("C"), text("\xff")};
    assert_int_equal(manifest_check(&m), -EBADMSG);
}

static int check_stream(struct manifest_stream s)
{
    const struct manifest m = {.streams = &s, .stream_count = 1};
    return manifest_check(&m);
}

static void streams(void **state)
{
    (void)state;
    const struct manifest_stream out = {.kind = STREAM_STDOUT, .name = text("out")};
    const struct manifest_stream web = {.kind = STREAM_LISTEN,
                                        .name = text("web"),
                                        .protocol = PROTOCOL_TCP,
                                        .host = text("::"),
                                        .port = 1};
    assert_int_equal(check_stream(out), 0);
    assert_int_equal(check_stream(web), 0);
    struct manifest_stream s = out;
    s.name = text("a:b");
    assert_int_equal(check_stream(s), -EBADMSG);
    s = out;
    s.host = text("x");
    assert_int_equal(check_stream(s), -EBADMSG);
    s = out;
    s.port = 1;
    assert_int_equal(check_stream(s), -EBADMSG);
    s = out;
    s.protocol = PROTOCOL_TCP;
    assert_int_equal(check_stream(s), -EBADMSG);
    s = web;
    s.host = text("");
    assert_int_equal(check_stream(s), -EBADMSG);
    s = web;
    s.host = (struct bytes){(const uint8_t *)"a\0", 2};
    assert_int_equal(check_stream(s), -EBADMSG);
    s = web;
    s.port = 0;
    assert_int_equal(check_stream(s), -EBADMSG);
    struct manifest_stream two[] = {out, web};
    const struct manifest m = {.streams = two, .stream_count = 2};
    assert_int_equal(manifest_check(&m), 0);
    two[1].name = text("out");
    assert_int_equal(manifest_check(&m), -EBADMSG);
}

static void dirs(void **state)
{
    (void)state;
    struct manifest_dir rows[] = {{.path = text("/b")}, {.path = text("/")}, {.path = text("/a")}};
    const struct manifest m = {.dirs = rows, .dir_count = ARRAY_COUNT(rows)};
    assert_int_equal(manifest_check(&m), 0);
    rows[2].path = text("/b");
    assert_int_equal(manifest_check(&m), -EBADMSG);
    rows[2].path = text("/b/");
    assert_int_equal(manifest_check(&m), -EBADMSG);
}

static int check_files(const struct manifest_file *files, size_t count)
{
    struct manifest_file copy[8];
    memcpy(copy, files, count * sizeof(*files));
    const struct manifest m = {.files_size = 100, .files = copy, .file_count = count};
    return manifest_check(&m);
}

static int check_file(struct manifest_file file) { return check_files(&file, 1); }

static void files(void **state)
{
    (void)state;
    const struct manifest_file dir = {.type = FILE_DIRECTORY, .path = text("/d")};
    const struct manifest_file file = {.type = FILE_REGULAR, .path = text("/f"), .size = 100};
    const struct manifest_file link = {
        .type = FILE_SYMLINK, .path = text("/l"), .target = text("../x")};
    assert_int_equal(check_file(dir), 0);
    assert_int_equal(check_file(file), 0);
    assert_int_equal(check_file(link), 0);
    const struct manifest_file root = {.type = FILE_DIRECTORY, .path = text("/")};
    assert_int_equal(check_file(root), 0);
    const struct manifest_file bad[] = {
        {.type = FILE_REGULAR, .path = text("/f"), .size = 101},
        {.type = FILE_REGULAR, .path = text("/f"), .size = 100, .target = text("x")},
        {.type = FILE_REGULAR, .path = text("/"), .size = 100},
        {.type = FILE_SYMLINK, .path = text("/l"), .target = text("")},
        {.type = FILE_SYMLINK, .path = text("/l"), .target = {(const uint8_t *)"a\0", 2}},
        {.type = FILE_SYMLINK, .path = text("/"), .target = text("../x")},
        {.type = FILE_DIRECTORY, .path = text("d")},
        {.type = FILE_DIRECTORY, .path = text("/d"), .size = 1},
        {.type = FILE_DIRECTORY, .path = text("/d"), .digest = {[31] = 1}},
        {.type = FILE_DIRECTORY, .path = text("/d"), .target = text("x")},
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        if (check_file(bad[i]) != -EBADMSG)
            fail_msg("file %zu is taken", i);
    }
}

static void parents(void **state)
{
    (void)state;
    const struct manifest_file good[] = {
        {.type = FILE_DIRECTORY, .path = text("/z")},
        {.type = FILE_REGULAR, .path = text("/z/f")},
        {.type = FILE_DIRECTORY, .path = text("/z-")},
        {.type = FILE_DIRECTORY, .path = text("/z/a")},
        {.type = FILE_SYMLINK, .path = text("/z/a/l"), .target = text("f")},
    };
    assert_int_equal(check_files(good, ARRAY_COUNT(good)), 0);
    struct manifest_file late[] = {good[1], good[0]};
    assert_int_equal(check_files(late, 2), -EBADMSG);
    struct manifest_file orphan[] = {good[0], good[4]};
    assert_int_equal(check_files(orphan, 2), -EBADMSG);
    struct manifest_file twice[] = {good[0], good[1], good[1]};
    assert_int_equal(check_files(twice, 3), -EBADMSG);
    struct manifest_file below_file[] = {good[0], good[1], good[1]};
    below_file[2].path = text("/z/f/x");
    assert_int_equal(check_files(below_file, 3), -EBADMSG);
    struct manifest_file below_link[] = {good[0], good[4], good[1]};
    below_link[1].path = text("/z/l");
    below_link[2].path = text("/z/l/x");
    assert_int_equal(check_files(below_link, 3), -EBADMSG);
}

static void names_of_secrets(void **state)
{
    (void)state;
    struct manifest_env env[] = {{text("B"), text("1")}, {text("A"), text("2")}};
    struct bytes secret[] = {text("D"), text("C"), text("AB")};
    const struct manifest m = {
        .env = env, .env_count = 2, .secret_env = secret, .secret_env_count = 3};
    assert_int_equal(manifest_check(&m), 0);
    static const char *const bad[] = {"D", "AB", "A", "B", "", "X=Y", "\xff"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        secret[1] = text(bad[i]);
        assert_int_equal(manifest_check(&m), -EBADMSG);
    }
    secret[1] = (struct bytes){(const uint8_t *)"A\0", 2};
    assert_int_equal(manifest_check(&m), -EBADMSG);
    const struct manifest alone = {.secret_env = secret, .secret_env_count = 1};
    assert_int_equal(manifest_check(&alone), 0);
}

static void places_of_secret_files(void **state)
{
    (void)state;
    struct manifest_file rows[] = {
        {.type = FILE_DIRECTORY, .path = text("/d")},
        {.type = FILE_REGULAR, .path = text("/d/f")},
        {.type = FILE_SYMLINK, .path = text("/l"), .target = text("d")},
    };
    struct bytes secret[] = {text("/d/a"), text("/d/k")};
    struct manifest m = {
        .files = rows, .file_count = 3, .secret_files = secret, .secret_file_count = 2};
    static const char *const good[] = {"/k", "/d/k", "/d/f2"};
    static const char *const bad[] = {"/d/a", "/d",   "/d/f",   "/l",   "/",      "/d/",  "",
                                      "k",    "/x/k", "/d/f/k", "/l/k", "/d/a/k", "/\xff"};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        secret[1] = text(good[i]);
        assert_int_equal(manifest_check(&m), 0);
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        secret[1] = text(bad[i]);
        assert_int_equal(manifest_check(&m), -EBADMSG);
    }
    secret[0] = text("/k");
    m = (struct manifest){.secret_files = secret, .secret_file_count = 1};
    assert_int_equal(manifest_check(&m), 0);
}

static void secrets_are_counted_together(void **state)
{
    (void)state;
    static struct bytes env[MANIFEST_SECRETS_MAX + 1];
    static char names[MANIFEST_SECRETS_MAX + 1][8];
    struct bytes file = text("/k");
    for (size_t i = 0; i < ARRAY_COUNT(env); i++) {
        snprintf(names[i], sizeof(names[i]), "V%zu", i);
        env[i] = text(names[i]);
    }
    struct manifest m = {.secret_env = env, .secret_env_count = MANIFEST_SECRETS_MAX};
    assert_int_equal(manifest_check(&m), 0);
    m.secret_files = &file;
    m.secret_file_count = 1;
    assert_int_equal(manifest_check(&m), -EBADMSG);
    m.secret_env_count--;
    assert_int_equal(manifest_check(&m), 0);
    m.secret_env_count = MANIFEST_SECRETS_MAX + 1;
    m.secret_file_count = 0;
    assert_int_equal(manifest_check(&m), -EBADMSG);
    m.secret_env_count = SIZE_MAX; /* with 4097 more it wraps to 4096 */
    m.secret_file_count = MANIFEST_SECRETS_MAX + 1;
    assert_int_equal(manifest_check(&m), -EBADMSG);
}

static void sizes_are_summed_without_overflow(void **state)
{
    (void)state;
    const struct manifest_file good[] = {
        {.type = FILE_REGULAR, .path = text("/a"), .size = 60},
        {.type = FILE_REGULAR, .path = text("/b"), .size = 40},
    };
    assert_int_equal(check_files(good, 2), 0);
    struct manifest_file large[] = {good[0], good[1]};
    large[1].size = 41;
    assert_int_equal(check_files(large, 2), -EBADMSG);
    large[1].size = UINT64_MAX - 59; /* with 60 it wraps to 0 */
    assert_int_equal(check_files(large, 2), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(below),
        cmocka_unit_test(names),
        cmocka_unit_test(args_and_env),
        cmocka_unit_test(streams),
        cmocka_unit_test(dirs),
        cmocka_unit_test(files),
        cmocka_unit_test(parents),
        cmocka_unit_test(sizes_are_summed_without_overflow),
        cmocka_unit_test(names_of_secrets),
        cmocka_unit_test(places_of_secret_files),
        cmocka_unit_test(secrets_are_counted_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
