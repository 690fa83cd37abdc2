/* SPDX-License-Identifier: Apache-2.0 */
/* A WORKLOAD taken apart: each part where it belongs, and every way of not adding up. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: exec/delivery.c channel/message.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c crypto/key.c base/cbor.c base/cur.c base/put.c base/utf8.c base/wipe.c */
/* libs: -lcrypto */
#include "exec/delivery.h"

#include "conf/manifest.h"
#include "crypto/key.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MODULE     "\0asm\1\0\0\0and more"
#define FILES_SIZE 1000u

static const struct bytes module = {(const uint8_t *)MODULE, sizeof(MODULE) - 1};

/* What is to be sent; a test changes some of it. */
static struct {
    struct channel_workload_head head;
    uint8_t key[KEY_PUBLIC_SIZE];
    struct manifest manifest;
    struct bytes module;
    struct bytes secrets;
    const char *files[3];
    uint8_t payload[8192];
    struct put put;
    struct delivery delivery;
} t;

static struct manifest_file files[] = {
    {.type = FILE_DIRECTORY},
    {.type = FILE_REGULAR, .size = 5},
    {.type = FILE_REGULAR, .size = 0},
    {.type = FILE_REGULAR, .size = 7},
};

static int set_up(void **state)
{
    (void)state;
    static const char *const paths[] = {"/d", "/d/a", "/d/b", "/d/c"};
    static struct bytes args[] = {{(const uint8_t *)"app", 3}};
    EVP_PKEY *key = NULL;
    memset(&t, 0, sizeof(t));
    for (size_t i = 0; i < ARRAY_COUNT(files); i++)
        files[i].path = bytes_of_text(paths[i]);
    files[1].size = 5;
    t.manifest = (struct manifest){
        .module_size = module.size,
        .memory_size = 65536,
        .files_size = FILES_SIZE,
        .args = args,
        .arg_count = 1,
        .files = files,
        .file_count = ARRAY_COUNT(files),
    };
    t.module = module;
    t.secrets = bytes_of_text("\x41s");
    t.files[0] = "first";
    t.files[1] = "";
    t.files[2] = "a third";
    return key_generate(&key) < 0 || key_public(key, t.key) < 0 ? -1 : (EVP_PKEY_free(key), 0);
}

static int tear_down(void **state)
{
    (void)state;
    delivery_close(&t.delivery);
    return 0;
}

/* Sizes in the head come from the parts, and `t.head` is added to them. */
static void build(size_t key_size)
{
    struct put size = put_counter();
    manifest_put(&t.manifest, &size);
    t.put = put_init(t.payload, sizeof(t.payload));
    const struct channel_workload_head head = {
        .manifest_size = (uint32_t)size.size + t.head.manifest_size,
        .secrets_size = (uint32_t)t.secrets.size + t.head.secrets_size,
        .owner_key_size = (uint32_t)key_size + t.head.owner_key_size,
        .flags = t.head.flags,
    };
    channel_workload_head_put(&t.put, &head);
    put_bytes(&t.put, (struct bytes){t.key, key_size});
    manifest_put(&t.manifest, &t.put);
    put_bytes(&t.put, t.secrets);
    put_bytes(&t.put, t.module);
    for (size_t i = 0; i < ARRAY_COUNT(t.files); i++)
        put_bytes(&t.put, bytes_of_text(t.files[i]));
    assert_false(t.put.bad);
}

static enum keep_refusal parse(struct bytes payload)
{
    delivery_close(&t.delivery);
    assert_int_equal(delivery_open(&t.delivery, payload.size), 0);
    for (size_t i = 0; i < payload.size; i += 11) { /* in parts */
        const size_t left = payload.size - i;
        delivery_add(&t.delivery, (struct bytes){payload.data + i, left < 11 ? left : 11});
    }
    return delivery_parse(&t.delivery, FILES_SIZE);
}

static enum keep_refusal send(size_t key_size)
{
    build(key_size);
    return parse(put_done(&t.put));
}

static void every_part_is_where_it_belongs(void **state)
{
    (void)state;
    struct bytes got;
    char content[8] = "";
    uint8_t manifest[4096];
    struct put p = put_init(manifest, sizeof(manifest));
    manifest_put(&t.manifest, &p);
    t.head.flags = CHANNEL_DETACHED | CHANNEL_TERMINAL_STDERR;
    assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_NONE);
    const struct source s = delivery_source(&t.delivery);
    assert_int_equal(t.delivery.flags, CHANNEL_DETACHED | CHANNEL_TERMINAL_STDERR);
    assert_true(bytes_equal(t.delivery.owner_key, (struct bytes){t.key, sizeof(t.key)}));
    assert_int_equal(s.manifest(s.context, &got), 0);
    assert_true(bytes_equal(got, put_done(&p)));
    assert_int_equal(s.module(s.context, &got), 0);
    assert_true(bytes_equal(got, module));
    assert_int_equal(s.secrets(s.context, &got), 0);
    assert_true(bytes_equal(got, t.secrets));
    assert_int_equal(s.file(s.context, 1, content, 5), 0);
    assert_string_equal(content, "first");
    assert_int_equal(s.file(s.context, 2, content, 0), 0);
    assert_int_equal(s.file(s.context, 3, content, 7), 0);
    assert_string_equal(content, "a third");
    assert_int_equal(s.file(s.context, 3, content, 6), -EIO);
    assert_int_equal(s.file(s.context, 4, content, 0), -EIO);
}

static void a_key_and_secrets_may_be_missing(void **state)
{
    (void)state;
    t.secrets.size = 0;
    assert_int_equal(send(0), REFUSED_NONE);
    assert_int_equal(t.delivery.owner_key.size + t.delivery.secrets.size, 0);
    t.head.flags = CHANNEL_DETACHED; /* then nobody could ever attach */
    assert_int_equal(send(0), REFUSED_OWNERLESS);
    assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_NONE);
}

/* Cut anywhere, or followed by anything: never taken for whole. */
static void parts_add_up(void **state)
{
    (void)state;
    build(KEY_PUBLIC_SIZE);
    for (size_t size = 1; size < t.put.size; size++)
        assert_int_not_equal(parse((struct bytes){t.payload, size}), REFUSED_NONE);
    assert_int_equal(parse((struct bytes){t.payload, t.put.size - 1}), REFUSED_PARTS);
    assert_int_equal(parse((struct bytes){t.payload, t.put.size + 1}), REFUSED_PARTS);
    assert_int_equal(parse((struct bytes){t.payload, t.put.size}), REFUSED_NONE);
}

static void sizes_in_the_head_are_those_of_the_parts(void **state)
{
    (void)state;
    for (int change = -1; change <= 1; change += 2) {
        t.head = (struct channel_workload_head){.manifest_size = (uint32_t)change};
        assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_MANIFEST);
        t.head = (struct channel_workload_head){.owner_key_size = (uint32_t)change};
        assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_KEY);
        t.head = (struct channel_workload_head){.secrets_size = (uint32_t)change};
        assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_PARTS);
    }
    t.head = (struct channel_workload_head){.manifest_size = UINT32_MAX / 2};
    assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_PARTS);
    t.head = (struct channel_workload_head){.secrets_size = CHANNEL_SECRETS_MAX};
    assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_HEAD);
    t.head = (struct channel_workload_head){.flags = CHANNEL_FLAGS + 1};
    assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_HEAD);
}

static void files_have_the_room_that_there_is(void **state)
{
    (void)state;
    static char large[FILES_SIZE + 1];
    memset(large, 'x', FILES_SIZE - 7);
    t.files[0] = large;
    t.manifest.files_size = 2 * FILES_SIZE;
    files[1].size = FILES_SIZE - 7;
    assert_int_equal(send(0), REFUSED_NONE);
    large[FILES_SIZE - 7] = 'x';
    files[1].size++;
    assert_int_equal(send(0), REFUSED_LIMIT);
    t.manifest.files_size = UINT64_MAX;
    files[1].size = UINT64_MAX - 7;
    assert_int_equal(send(0), REFUSED_LIMIT);
}

static void the_owners_key_is_a_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEY_PUBLIC_SIZE; i++) { /* a point elsewhere, another algorithm */
        t.key[i] ^= 1;
        assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_KEY);
        t.key[i] ^= 1;
    }
    assert_int_equal(send(KEY_PUBLIC_SIZE - 1), REFUSED_KEY);
    assert_int_equal(send(KEY_PUBLIC_SIZE), REFUSED_NONE);
}

static void modules_are_not_machine_code(void **state)
{
    (void)state;
    static const struct bytes others[] = {
        {(const uint8_t *)"\177ELF\2\1\1\0more", 12}, /* what an engine keeps */
        {(const uint8_t *)"\0asm\2\0\0\0more", 12},   /* another version */
        {(const uint8_t *)"\0asm\15\0\1\0more", 12},  /* a component */
        {(const uint8_t *)"(module)", 8},             /* text */
        {(const uint8_t *)"\0asm\1\0\0", 7},
        {(const uint8_t *)"", 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        t.module = others[i];
        t.manifest.module_size = others[i].size;
        assert_int_equal(send(0), REFUSED_NATIVE);
    }
    t.module = module;
    t.manifest.module_size = 8;
    t.module.size = 8;
    assert_int_equal(send(0), REFUSED_NONE);
}

static void a_manifest_is_one(void **state)
{
    (void)state;
    build(0);
    for (size_t i = 0; i < 4; i++) { /* before its first digest */
        t.payload[CHANNEL_WORKLOAD_HEAD + i] ^= 0x80;
        assert_int_not_equal(parse(put_done(&t.put)), REFUSED_NONE);
        t.payload[CHANNEL_WORKLOAD_HEAD + i] ^= 0x80;
    }
}

static void a_keep_bounds_what_it_takes(void **state)
{
    (void)state;
    const uint64_t rest = delivery_size_max(0);
    assert_true(rest > (1u << 30) && rest < (3u << 29));
    assert_int_equal(delivery_size_max(1000), rest + 1000);
    assert_true(delivery_size_max(UINT64_MAX) == CHANNEL_WORKLOAD_MAX);
    assert_true(delivery_size_max(CHANNEL_WORKLOAD_MAX - rest) == CHANNEL_WORKLOAD_MAX);
}

static void more_than_its_size_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(delivery_open(&t.delivery, 4), 0);
    delivery_add(&t.delivery, bytes_of_text("123"));
    delivery_add(&t.delivery, bytes_of_text("456"));
    assert_int_equal(t.delivery.filled, 4);
    assert_memory_equal(t.delivery.data, "1234", 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_part_is_where_it_belongs),
        TEST(a_key_and_secrets_may_be_missing),
        TEST(parts_add_up),
        TEST(sizes_in_the_head_are_those_of_the_parts),
        TEST(files_have_the_room_that_there_is),
        TEST(the_owners_key_is_a_key),
        TEST(modules_are_not_machine_code),
        TEST(a_manifest_is_one),
        TEST(a_keep_bounds_what_it_takes),
        TEST(more_than_its_size_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
