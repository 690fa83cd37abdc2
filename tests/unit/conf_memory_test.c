/* SPDX-License-Identifier: Apache-2.0 */
/* Without memory the parsers of conf/ say so and leak nothing, whichever
 * allocation it is that fails. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/config.c conf/config_tls.c conf/config_key.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c base/cbor.c */
/* links: conf/toml.c conf/toml_define.c conf/toml_tree.c conf/toml_scan.c conf/toml_error.c */
/* links: conf/toml_string.c conf/toml_number.c conf/toml_datetime.c base/rfc3339.c */
/* links: base/cur.c base/put.c base/utf8.c base/nearest.c */
/* libs: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc */
#include "conf/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static size_t allocations_left = SIZE_MAX;

static bool may_allocate(void)
{
    if (allocations_left == 0)
        return false;
    allocations_left--;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size) { return may_allocate() ? __real_malloc(size) : NULL; }
void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}
void *__wrap_realloc(void *old, size_t size)
{
    return may_allocate() ? __real_realloc(old, size) : NULL;
}

static int parse_config(void)
{
    static const char text[] = "args = ['a', 'b', 'c', 'd', 'e']\nenv = {A = 'x', B = 'y'}\n"
                               "[[files]]\nkind = 'stdin'\n[[files]]\nkind = 'null'\n"
                               "[[files]]\nkind = 'connect'\nhost = 'h'\nalpn = ['a', 'b']\n"
                               "[certificate]\nnames = ['n']\n";
    struct config c;
    struct toml_error error;
    int result = config_parse(bytes_of_text(text), &c, &error);
    if (result < 0)
        assert_null(c.toml);
    config_fini(&c);
    return result;
}

static int parse_toml(void)
{
    static const char text[] = "a.b.c = [1, 1.5, {d = 'x'}, []]\n[e.f]\n[[g.h]]\n[[g.h]]\n";
    struct toml *t = NULL;
    struct toml_error error;
    int result = toml_parse(bytes_of_text(text), &t, &error);
    if (result < 0)
        assert_null(t);
    toml_free(t);
    return result;
}

static int parse_default(void)
{
    struct config c;
    int result = config_default(&c);
    config_fini(&c);
    return result;
}

static int parse_manifest(void)
{
    struct bytes arg = bytes_of_text("a");
    struct manifest_env env = {.name = bytes_of_text("A")};
    struct manifest_stream stream = {.kind = STREAM_CONNECT,
                                     .name = bytes_of_text("out"),
                                     .host = bytes_of_text("h"),
                                     .port = 1,
                                     .tls = {.verify = VERIFY_CA}};
    struct bytes ca = {.data = (const uint8_t *)"\x30\0", .size = 2};
    struct manifest_dir dir = {.path = bytes_of_text("/d")};
    struct manifest_file file = {.type = FILE_DIRECTORY, .path = bytes_of_text("/d")};
    const struct manifest m = {
        .args = &arg,
        .arg_count = 1,
        .env = &env,
        .env_count = 1,
        .streams = &stream,
        .stream_count = 1,
        .cas = &ca,
        .ca_count = 1,
        .cert_names = &arg,
        .cert_name_count = 1,
        .steward = bytes_of_text("https://a"),
        .dirs = &dir,
        .dir_count = 1,
        .files = &file,
        .file_count = 1,
    };
    uint8_t buffer[512];
    struct put p = put_init(buffer, sizeof(buffer));
    manifest_put(&m, &p);
    struct manifest parsed;
    int result = manifest_parse(put_done(&p), &parsed);
    if (result < 0)
        assert_null(parsed.args);
    manifest_fini(&parsed);
    return result;
}

/* Fails each allocation in turn, until none is left to fail. */
static void fail_each(int (*parse)(void))
{
    size_t failed = 0;
    int result = -ENOMEM;
    while (result == -ENOMEM) {
        allocations_left = failed;
        result = parse();
        allocations_left = SIZE_MAX;
        failed++;
    }
    assert_int_equal(result, 0);
    assert_true(failed > 5);
}

static void config(void **state)
{
    (void)state;
    fail_each(parse_config);
    fail_each(parse_default);
}

static void toml(void **state)
{
    (void)state;
    fail_each(parse_toml);
}

static void manifest(void **state)
{
    (void)state;
    fail_each(parse_manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config),
        cmocka_unit_test(toml),
        cmocka_unit_test(manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
