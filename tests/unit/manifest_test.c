/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest's encoding: what is put comes back, byte for byte the same for
 * ever, and nothing else is taken. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/manifest.c conf/manifest_put.c conf/manifest_check.c */
/* links: base/cbor.c base/utf8.c base/cur.c base/put.c base/hex.c */
#include "conf/manifest.h"

#include "base/hex.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text(const char *t) { return bytes_of_text(t); }

static uint8_t buffer[4096];

static struct bytes encode(const struct manifest *m)
{
    struct put p = put_init(buffer, sizeof(buffer));
    manifest_put(m, &p);
    assert_false(p.bad);
    struct put counter = put_counter();
    manifest_put(m, &counter);
    assert_int_equal(counter.size, p.size);
    return put_done(&p);
}

/* A manifest with one of everything, encoded. */
static struct bytes encode_full(void)
{
    struct bytes args[] = {text("main.wasm"), text("-v")};
    struct manifest_env env[] = {{text("A"), text("1")}, {text("B"), text("")}};
    struct manifest_stream streams[] = {
        {.kind = STREAM_STDIN, .name = text("stdin")},
        {.kind = STREAM_LISTEN,
         .name = text("web"),
         .protocol = PROTOCOL_TCP,
         .host = text("::"),
         .port = 8080},
    };
    struct manifest_dir dirs[] = {{.path = text("/data"), .read_only = true}};
    struct manifest_file files[] = {
        {.type = FILE_DIRECTORY, .path = text("/data"), .mtime = 1},
        {.type = FILE_REGULAR, .path = text("/data/a"), .mtime = 1ull << 60, .size = 7},
        {.type = FILE_SYMLINK, .path = text("/data/b"), .target = text("a")},
    };
    memset(files[1].digest, 0xdd, DIGEST_SIZE);
    struct manifest m = {
        .module_size = 100,
        .compiler = COMPILER_WINCH,
        .memory_size = 1ull << 31,
        .files_size = 1000,
        .args = args,
        .arg_count = ARRAY_COUNT(args),
        .env = env,
        .env_count = ARRAY_COUNT(env),
        .streams = streams,
        .stream_count = ARRAY_COUNT(streams),
        .dirs = dirs,
        .dir_count = ARRAY_COUNT(dirs),
        .files = files,
        .file_count = ARRAY_COUNT(files),
    };
    memset(m.module_digest, 0xaa, DIGEST_SIZE);
    return encode(&m);
}

static void comes_back(void **state)
{
    (void)state;
    struct manifest m;
    assert_int_equal(manifest_parse(encode_full(), &m), 0);
    assert_int_equal(m.module_digest[31], 0xaa);
    assert_int_equal(m.module_size, 100);
    assert_int_equal(m.compiler, COMPILER_WINCH);
    assert_true(m.memory_size == 1ull << 31);
    assert_int_equal(m.files_size, 1000);
    assert_int_equal(m.arg_count, 2);
    assert_true(bytes_equal(m.args[1], text("-v")));
    assert_int_equal(m.env_count, 2);
    assert_true(bytes_equal(m.env[0].name, text("A")));
    assert_true(bytes_equal(m.env[0].value, text("1")));
    assert_int_equal(m.stream_count, 2);
    assert_int_equal(m.streams[0].kind, STREAM_STDIN);
    assert_int_equal(m.streams[1].kind, STREAM_LISTEN);
    assert_true(bytes_equal(m.streams[1].name, text("web")));
    assert_int_equal(m.streams[1].protocol, PROTOCOL_TCP);
    assert_true(bytes_equal(m.streams[1].host, text("::")));
    assert_int_equal(m.streams[1].port, 8080);
    assert_int_equal(m.dir_count, 1);
    assert_true(m.dirs[0].read_only);
    assert_false(m.dirs[0].output);
    assert_int_equal(m.file_count, 3);
    assert_int_equal(m.files[0].type, FILE_DIRECTORY);
    assert_true(m.files[1].mtime == 1ull << 60);
    assert_int_equal(m.files[1].size, 7);
    assert_int_equal(m.files[1].digest[0], 0xdd);
    assert_true(bytes_equal(m.files[2].target, text("a")));

    uint8_t again[sizeof(buffer)];
    struct put p = put_init(again, sizeof(again));
    manifest_put(&m, &p);
    assert_true(bytes_equal(put_done(&p), encode_full()));
    manifest_fini(&m);
    assert_null(m.args);
    assert_int_equal(m.file_count, 0);
}

/* The workload digest depends on these bytes: written by hand from RFC 8949. */
static void encoding_is_fixed(void **state)
{
    (void)state;
    struct manifest m = {.module_size = 1, .memory_size = 65536, .files_size = 256};
    struct bytes arg = text("a");
    m.args = &arg;
    m.arg_count = 1;
    struct manifest_stream stream = {.kind = STREAM_STDOUT, .name = text("o")};
    m.streams = &stream;
    m.stream_count = 1;
    struct manifest_dir dir = {.path = text("/"), .output = true};
    m.dirs = &dir;
    m.dir_count = 1;
    static const char want[] = "ab"   /* a map of 11 pairs */
                               "0101" /* version */
                               "025820"
                               "0000000000000000000000000000000000000000000000000000000000000000"
                               "0301"               /* size of the module */
                               "0400"               /* Cranelift */
                               "051a00010000"       /* memory */
                               "06190100"           /* files */
                               "07816161"           /* args: ["a"] */
                               "0880"               /* env */
                               "09818502616f006000" /* streams: [[2, "o", 0, "", 0]] */
                               "0a8183612ff4f5"     /* dirs: [["/", false, true]] */
                               "0b80";              /* files */
    char got[512];
    hex_put(encode(&m), got);
    assert_string_equal(got, want);
}

/* ---- secrets ---- */

/* Parses `base` as hexadecimal, with `pairs` for its first byte and `more` at its end. */
static int parse_with(const char *pairs, const char *more, struct manifest *m)
{
    struct bytes base = encode(&(struct manifest){0});
    uint8_t bytes[512];
    const size_t size = strlen(more) / 2;
    assert_int_equal(base.data[0], 0xab);
    memcpy(bytes, base.data, base.size);
    assert_int_equal(hex_parse(pairs, bytes, 1), 0);
    assert_int_equal(hex_parse(more, bytes + base.size, size), 0);
    uint8_t *copy = malloc(base.size + size);
    memcpy(copy, bytes, base.size + size);
    int error = manifest_parse((struct bytes){copy, base.size + size}, m);
    if (error == 0) { /* one encoding only */
        assert_int_equal(encode(m).size, base.size + size);
        assert_memory_equal(buffer, copy, base.size + size);
        manifest_fini(m);
    }
    free(copy);
    return error;
}

static void names_of_secrets_come_back(void **state)
{
    (void)state;
    struct bytes env[] = {text("TOKEN"), text("A")};
    struct bytes files[] = {text("/key"), text("/d/key")};
    struct manifest_file dir = {.type = FILE_DIRECTORY, .path = text("/d")};
    struct manifest m = {.files = &dir,
                         .file_count = 1,
                         .secret_env = env,
                         .secret_env_count = 2,
                         .secret_files = files,
                         .secret_file_count = 2};
    struct manifest got;
    const struct bytes encoded = encode(&m);
    assert_int_equal(encoded.data[0], 0xad); /* a map of 13 pairs */
    assert_int_equal(manifest_parse(encoded, &got), 0);
    assert_int_equal(got.secret_env_count, 2);
    assert_true(bytes_equal(got.secret_env[0], text("TOKEN")));
    assert_true(bytes_equal(got.secret_env[1], text("A")));
    assert_int_equal(got.secret_file_count, 2);
    assert_true(bytes_equal(got.secret_files[0], text("/key")));
    assert_true(bytes_equal(got.secret_files[1], text("/d/key")));
    manifest_fini(&got);
    assert_null(got.secret_env);
    assert_null(got.secret_files);
    for (size_t size = 0; size < encoded.size; size++)
        assert_int_equal(manifest_parse((struct bytes){encoded.data, size}, &got), -EBADMSG);
}

/* By hand from RFC 8949: 12 and 13 are 0c and 0d, "A" is 61 41, "/k" is 62 2f 6b. */
static void secrets_have_keys_of_their_own(void **state)
{
    (void)state;
    struct manifest m;
    assert_int_equal(parse_with("ab", "", &m), 0);
    assert_int_equal(parse_with("ac", "0c816141", &m), 0);
    assert_int_equal(parse_with("ac", "0d81622f6b", &m), 0);
    assert_int_equal(parse_with("ad", "0c8161410d81622f6b", &m), 0);

    assert_int_equal(parse_with("ab", "0c816141", &m), -EBADMSG);             /* not counted */
    assert_int_equal(parse_with("ac", "", &m), -EBADMSG);                     /* not there */
    assert_int_equal(parse_with("ac", "0c80", &m), -EBADMSG);                 /* empty */
    assert_int_equal(parse_with("ac", "0d80", &m), -EBADMSG);                 /* empty */
    assert_int_equal(parse_with("ac", "0e816141", &m), -EBADMSG);             /* unknown */
    assert_int_equal(parse_with("ac", "0b816141", &m), -EBADMSG);             /* had before */
    assert_int_equal(parse_with("ad", "0d81622f6b0c816141", &m), -EBADMSG);   /* descending */
    assert_int_equal(parse_with("ad", "0c8161410c816142", &m), -EBADMSG);     /* twice */
    assert_int_equal(parse_with("ad", "0d81622f6b0d81622f6c", &m), -EBADMSG); /* twice */
    assert_int_equal(parse_with("ae", "0c8161410d81622f6b0e80", &m), -EBADMSG);
    assert_int_equal(parse_with("ac", "0c814141", &m), -EBADMSG);   /* bytes, no text */
    assert_int_equal(parse_with("ac", "0c8161ff", &m), -EBADMSG);   /* not UTF-8 */
    assert_int_equal(parse_with("ac", "0d81626b2f", &m), -EBADMSG); /* no path */
    assert_int_equal(parse_with("ac", "0c9a000f4240", &m), -EBADMSG);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    const struct bytes full = encode_full();
    for (size_t size = 0; size < full.size; size++) {
        uint8_t *copy = malloc(size + 1); /* so that a sanitizer sees its end */
        memcpy(copy, full.data, size);
        struct manifest m;
        assert_int_equal(manifest_parse((struct bytes){copy, size}, &m), -EBADMSG);
        assert_null(m.args);
        free(copy);
    }
}

static void refuses_more_at_the_end(void **state)
{
    (void)state;
    const struct bytes full = encode_full();
    buffer[full.size] = 0;
    struct manifest m;
    assert_int_equal(manifest_parse((struct bytes){buffer, full.size + 1}, &m), -EBADMSG);
}

/* Where a full manifest is changed in one byte, and to what. */
static void refuses_changes(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t from;
        uint8_t to;
    } rows[] = {
        {0, 0xab, 0xaa},  /* ten pairs */
        {0, 0xab, 0xac},  /* twelve, the last missing */
        {0, 0xab, 0x8b},  /* an array */
        {1, 0x01, 0x02},  /* another key first */
        {2, 0x01, 0x00},  /* version 0 */
        {2, 0x01, 0x02},  /* version 2 */
        {3, 0x02, 0x03},  /* keys out of order */
        {5, 0x20, 0x1f},  /* a digest of 31 bytes */
        {38, 0x03, 0x04}, /* a key twice, the other missing */
        {42, 0x01, 0x02}, /* an unknown compiler */
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct bytes full = encode_full();
        assert_int_equal(buffer[rows[i].at], rows[i].from);
        buffer[rows[i].at] = rows[i].to;
        struct manifest m;
        if (manifest_parse(full, &m) != -EBADMSG)
            fail_msg("row %zu was accepted", i);
    }
}

/* A count that the rest of the input cannot hold allocates nothing. */
static void refuses_hostile_counts(void **state)
{
    (void)state;
    struct manifest m = {0};
    struct bytes encoded = encode(&m);
    assert_int_equal(buffer[encoded.size - 1], 0x80);                    /* no files */
    static const uint8_t counts[][5] = {{0x9a, 0x00, 0x0f, 0x42, 0x40},  /* a million */
                                        {0x9a, 0x00, 0x0f, 0x42, 0x41},  /* one more */
                                        {0x9a, 0xff, 0xff, 0xff, 0xff}}; /* all that fits */
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        memcpy(buffer + encoded.size - 1, counts[i], sizeof(counts[i]));
        assert_int_equal(manifest_parse((struct bytes){buffer, encoded.size + 4}, &m), -EBADMSG);
    }
}

static void refuses_a_wrong_meaning(void **state)
{
    (void)state;
    struct bytes arg = {(const uint8_t *)"a\0b", 3};
    struct manifest m = {.args = &arg, .arg_count = 1};
    struct manifest parsed;
    assert_int_equal(manifest_parse(encode(&m), &parsed), -EBADMSG);
    assert_null(parsed.args);
}

static void refuses_what_is_too_large(void **state)
{
    (void)state;
    const struct bytes large = {buffer, MANIFEST_SIZE_MAX + 1};
    struct manifest m;
    assert_int_equal(manifest_parse(large, &m), -EBADMSG);
}

/* ---- TLS ---- */

static void tls_comes_back(const struct manifest *m, struct bytes encoded)
{
    struct manifest back;
    assert_int_equal(manifest_parse(encoded, &back), 0);
    assert_int_equal(back.streams[0].tls.clients, CLIENTS_OPTIONAL);
    assert_int_equal(back.streams[0].tls.verify, VERIFY_ATTESTED);
    assert_true(bytes_equal(back.streams[0].tls.alpn, text("\2h2")));
    assert_int_equal(back.streams[2].tls.verify, VERIFY_CA);
    assert_true(bytes_equal(back.streams[2].tls.server_name, text("s")));
    assert_true(bytes_equal(back.cas[0], m->cas[0]));
    assert_true(bytes_equal(back.policies[0], m->policies[0]));
    assert_true(bytes_equal(back.cert_names[0], m->cert_names[0]));
    uint8_t again[sizeof(buffer)];
    struct put p = put_init(again, sizeof(again));
    manifest_put(&back, &p);
    assert_true(bytes_equal(put_done(&p), encoded));
    manifest_fini(&back);
    assert_null(back.cas);
    for (size_t size = 0; size < encoded.size; size++)
        assert_int_equal(manifest_parse((struct bytes){encoded.data, size}, &back), -EBADMSG);
}

/* By hand: keys 14 to 17; h2 is 68 32, an empty SEQUENCE 30 00. */
static void tls_is_fixed(void **state)
{
    (void)state;
    struct manifest_stream streams[] = {
        {.kind = STREAM_LISTEN,
         .name = text("l"),
         .host = text("h"),
         .port = 1,
         .tls = {.clients = CLIENTS_OPTIONAL, .verify = VERIFY_ATTESTED, .alpn = text("\2h2")}},
        {.kind = STREAM_NULL, .name = text("n")},
        {.kind = STREAM_CONNECT,
         .name = text("c"),
         .host = text("h"),
         .port = 2,
         .tls = {.verify = VERIFY_CA, .server_name = text("s")}},
    };
    struct bytes ca = {(const uint8_t *)"\x30\0", 2}, policy = text("#"), name = text("a");
    struct manifest m = {.streams = streams,
                         .stream_count = 3,
                         .cas = &ca,
                         .ca_count = 1,
                         .policies = &policy,
                         .policy_count = 1,
                         .cert_names = &name,
                         .cert_name_count = 1};
    static const char want[] = "0e82850102006043026832" /* [1, 2, 0, "", h'026832'] */
                               "850001006173"
                               "40"         /* [0, 1, 0, "s", h''] */
                               "0f81423000" /* [h'3000'] */
                               "10816123"   /* ["#"] */
                               "11816161";  /* ["a"] */
    char got[1024];
    const struct bytes encoded = encode(&m);
    assert_int_equal(encoded.data[0], 0xaf); /* a map of 15 pairs */
    hex_put(encoded, got);
    assert_string_equal(got + strlen(got) - strlen(want), want);
    tls_comes_back(&m, encoded);
}

/* One encoding only: no rows without streams, no streams without rows. */
static void tls_is_said_when_spoken(void **state)
{
    (void)state;
    struct manifest m;
    assert_int_equal(parse_with("ac", "0e80", &m), -EBADMSG);
    assert_int_equal(parse_with("ac", "0e81850000006040", &m), -EBADMSG);
    assert_int_equal(parse_with("ac", "0f80", &m), -EBADMSG);
    assert_int_equal(parse_with("ac", "0f81423000", &m), -EBADMSG); /* used by none */
    assert_int_equal(parse_with("ac", "11816161", &m), 0);
    assert_int_equal(parse_with("ac", "1180", &m), -EBADMSG);
    assert_int_equal(parse_with("ac", "138161", &m), -EBADMSG);

    struct manifest_stream listener = {
        .kind = STREAM_LISTEN, .name = text("l"), .host = text("h"), .port = 1};
    uint8_t cut[512];
    const struct bytes encoded =
        encode(&(struct manifest){.streams = &listener, .stream_count = 1});
    assert_int_equal(manifest_parse(encoded, &m), 0);
    manifest_fini(&m);
    memcpy(cut, encoded.data, encoded.size);
    assert_int_equal(cut[0], 0xac);
    cut[0] = 0xab; /* without its last pair, of 8 bytes */
    assert_int_equal(manifest_parse((struct bytes){cut, encoded.size - 8}, &m), -EBADMSG);
}

/* ---- the steward ---- */

/* By hand: key 18 is 12, "https://a" a text of 9 bytes. */
#define STEWARD \
    "1282"      \
    "69"        \
    "68747470733a2f2f61"

static void steward_is_fixed(void **state)
{
    (void)state;
    struct manifest_stream listener = {
        .kind = STREAM_LISTEN, .name = text("l"), .host = text("h"), .port = 1};
    struct bytes cas[] = {{(const uint8_t *)"\x30\0", 2}};
    const struct manifest m = {.streams = &listener,
                               .stream_count = 1,
                               .cas = cas,
                               .ca_count = 1,
                               .steward = text("https://a")};
    static const char want[] = "0e81850000006040" /* the stream's row */
                               "0f81423000"       /* [h'3000'] */
        STEWARD "00";
    char got[1024];
    const struct bytes encoded = encode(&m);
    assert_int_equal(encoded.data[0], 0xae); /* a map of 14 pairs */
    hex_put(encoded, got);
    assert_string_equal(got + strlen(got) - strlen(want), want);

    struct manifest back;
    assert_int_equal(manifest_parse(encoded, &back), 0);
    assert_true(bytes_equal(back.steward, m.steward));
    assert_int_equal(back.steward_ca, 0);
    manifest_fini(&back);
    assert_int_equal(back.steward.size, 0);
    for (size_t size = 0; size < encoded.size; size++)
        assert_int_equal(manifest_parse((struct bytes){encoded.data, size}, &back), -EBADMSG);
}

/* What `bytes` make of the last pair of that manifest, which comes back as it came. */
static int parse_steward(const char *last)
{
    struct manifest_stream listener = {
        .kind = STREAM_LISTEN, .name = text("l"), .host = text("h"), .port = 1};
    struct bytes cas[] = {{(const uint8_t *)"\x30\0", 2}, {(const uint8_t *)"\x30\1a", 3}};
    uint8_t bytes[512];
    struct manifest m;
    listener.tls = (struct manifest_tls){.clients = CLIENTS_REQUIRED, .verify = VERIFY_CA};
    const struct bytes base = encode(
        &(struct manifest){.streams = &listener, .stream_count = 1, .cas = cas, .ca_count = 2});
    const struct bytes whole = {bytes, base.size + strlen(last) / 2};
    memcpy(bytes, base.data, base.size);
    bytes[0]++; /* one pair more */
    assert_int_equal(hex_parse(last, bytes + base.size, strlen(last) / 2), 0);
    const int error = manifest_parse(whole, &m);
    if (error == 0) {
        assert_true(bytes_equal(encode(&m), whole));
        manifest_fini(&m);
    }
    return error;
}

static void steward_has_two_fields(void **state)
{
    (void)state;
    assert_int_equal(parse_steward(STEWARD "01"), 0);
    assert_int_equal(parse_steward(STEWARD "00"), -EBADMSG);   /* one of cas is used by none */
    assert_int_equal(parse_steward(STEWARD "02"), -EBADMSG);   /* there is no such */
    assert_int_equal(parse_steward(STEWARD "1801"), -EBADMSG); /* 1 has a shorter form */
    assert_int_equal(parse_steward(STEWARD "20"), -EBADMSG);   /* -1 */
    assert_int_equal(parse_steward("12816968747470733a2f2f61"), -EBADMSG);     /* no CA */
    assert_int_equal(parse_steward("12836968747470733a2f2f610100"), -EBADMSG); /* three */
    assert_int_equal(parse_steward("12824968747470733a2f2f6101"), -EBADMSG);   /* bytes */
    assert_int_equal(parse_steward("1282606001"), -EBADMSG);
    assert_int_equal(parse_steward("12826001"), -EBADMSG);   /* empty */
    assert_int_equal(parse_steward("1282616101"), -EBADMSG); /* no URL */
    assert_int_equal(parse_steward("1280"), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(encoding_is_fixed),
        cmocka_unit_test(names_of_secrets_come_back),
        cmocka_unit_test(tls_is_fixed),
        cmocka_unit_test(tls_is_said_when_spoken),
        cmocka_unit_test(steward_is_fixed),
        cmocka_unit_test(steward_has_two_fields),
        cmocka_unit_test(secrets_have_keys_of_their_own),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_more_at_the_end),
        cmocka_unit_test(refuses_changes),
        cmocka_unit_test(refuses_hostile_counts),
        cmocka_unit_test(refuses_a_wrong_meaning),
        cmocka_unit_test(refuses_what_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
