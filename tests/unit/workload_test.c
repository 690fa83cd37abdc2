/* SPDX-License-Identifier: Apache-2.0 */
/* A workload from a source of the test's, which can lie, into surroundings of the
 * test's. The engine here looks at what a program would find. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: exec/workload.c exec/output.c exec/report.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c conf/secrets.c crypto/digest.c base/cbor.c base/wipe.c exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c base/put.c base/utf8.c */
/* libs: -lcrypto */
#include "exec/workload.h"

#include "base/wipe.h"
#include "conf/secrets.h"
#include "crypto/digest.h"
#include "exec/engine.h"
#include "exec/port.h"
#include "exec/report.h"
#include "exec/surroundings.h"
#include "exec/vfs/vfs.h"
#include "include/archive.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MODULE "\0asm\1\0\0\0"

/* What the owner sends and what comes of it. */
static struct {
    struct manifest manifest;
    uint8_t encoded[4096];
    struct bytes module;
    struct bytes file;
    uint8_t secrets[4096];
    size_t secrets_size;
    int secrets_error;
    size_t encoded_size;
    unsigned networks; /* made */
    int network_error;
    int open_error;
    unsigned ends;
    unsigned listens;
    unsigned connects;
    unsigned standards;
    char said[1000];
    enum port_level level;
    struct engine_result result;
    int sent;
    int output_error;
    size_t output_size;
    uint32_t output_magic;
    bool trapped;
} world;

static struct workload w;

/* What a workload takes lives as long as its keep. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

/* ---- the source ---- */

static int give_manifest(void *context, struct bytes *out)
{
    struct put p = put_init(world.encoded, sizeof(world.encoded));
    assert_ptr_equal(context, &world);
    manifest_put(&world.manifest, &p);
    *out = put_done(&p);
    world.encoded_size = out->size;
    return 0;
}

static int give_module(maybe_unused void *context, struct bytes *out)
{
    *out = world.module;
    return 0;
}

static int give_file(maybe_unused void *context, size_t index, void *to, size_t size)
{
    if (index != 1 || size != world.file.size)
        return -EIO;
    memcpy(to, world.file.data, size);
    return 0;
}

static int give_secrets(maybe_unused void *context, struct bytes *out)
{
    *out = (struct bytes){.data = world.secrets, .size = world.secrets_size};
    return world.secrets_error;
}

static const struct source with_secrets = {
    .manifest = give_manifest,
    .module = give_module,
    .file = give_file,
    .secrets = give_secrets,
    .context = &world,
};

static const struct source without_secrets = {
    .manifest = give_manifest,
    .module = give_module,
    .file = give_file,
    .context = &world,
};

/* ---- the surroundings ---- */

static void close_nothing(maybe_unused struct object *o) {}

static const struct object_ops ops = {.close = close_nothing};
static struct object stream = {.ops = &ops};

static struct object *open_standard(maybe_unused void *context, unsigned number)
{
    world.standards |= 1u << number;
    return &stream;
}

static int take_output(maybe_unused void *context, struct bytes part)
{
    if (world.output_size == 0)
        memcpy(&world.output_magic, part.data, sizeof(world.output_magic));
    world.output_size += part.size;
    return world.output_error;
}

static void tell(maybe_unused void *context, enum port_level level, struct bytes text)
{
    world.level = level;
    snprintf(world.said, sizeof(world.said), "%.*s", (int)text.size, (const char *)text.data);
}

static const struct report_sink sink = {.tell = tell};

/* The rest of exec that is no concern of this test. */
bool port_deploys(void) { return true; }
void port_log(maybe_unused enum port_level level, maybe_unused struct bytes text) {}
no_return void port_exit(maybe_unused enum port_end how, maybe_unused uint32_t status) { abort(); }

int network_init(struct network *n, const struct manifest *manifest, const uint8_t *digest,
                 maybe_unused const struct wasi_host *outer)
{
    uint8_t of_manifest[SHA256_SIZE];
    assert_ptr_equal(n, &w.network);
    assert_ptr_equal(manifest, &w.manifest);
    assert_int_equal(sha256((struct bytes){world.encoded, world.encoded_size}, of_manifest), 0);
    assert_memory_equal(digest, of_manifest, sizeof(of_manifest));
    n->manifest = manifest;
    world.networks++;
    return world.network_error;
}

int network_open(struct network *n, size_t index, struct object **out)
{
    assert_ptr_equal(n, &w.network);
    world.listens += n->manifest->streams[index].kind == STREAM_LISTEN;
    world.connects += n->manifest->streams[index].kind == STREAM_CONNECT;
    *out = &stream;
    return world.open_error;
}

void network_end(struct network *n)
{
    assert_ptr_equal(n, &w.network);
    world.ends++;
}

/* ---- the engine: what a program finds ---- */

static uint32_t call(struct wasi *wasi, const char *name, struct mem mem, const uint64_t *args)
{
    for (const struct wasi_func *f = wasi_preview1; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0)
            return f->call(wasi, mem, args);
    }
    abort();
}

static uint8_t memory[65536];

struct engine_result engine_run(const struct engine_config *config, struct bytes module,
                                maybe_unused const uint8_t digest[static DIGEST_SIZE],
                                struct wasi *wasi)
{
    const struct mem mem = {.base = memory, .size = sizeof(memory)};
    assert_int_equal(config->memory_size, 65536);
    assert_false(config->threads);
    assert_true(bytes_equal(module, world.module));
    assert_int_equal(call(wasi, "environ_get", mem, (const uint64_t[]){0, 1000}), 0);
    return (struct engine_result){.trapped = world.trapped, .status = 42};
}

/* ---- a workload with everything ---- */

static struct bytes args[] = {{(const uint8_t *)"main.wasm", 9}};
static struct manifest_env env[1];
static struct bytes secret_env[2];
static struct bytes secret_files[2];
static struct manifest_stream streams[4];
static struct manifest_dir dirs[1];
static struct manifest_file files[2];

static void put_secrets(const char *a, const char *b, const char *c, const char *d)
{
    const struct bytes values[] = {bytes_of_text(a), bytes_of_text(b), bytes_of_text(c),
                                   bytes_of_text(d)};
    struct put p = put_init(world.secrets, sizeof(world.secrets));
    secrets_put(&world.manifest, values, &p);
    world.secrets_size = put_done(&p).size;
}

static int set_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    memset(memory, 0, sizeof(memory));
    world.module = (struct bytes){(const uint8_t *)MODULE, sizeof(MODULE) - 1};
    world.file = bytes_of_text("public");
    env[0] = (struct manifest_env){bytes_of_text("A"), bytes_of_text("1")};
    secret_env[0] = bytes_of_text("TOKEN");
    secret_env[1] = bytes_of_text("EMPTY");
    secret_files[0] = bytes_of_text("/d/key");
    secret_files[1] = bytes_of_text("/d/empty");
    streams[0] = (struct manifest_stream){.kind = STREAM_NULL, .name = bytes_of_text("null")};
    streams[1] = (struct manifest_stream){.kind = STREAM_STDOUT, .name = bytes_of_text("out")};
    streams[2] = (struct manifest_stream){.kind = STREAM_STDIN, .name = bytes_of_text("in")};
    streams[3] = (struct manifest_stream){.kind = STREAM_LISTEN,
                                          .name = bytes_of_text("web"),
                                          .protocol = PROTOCOL_TCP,
                                          .host = bytes_of_text("::"),
                                          .port = 80};
    dirs[0] = (struct manifest_dir){.path = bytes_of_text("/d"), .read_only = true};
    files[0] = (struct manifest_file){.type = FILE_DIRECTORY, .path = bytes_of_text("/d")};
    files[1] = (struct manifest_file){
        .type = FILE_REGULAR, .path = bytes_of_text("/d/f"), .size = world.file.size};
    world.manifest = (struct manifest){
        .module_size = world.module.size,
        .memory_size = 65536,
        .files_size = 1000,
        .args = args,
        .arg_count = 1,
        .env = env,
        .env_count = 1,
        .streams = streams,
        .stream_count = 3,
        .dirs = dirs,
        .dir_count = 1,
        .files = files,
        .file_count = 2,
        .secret_env = secret_env,
        .secret_env_count = 2,
        .secret_files = secret_files,
        .secret_file_count = 2,
    };
    report_to(&sink);
    put_secrets("t0ken", "", "k3y", "");
    return sha256(world.module, world.manifest.module_digest) < 0 ||
           sha256(world.file, files[1].digest) < 0;
}

static const struct boot_record boot = {
    .mode = BOOT_DEPLOY, .cpus = 1, .memory_size = 1 << 20, .files_size = 1 << 20};
static struct surroundings around;

static int take(const struct source *source)
{
    around =
        (struct surroundings){.source = source, .standard = open_standard, .output = take_output};
    return workload_open(&w, &boot, &around);
}

static void run(void)
{
    world.result = workload_run(&w, &boot);
    world.sent = workload_send_output(&w);
    workload_warn(&w);
    workload_close(&w);
}

/* ---- tests ---- */

static int compare_content(void *context, const struct vfs_entry *e)
{
    unsigned *seen = context;
    static const char *const expected[][2] = {{"f", "public"}, {"key", "k3y"}, {"empty", ""}};
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
        const struct bytes data = {.data = e->data, .size = e->size};
        if (!bytes_equal(e->name, bytes_of_text(expected[i][0])))
            continue;
        assert_true(bytes_equal(data, bytes_of_text(expected[i][1])));
        *seen |= 1u << i;
    }
    return 0;
}

static void a_program_finds_its_secrets(void **state)
{
    (void)state;
    unsigned seen = 0;
    static const char variables[] = "A=1\0TOKEN=t0ken\0EMPTY=\0";
    assert_int_equal(take(&with_secrets), 0);
    wipe(world.secrets, sizeof(world.secrets)); /* the source's */
    assert_int_equal(vfs_walk(w.vfs, bytes_of_text("/d"), compare_content, &seen), 0);
    assert_int_equal(seen, 7);
    assert_int_equal(world.standards, 3);
    run();
    assert_memory_equal(memory + 1000, variables, sizeof(variables));
    assert_false(world.result.trapped);
    assert_int_equal(world.ends, 1);
    assert_int_equal(world.result.status, 42);
    assert_string_equal(world.said, "");
    for (size_t i = 0; i < w.secret_size; i++)
        assert_int_equal(w.secret_bytes[i], 0);
    assert_true(w.secret_size > strlen("t0kenk3y"));
}

static void secrets_come_only_from_who_has_them(void **state)
{
    (void)state;
    assert_int_equal(take(&without_secrets), -EOPNOTSUPP);
    assert_non_null(strstr(world.said, "has secrets"));
    world.manifest.secret_env_count = world.manifest.secret_file_count = 0;
    assert_int_equal(take(&without_secrets), 0);
}

static void secrets_are_those_named(void **state)
{
    (void)state;
    put_secrets("\xff", "", "", ""); /* no text */
    assert_int_equal(take(&with_secrets), -EBADMSG);
    assert_string_equal(world.said, "cannot take the secrets: Bad message");
    world.manifest.secret_env_count = 1; /* one more than named */
    put_secrets("", "", "", "");
    world.secrets[world.secrets_size++] = 0x40;
    world.secrets[0]++;
    assert_int_equal(take(&with_secrets), -EBADMSG);
    world.manifest.secret_env_count = world.manifest.secret_file_count = 0; /* none named */
    assert_int_equal(take(&with_secrets), -EBADMSG);
    world.secrets_error = -EIO;
    assert_int_equal(take(&with_secrets), -EIO);
}

static void secret_files_count_as_files(void **state)
{
    (void)state;
    char large[1001];
    memset(large, 'a', 1000);
    large[1000] = '\0';
    put_secrets("", "", large, "");
    assert_int_equal(take(&with_secrets), -ENOSPC);
    assert_non_null(strstr(world.said, "secret files"));
}

static void streams_are_opened_or_it_does_not_run(void **state)
{
    (void)state;
    world.manifest.stream_count = 4;
    assert_int_equal(take(&with_secrets), 0);
    assert_int_equal(world.networks, 1);
    assert_int_equal(world.listens, 1);
    streams[3].kind = STREAM_CONNECT;
    world.open_error = -ECONNREFUSED;
    assert_int_equal(take(&with_secrets), -ECONNREFUSED);
    assert_int_equal(world.connects, 1);
    world.network_error = -ENOTSUP;
    assert_int_equal(take(&with_secrets), -ENOTSUP);
    assert_int_equal(world.connects, 1);
}

static void what_is_not_as_it_says_is_refused(void **state)
{
    (void)state;
    unsigned seen = 0;
    world.module.size--;
    assert_int_equal(take(&with_secrets), -EBADMSG);
    assert_string_equal(world.said, "cannot take the module: Bad message");
    world.module = bytes_of_text("another!");
    assert_int_equal(take(&with_secrets), -EBADMSG);
    assert_string_equal(world.said, "cannot take the module: Bad message");
    world.manifest.files_size = 1; /* less than there is */
    assert_int_equal(take(&with_secrets), -EBADMSG);
    assert_string_equal(world.said, "cannot take the manifest: Bad message");
    set_up(NULL);
    world.file = bytes_of_text("publix");
    assert_int_equal(take(&with_secrets), 0);
    assert_int_equal(vfs_walk(w.vfs, bytes_of_text("/d"), compare_content, &seen), -EBADMSG);
    assert_non_null(strstr(world.said, "file /d/f is not what the manifest says"));
}

static void output_goes_where_the_surroundings_say(void **state)
{
    (void)state;
    dirs[0] = (struct manifest_dir){.path = bytes_of_text("/d"), .output = true};
    world.trapped = true;
    assert_int_equal(take(&with_secrets), 0);
    run();
    assert_int_equal(world.output_magic, ARCHIVE_MAGIC);
    assert_true(world.output_size > ARCHIVE_HEADER_SIZE + 3 * ARCHIVE_RECORD_SIZE);
    assert_true(world.result.trapped);
    assert_int_equal(world.ends, 0); /* what it wrote is no whole answer */
    assert_int_equal(world.sent, 0);
}

/* Sent as often as somebody asks, each time whole; nobody there is no error to report. */
static void output_is_sent_again(void **state)
{
    (void)state;
    dirs[0] = (struct manifest_dir){.path = bytes_of_text("/d"), .output = true};
    assert_int_equal(take(&with_secrets), 0);
    run();
    const size_t whole = world.output_size;
    world.output_error = -ENOTCONN;
    assert_int_equal(workload_send_output(&w), -ENOTCONN);
    assert_string_equal(world.said, "");
    world.output_error = 0;
    world.output_size = 0;
    assert_int_equal(workload_send_output(&w), 0);
    assert_int_equal(world.output_size, whole);
    world.output_error = -EIO;
    assert_int_equal(workload_send_output(&w), -EIO);
    assert_non_null(strstr(world.said, "cannot send the output directories back"));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_program_finds_its_secrets),
        TEST(secrets_come_only_from_who_has_them),
        TEST(secrets_are_those_named),
        TEST(secret_files_count_as_files),
        TEST(streams_are_opened_or_it_does_not_run),
        TEST(what_is_not_as_it_says_is_refused),
        TEST(output_goes_where_the_surroundings_say),
        TEST(output_is_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
