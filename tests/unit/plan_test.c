/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest that a command line and an Enarx.toml amount to. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: host/cli/plan.c host/cli/plan_secrets.c conf/secrets.c host/cli/message.c conf/config.c conf/config_tls.c conf/config_key.c conf/config_template.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c conf/toml.c conf/toml_datetime.c base/rfc3339.c conf/toml_define.c conf/toml_error.c conf/toml_number.c conf/toml_scan.c conf/toml_string.c conf/toml_tree.c base/cbor.c base/cur.c base/nearest.c base/put.c base/utf8.c base/hex.c base/wipe.c crypto/digest.c base/escape.c */
/* libs: -lcrypto */
#include "base/hex.h"
#include "host/cli/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MODULE "\0asm\1\0\0\0"

struct planned {
    struct config config;
    struct plan plan;
    struct manifest manifest; /* parsed again from the plan */
};

static void make(struct planned *p, const char *toml, const struct request *r)
{
    struct toml_error error;
    const struct tree none = {0};
    struct bytes module = {.data = (const uint8_t *)MODULE, .size = sizeof(MODULE) - 1};
    *p = (struct planned){0};
    assert_int_equal(config_parse(bytes_of_text(toml), &p->config, &error), 0);
    assert_int_equal(plan_make(r, &p->config, &none, module, &p->plan), 0);
    assert_int_equal(manifest_parse(p->plan.manifest, &p->manifest), 0);
}

static void done(struct planned *p)
{
    manifest_fini(&p->manifest);
    plan_fini(&p->plan);
    config_fini(&p->config);
}

static void assert_text(struct bytes text, const char *expected)
{
    if (!bytes_equal(text, bytes_of_text(expected)))
        fail_msg("'%.*s' is not '%s'", (int)text.size, (const char *)text.data, expected);
}

static void assert_env(const struct manifest *m, const char *name, const char *value)
{
    size_t found = 0;
    for (size_t i = 0; i < m->env_count; i++) {
        if (!bytes_equal(m->env[i].name, bytes_of_text(name)))
            continue;
        assert_text(m->env[i].value, value);
        found++;
    }
    assert_int_equal(found, 1);
}

static void an_empty_config_gives_the_standard_streams(void **state)
{
    (void)state;
    struct planned p;
    const struct request r = {.memory_size = 65536, .compiler = COMPILER_WINCH};
    make(&p, "", &r);
    assert_int_equal(p.manifest.arg_count, 1);
    assert_text(p.manifest.args[0], "main.wasm");
    assert_int_equal(p.manifest.env_count, 2);
    assert_env(&p.manifest, "FD_COUNT", "3");
    assert_env(&p.manifest, "FD_NAMES", "stdin:stdout:stderr");
    assert_int_equal(p.manifest.memory_size, 65536);
    assert_int_equal(p.manifest.compiler, COMPILER_WINCH);
    assert_int_equal(p.manifest.module_size, 8);
    done(&p);
}

static void no_files_means_no_names(void **state)
{
    (void)state;
    struct planned p;
    make(&p, "files = []", &(struct request){0});
    assert_env(&p.manifest, "FD_COUNT", "0");
    assert_env(&p.manifest, "FD_NAMES", "");
    done(&p);
}

static void arguments_replace_those_of_the_file(void **state)
{
    (void)state;
    struct planned p;
    make(&p, "args = ['a', 'b']", &(struct request){0});
    assert_int_equal(p.manifest.arg_count, 3);
    assert_text(p.manifest.args[2], "b");
    done(&p);
    char *args[] = {"only"};
    make(&p, "args = ['a', 'b']", &(struct request){.args = args, .arg_count = 1});
    assert_int_equal(p.manifest.arg_count, 2);
    assert_text(p.manifest.args[1], "only");
    done(&p);
}

static void variables_replace_those_of_the_same_name(void **state)
{
    (void)state;
    struct planned p;
    struct manifest_env env[] = {
        {.name = bytes_of_text("A"), .value = bytes_of_text("first")},
        {.name = bytes_of_text("A"), .value = bytes_of_text("last")},
        {.name = bytes_of_text("C"), .value = bytes_of_text("line")},
    };
    make(&p, "[env]\nA = 'file'\nB = 'file'",
         &(struct request){.env = env, .env_count = ARRAY_COUNT(env)});
    assert_int_equal(p.manifest.env_count, 5);
    assert_env(&p.manifest, "A", "last");
    assert_env(&p.manifest, "B", "file");
    assert_env(&p.manifest, "C", "line");
    done(&p);
}

/* Values stay out of the manifest, and of its digest; a variable that becomes secret leaves
 * the public ones. */
static void secrets_are_named_alone(void **state)
{
    (void)state;
    struct planned p;
    struct request_secret secrets[] = {
        {.name = bytes_of_text("A"), .value = bytes_of_text("one")},
        {.name = bytes_of_text("/key"), .value = bytes_of_text("two")},
    };
    const struct request r = {.secrets = secrets, .secret_count = 2, .secret_env_count = 1};
    uint8_t digest[DIGEST_SIZE];
    make(&p, "[env]\nA = 'file'\nB = 'file'", &r);
    assert_int_equal(p.manifest.env_count, 3);
    assert_env(&p.manifest, "B", "file");
    assert_int_equal(p.manifest.secret_env_count, 1);
    assert_text(p.manifest.secret_env[0], "A");
    assert_int_equal(p.manifest.secret_file_count, 1);
    assert_text(p.manifest.secret_files[0], "/key");
    assert_int_equal(p.manifest.dir_count, 1);
    assert_text(p.manifest.dirs[0].path, "/");
    assert_text(p.plan.secrets, "\x82\x43one\x43two"); /* by hand from RFC 8949 */
    memcpy(digest, p.plan.workload_digest, DIGEST_SIZE);
    done(&p);
    secrets[0].value = bytes_of_text("another");
    make(&p, "[env]\nA = 'file'\nB = 'file'", &r);
    assert_memory_equal(p.plan.workload_digest, digest, DIGEST_SIZE);
    done(&p);
}

/* Expected value: printf '\0asm\1\0\0\0' | sha256sum */
static void names_the_module_by_its_digest(void **state)
{
    (void)state;
    struct planned p;
    char text[2 * DIGEST_SIZE + 1];
    make(&p, "", &(struct request){0});
    hex_put((struct bytes){.data = p.plan.module_digest, .size = DIGEST_SIZE}, text);
    assert_string_equal(text, "93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476");
    assert_memory_equal(p.plan.module_digest, p.manifest.module_digest, DIGEST_SIZE);
    done(&p);
}

static void the_same_workload_has_the_same_digest(void **state)
{
    (void)state;
    struct planned a;
    struct planned b;
    char *args[] = {"x"};
    make(&a, "args = ['x']", &(struct request){0});
    make(&b, "# nothing", &(struct request){.args = args, .arg_count = 1});
    assert_memory_equal(a.plan.workload_digest, b.plan.workload_digest, DIGEST_SIZE);
    done(&b);
    make(&b, "args = ['y']", &(struct request){0});
    assert_memory_not_equal(a.plan.workload_digest, b.plan.workload_digest, DIGEST_SIZE);
    done(&a);
    done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_config_gives_the_standard_streams),
        cmocka_unit_test(no_files_means_no_names),
        cmocka_unit_test(arguments_replace_those_of_the_file),
        cmocka_unit_test(variables_replace_those_of_the_same_name),
        cmocka_unit_test(secrets_are_named_alone),
        cmocka_unit_test(names_the_module_by_its_digest),
        cmocka_unit_test(the_same_workload_has_the_same_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
