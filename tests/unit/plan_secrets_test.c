/* SPDX-License-Identifier: Apache-2.0 */
/* Where secrets go in a plan: names and places into a manifest that holds, values
 * elsewhere. Messages go to standard error. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: host/cli/plan_secrets.c host/cli/message.c conf/secrets.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c base/cbor.c base/cur.c base/put.c base/utf8.c base/wipe.c base/escape.c */
#include "host/cli/plan_secrets.h"

#include "conf/manifest_check.h"
#include "conf/secrets.h"
#include "host/cli/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T(text)                                                   \
    {                                                             \
        .data = (const uint8_t *)(text), .size = sizeof(text) - 1 \
    }
#define SECRET(name, value) ((struct request_secret){T(name), T(value)})

/* A tree: --dir of /data, with a folder, a file and a link in it. */
static struct manifest_file files[] = {
    {.type = FILE_DIRECTORY, .path = T("/data")},
    {.type = FILE_DIRECTORY, .path = T("/data/d")},
    {.type = FILE_REGULAR, .path = T("/data/f"), .size = 1},
    {.type = FILE_SYMLINK, .path = T("/data/l"), .target = T("d")},
};
static struct manifest_dir dirs[] = {{.path = T("/data")}};

static struct request_secret secrets[8];
static struct request r;
static struct manifest m;
static struct plan_secrets own;

static int add(size_t env_count, size_t file_count)
{
    plan_secrets_fini(&own);
    r = (struct request){
        .secrets = secrets, .secret_count = env_count + file_count, .secret_env_count = env_count};
    m = (struct manifest){.files_size = 100,
                          .dirs = dirs,
                          .dir_count = 1,
                          .files = files,
                          .file_count = ARRAY_COUNT(files)};
    return plan_secrets_add(&r, &m, &own);
}

static int add_file(const char *path)
{
    secrets[0] = (struct request_secret){.name = bytes_of_text(path)};
    return add(0, 1);
}

static int tear_down(void **state)
{
    (void)state;
    plan_secrets_fini(&own);
    return 0;
}

static void assert_text(struct bytes text, const char *expected)
{
    if (!bytes_equal(text, bytes_of_text(expected)))
        fail_msg("'%.*s' is not '%s'", (int)text.size, (const char *)text.data, expected);
}

static void no_secrets_change_nothing(void **state)
{
    (void)state;
    struct bytes values;
    assert_int_equal(add(0, 0), 0);
    assert_ptr_equal(m.files, files);
    assert_ptr_equal(m.dirs, dirs);
    assert_int_equal(plan_secrets_values(&r, &m, &values), 0);
    assert_int_equal(values.size, 0);
    plan_secrets_forget(&values);
}

static void names_and_values_go_apart(void **state)
{
    (void)state;
    static uint8_t encoded[1000];
    struct bytes values;
    struct bytes got[4];
    secrets[0] = SECRET("TOKEN", "t0ken");
    secrets[1] = SECRET("EMPTY", "");
    secrets[2] = SECRET("/data/d/key", "k3y\0");
    secrets[3] = SECRET("/data/key", "y3k");
    assert_int_equal(add(2, 2), 0);
    assert_int_equal(manifest_check(&m), 0);
    assert_int_equal(m.secret_env_count, 2);
    assert_text(m.secret_env[0], "TOKEN");
    assert_text(m.secret_env[1], "EMPTY");
    assert_int_equal(m.secret_file_count, 2);
    assert_text(m.secret_files[0], "/data/d/key");
    assert_text(m.secret_files[1], "/data/key");
    assert_int_equal(m.file_count, ARRAY_COUNT(files)); /* both folders are there */
    assert_int_equal(m.dir_count, 1);

    assert_int_equal(plan_secrets_values(&r, &m, &values), 0);
    assert_int_equal(secrets_parse(values, &m, got), 0);
    for (size_t i = 0; i < 4; i++)
        assert_true(bytes_equal(got[i], secrets[i].value));
    plan_secrets_forget(&values);
    assert_null(values.data);

    struct put p = put_init(encoded, sizeof(encoded));
    manifest_put(&m, &p);
    const struct bytes all = put_done(&p);
    for (size_t at = 0; at + 5 <= all.size; at++)
        assert_memory_not_equal(all.data + at, "t0ken", 5);
    assert_true(plan_secrets_has_env(&r, bytes_of_text("TOKEN")));
    assert_false(plan_secrets_has_env(&r, bytes_of_text("/data/key")));
    assert_false(plan_secrets_has_env(&r, bytes_of_text("TOKE")));
}

static void what_lies_above_a_file_is_made(void **state)
{
    (void)state;
    secrets[0] = SECRET("/run/a/b/key", "");
    secrets[1] = SECRET("/run/a/key", "");
    secrets[2] = SECRET("/data/new/key", "");
    assert_int_equal(add(0, 3), 0);
    assert_int_equal(manifest_check(&m), 0);
    static const char *const made[] = {"/run", "/run/a", "/run/a/b", "/data/new"};
    assert_int_equal(m.file_count, ARRAY_COUNT(files) + ARRAY_COUNT(made));
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) /* contents go by these numbers */
        assert_true(bytes_equal(m.files[i].path, files[i].path));
    for (size_t i = 0; i < ARRAY_COUNT(made); i++)
        assert_text(m.files[ARRAY_COUNT(files) + i].path, made[i]);
}

static void a_program_finds_the_way(void **state)
{
    (void)state;
    secrets[0] = SECRET("/run/a/b/key", "");
    secrets[1] = SECRET("/run/a/key", "");
    secrets[2] = SECRET("/run/a/c/key", ""); /* below the second's */
    secrets[3] = SECRET("/database", "");    /* not in /data */
    assert_int_equal(add(0, 4), 0);
    assert_int_equal(manifest_check(&m), 0);
    static const char *const opened[] = {"/data", "/run/a/b", "/run/a", "/"};
    assert_int_equal(m.dir_count, ARRAY_COUNT(opened));
    for (size_t i = 0; i < ARRAY_COUNT(opened); i++) {
        assert_text(m.dirs[i].path, opened[i]);
        assert_int_equal(m.dirs[i].read_only, i > 0);
        assert_false(m.dirs[i].output);
    }
}

static void what_cannot_be_there_is_misuse(void **state)
{
    (void)state;
    static const char *const bad[] = {"/data/f", "/data", "/data/l", "/data/f/k", "/data/l/k"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(add_file(bad[i]), STATUS_USAGE);
    assert_int_equal(add_file("/data/g"), 0);
    secrets[0] = SECRET("/k", "");
    secrets[1] = SECRET("/k/l", "");
    assert_int_equal(add(0, 2), STATUS_USAGE);
    secrets[0] = SECRET("/k/l", "");
    secrets[1] = SECRET("/k", "");
    assert_int_equal(add(0, 2), STATUS_USAGE);
    secrets[0] = SECRET("/k", "");
    assert_int_equal(add(0, 2), STATUS_USAGE);
    secrets[0] = SECRET("K", "");
    secrets[1] = SECRET("K", "");
    assert_int_equal(add(2, 0), STATUS_USAGE);
}

static void a_variable_is_secret_or_not(void **state)
{
    (void)state;
    struct manifest_env env = {.name = T("K"), .value = T("v")};
    secrets[0] = SECRET("K", "");
    assert_int_equal(add(1, 0), 0);
    plan_secrets_fini(&own);
    r.env = &env;
    r.env_count = 1;
    m = (struct manifest){0};
    assert_int_equal(plan_secrets_add(&r, &m, &own), STATUS_USAGE);
}

static void there_is_an_end_to_them(void **state)
{
    (void)state;
    static struct request_secret many[MANIFEST_SECRETS_MAX + 1];
    static char names[MANIFEST_SECRETS_MAX + 1][8];
    static const uint8_t large[SECRETS_SIZE_MAX];
    struct bytes values;
    for (size_t i = 0; i < ARRAY_COUNT(many); i++) {
        snprintf(names[i], sizeof(names[i]), "V%zu", i);
        many[i] = (struct request_secret){.name = bytes_of_text(names[i])};
    }
    r = (struct request){.secrets = many,
                         .secret_count = MANIFEST_SECRETS_MAX,
                         .secret_env_count = MANIFEST_SECRETS_MAX};
    m = (struct manifest){0};
    assert_int_equal(plan_secrets_add(&r, &m, &own), 0);
    assert_int_equal(manifest_check(&m), 0);
    plan_secrets_fini(&own);
    r.secret_count = r.secret_env_count = MANIFEST_SECRETS_MAX + 1;
    assert_int_equal(plan_secrets_add(&r, &m, &own), STATUS_USAGE);

    secrets[0] = SECRET("/k", ""); /* heads of one byte and of five */
    secrets[0].value = (struct bytes){.data = large, .size = SECRETS_SIZE_MAX - 6};
    assert_int_equal(add(0, 1), 0);
    assert_int_equal(plan_secrets_values(&r, &m, &values), 0);
    assert_int_equal(values.size, SECRETS_SIZE_MAX);
    plan_secrets_forget(&values);
    secrets[0].value.size++;
    assert_int_equal(plan_secrets_values(&r, &m, &values), STATUS_FAILED);
    plan_secrets_forget(&values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_secrets_change_nothing),
        cmocka_unit_test(names_and_values_go_apart),
        cmocka_unit_test(what_lies_above_a_file_is_made),
        cmocka_unit_test(a_program_finds_the_way),
        cmocka_unit_test(what_cannot_be_there_is_misuse),
        cmocka_unit_test(a_variable_is_secret_or_not),
        cmocka_unit_test(there_is_an_end_to_them),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
