/* SPDX-License-Identifier: Apache-2.0 */
/* The code cache: who gets which entry, and what becomes of them. */
/* links: host/code_cache.c host/user_dir.c host/newfile.c host/fault.c crypto/digest.c base/cur.c base/hex.c base/wipe.c tests/unit/scratch.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "host/code_cache.h"

#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CODE "cache/enarx/code"
#define KEY  "state/enarx/cache.key"

static const uint8_t zero[DIGEST_SIZE];
static const uint8_t one[DIGEST_SIZE] = {1};
static struct code_cache cache;
static struct fault fault;

static int set_up(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    char path[100];
    setenv("HOME", *state, 1);
    snprintf(path, sizeof(path), "%s/cache", (char *)*state);
    setenv("XDG_CACHE_HOME", path, 1);
    snprintf(path, sizeof(path), "%s/state", (char *)*state);
    setenv("XDG_STATE_HOME", path, 1);
    return 0;
}

static int open_cache(const uint8_t *module)
{
    fault.text[0] = '\0';
    const struct code_cache_subject subject = {module, zero, COMPILER_CRANELIFT, "nil"};
    int error = code_cache_open(&subject, &cache, &fault);
    if (error < 0)
        assert_true(cache.fresh.fd == -1 && cache.dir == -1 && fault.text[0] != '\0');
    return error;
}

static void write_code(const char *code)
{
    assert_int_equal(write(cache.fresh.fd, code, strlen(code)), (ssize_t)strlen(code));
}

/* A run that compiles module {id, 0, ...} to `code`. */
static void run(uint8_t id, const char *code, uint64_t size_max)
{
    uint8_t module[DIGEST_SIZE] = {id};
    assert_int_equal(open_cache(module), 0);
    write_code(code);
    assert_int_equal(code_cache_commit(&cache, size_max), 0);
    code_cache_close(&cache);
}

static bool cache_holds(uint8_t id, const char *code)
{
    uint8_t module[DIGEST_SIZE] = {id};
    assert_int_equal(open_cache(module), 0);
    bool holds = bytes_equal(cache.entry, bytes_of_text(code));
    code_cache_close(&cache);
    return holds;
}

static void expect_fault(const char *part)
{
    if (strstr(fault.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.text, part);
}

/* ---- one module ---- */

static void the_second_run_finds_what_the_first_left(void **state)
{
    (void)state;
    run(1, "code of module 1", CODE_CACHE_SIZE_MAX);
    assert_true(cache_holds(1, "code of module 1"));
    assert_true(cache_holds(2, ""));
    assert_int_equal(scratch_count(CODE), 1);
}

static void a_new_entry_replaces_the_old(void **state)
{
    (void)state;
    run(1, "corrupted", CODE_CACHE_SIZE_MAX);
    run(1, "better", CODE_CACHE_SIZE_MAX);
    assert_true(cache_holds(1, "better"));
    assert_int_equal(scratch_count(CODE), 1);
}

static void without_a_commit_nothing_stays(void **state)
{
    (void)state;
    assert_int_equal(open_cache(one), 0);
    write_code("code");
    code_cache_close(&cache);
    code_cache_close(&cache);
    assert_int_equal(open_cache(one), 0);
    assert_int_equal(code_cache_commit(&cache, CODE_CACHE_SIZE_MAX), 0); /* nothing written */
    code_cache_close(&cache);
    assert_int_equal(scratch_count(CODE), 0);
}

static void an_entry_lives_while_it_is_mapped(void **state)
{
    (void)state;
    run(1, "code", CODE_CACHE_SIZE_MAX);
    assert_int_equal(open_cache(one), 0);
    size_t count;
    assert_int_equal(code_cache_clear(&count, &fault), 0);
    assert_true(bytes_equal(cache.entry, bytes_of_text("code")));
    code_cache_close(&cache);
}

static void everything_is_private(void **state)
{
    (void)state;
    umask(0);
    run(1, "code", CODE_CACHE_SIZE_MAX);
    struct stat s;
    assert_int_equal(stat(CODE, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0700);
    assert_int_equal(stat(KEY, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(s.st_size, CODE_CACHE_KEY_SIZE);
    assert_int_equal(open_cache(one), 0);
    char path[200];
    snprintf(path, sizeof(path), CODE "/%s", cache.name);
    code_cache_close(&cache);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
}

/* ---- secrets ---- */

static void whatever_it_depends_on_has_its_own_secret(void **state)
{
    (void)state;
    const struct code_cache_subject rows[] = {
        {zero, zero, COMPILER_CRANELIFT, "nil"}, {one, zero, COMPILER_CRANELIFT, "nil"},
        {zero, one, COMPILER_CRANELIFT, "nil"},  {zero, zero, COMPILER_WINCH, "nil"},
        {zero, zero, COMPILER_CRANELIFT, "sgx"},
    };
    struct code_cache caches[ARRAY_COUNT(rows)];
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(code_cache_open(&rows[i], &caches[i], &fault), 0);
        assert_int_equal(strlen(caches[i].name), 64);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(caches[i].key, caches[j].key, CODE_CACHE_KEY_SIZE);
            assert_string_not_equal(caches[i].name, caches[j].name);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        code_cache_close(&caches[i]);
}

/* Expected values: python3, hmac.new(bytes(range(32)), b"enarx code cache v1" +
 * bytes(32) + bytes(32) + b"\0" + b"nil", "sha256"), and of that over b"name". */
static void secrets_are_what_is_documented(void **state)
{
    (void)state;
    assert_int_equal(open_cache(zero), 0);
    code_cache_close(&cache);
    uint8_t key[CODE_CACHE_KEY_SIZE];
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    int fd = open(KEY, O_WRONLY);
    assert_int_equal(write(fd, key, sizeof(key)), (ssize_t)sizeof(key));
    close(fd);
    assert_int_equal(open_cache(zero), 0);
    static const uint8_t expected[] = {0xbe, 0xb2, 0x82, 0xb9, 0x68, 0xab, 0xe9, 0x98,
                                       0x15, 0x27, 0xda, 0x86, 0x0a, 0xd7, 0x90, 0xd0,
                                       0xe4, 0x0f, 0x25, 0x70, 0xd1, 0xfb, 0x51, 0xb5,
                                       0x3d, 0xfa, 0x71, 0x9d, 0xa8, 0xd7, 0x2d, 0x7d};
    assert_memory_equal(cache.key, expected, sizeof(expected));
    assert_string_equal(cache.name,
                        "dcd115f59c84f090a9b3c796ec076eaeae606602a8dc76d17539b70809cf06ba");
    code_cache_close(&cache);
}

static void another_key_is_another_cache(void **state)
{
    (void)state;
    run(1, "code", CODE_CACHE_SIZE_MAX);
    assert_int_equal(unlink(KEY), 0);
    assert_true(cache_holds(1, ""));
}

static void a_key_that_others_could_know_is_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0660, 0606, 0610};
    assert_int_equal(open_cache(one), 0);
    code_cache_close(&cache);
    for (size_t i = 0; i < ARRAY_COUNT(modes); i++) {
        chmod(KEY, modes[i]);
        assert_int_equal(open_cache(one), -EPERM);
        expect_fault("cache.key is not a key of yours that others cannot read; remove it");
    }
    chmod(KEY, 0600);
    assert_int_equal(truncate(KEY, 31), 0);
    assert_int_equal(open_cache(one), -EPERM);
    assert_int_equal(truncate(KEY, 33), 0);
    assert_int_equal(open_cache(one), -EPERM);
    unlink(KEY);
    assert_int_equal(symlink("/dev/zero", KEY), 0);
    assert_int_equal(open_cache(one), -ELOOP);
    unlink(KEY);
}

static void a_key_of_others_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can give one away */
    assert_int_equal(open_cache(one), 0);
    code_cache_close(&cache);
    assert_int_equal(chown(KEY, 65534, 65534), 0);
    assert_int_equal(open_cache(one), -EPERM);
}

static void racing_processes_agree_on_a_key(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    enum { RACERS = 16 };
    for (int i = 0; i < RACERS; i++) {
        if (fork() == 0) {
            bool ok = open_cache(one) == 0 &&
                      write(ends[1], cache.key, sizeof(cache.key)) == (ssize_t)sizeof(cache.key);
            _exit(ok ? 0 : 1);
        }
    }
    uint8_t first[CODE_CACHE_KEY_SIZE];
    uint8_t key[CODE_CACHE_KEY_SIZE];
    for (int i = 0; i < RACERS; i++) {
        int status;
        assert_true(wait(&status) > 0 && status == 0);
        assert_int_equal(read(ends[0], i == 0 ? first : key, sizeof(key)), (ssize_t)sizeof(key));
        if (i > 0)
            assert_memory_equal(key, first, sizeof(key));
    }
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(scratch_count("state/enarx"), 1);
}

/* ---- directories ---- */

static void without_variables_home_is_used(void **state)
{
    (void)state;
    unsetenv("XDG_CACHE_HOME");
    setenv("XDG_STATE_HOME", "relative/is/ignored", 1);
    run(1, "code", CODE_CACHE_SIZE_MAX);
    assert_int_equal(scratch_count(".cache/enarx/code"), 1);
    assert_int_equal(scratch_count(".local/state/enarx"), 1);
    unsetenv("HOME");
    assert_int_equal(open_cache(one), -ENOENT);
    expect_fault("neither XDG_STATE_HOME nor HOME says where");
    setenv("HOME", "", 1);
    assert_int_equal(open_cache(one), -ENOENT);
    struct code_cache_list list;
    assert_int_equal(code_cache_list(&list, &fault), -ENOENT);
    size_t count;
    assert_int_equal(code_cache_clear(&count, &fault), -ENOENT);
    char *endless = malloc(PATH_MAX + 1);
    memset(endless, '/', PATH_MAX);
    endless[PATH_MAX] = '\0';
    setenv("HOME", endless, 1);
    free(endless);
    assert_int_equal(open_cache(one), -ENAMETOOLONG);
}

static void directories_open_to_others_are_refused(void **state)
{
    (void)state;
    run(1, "code", CODE_CACHE_SIZE_MAX);
    chmod(CODE, 0750);
    assert_int_equal(open_cache(one), -EPERM);
    expect_fault("cache/enarx/code must be yours and closed to others (chmod 700)");
    chmod(CODE, 0700);
    chmod("state/enarx", 0705);
    assert_int_equal(open_cache(one), -EPERM);
    expect_fault("state/enarx must be yours");
    chmod("state/enarx", 0700);
    assert_true(cache_holds(1, "code"));
}

static void a_file_in_the_way_is_an_error(void **state)
{
    (void)state;
    scratch_write("state", "");
    assert_int_equal(open_cache(one), -ENOTDIR);
    expect_fault("cannot open directory");
    unlink("state");
    scratch_write("cache", "");
    assert_int_equal(open_cache(one), -ENOTDIR);
    expect_fault("cannot open directory");
}

static void what_is_no_file_is_no_entry(void **state)
{
    (void)state;
    assert_int_equal(open_cache(one), 0);
    char path[200];
    snprintf(path, sizeof(path), CODE "/%s", cache.name);
    code_cache_close(&cache);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_true(cache_holds(1, ""));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(cache_holds(1, ""));
    run(1, "code", CODE_CACHE_SIZE_MAX);
    assert_true(cache_holds(1, "code"));
}

/* ---- all entries ---- */

static void age(uint8_t id, time_t seconds)
{
    uint8_t module[DIGEST_SIZE] = {id};
    assert_int_equal(open_cache(module), 0);
    char path[200];
    snprintf(path, sizeof(path), CODE "/%s", cache.name);
    code_cache_close(&cache);
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void the_longest_unused_make_room(void **state)
{
    (void)state;
    for (uint8_t id = 1; id <= 3; id++)
        run(id, "ten bytes.", 30);
    age(1, 300);
    age(2, 100);
    age(3, 200);
    run(4, "ten bytes.", 30);
    assert_int_equal(scratch_count(CODE), 3);
    assert_true(cache_holds(2, ""));
    age(3, 200);
    assert_true(cache_holds(3, "ten bytes.")); /* used: no longer the oldest */
    age(1, 300);
    run(5, "1", 30);
    assert_true(cache_holds(1, "") && cache_holds(3, "ten bytes."));
    run(6, "all of the thirty bytes there.", 30);
    assert_int_equal(scratch_count(CODE), 1);
    assert_int_equal(open_cache(one), 0);
    write_code("more than thirty bytes there are");
    assert_int_equal(code_cache_commit(&cache, 30), -EFBIG);
    code_cache_close(&cache);
    assert_true(cache_holds(6, "all of the thirty bytes there."));
}

static void entries_are_listed_and_cleared(void **state)
{
    (void)state;
    struct code_cache_list list;
    size_t count = 9;
    assert_int_equal(code_cache_list(&list, &fault), 0); /* no directory yet */
    assert_int_equal(list.count, 0);
    assert_non_null(strstr(list.path, CODE));
    assert_int_equal(code_cache_clear(&count, &fault), 0);
    assert_int_equal(count, 0);
    run(1, "one", CODE_CACHE_SIZE_MAX);
    run(2, "three", CODE_CACHE_SIZE_MAX);
    age(1, 2000);
    age(2, 1000);
    mkdir(CODE "/directory", 0700);
    assert_int_equal(code_cache_list(&list, &fault), 0);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.size, 8);
    assert_int_equal(list.entries[0].size, 3);
    assert_int_equal(list.entries[0].used_ns, 2000000000000);
    assert_int_equal(list.entries[1].size, 5);
    free(list.entries);
    assert_int_equal(code_cache_clear(&count, &fault), 0);
    assert_int_equal(count, 2);
    assert_int_equal(scratch_count(CODE), 1);
    chmod(CODE, 0777);
    assert_int_equal(code_cache_list(&list, &fault), -EPERM);
    assert_int_equal(code_cache_clear(&count, &fault), -EPERM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_second_run_finds_what_the_first_left),
        TEST(a_new_entry_replaces_the_old),
        TEST(without_a_commit_nothing_stays),
        TEST(an_entry_lives_while_it_is_mapped),
        TEST(everything_is_private),
        TEST(whatever_it_depends_on_has_its_own_secret),
        TEST(secrets_are_what_is_documented),
        TEST(another_key_is_another_cache),
        TEST(a_key_that_others_could_know_is_refused),
        TEST(a_key_of_others_is_refused),
        TEST(racing_processes_agree_on_a_key),
        TEST(without_variables_home_is_used),
        TEST(directories_open_to_others_are_refused),
        TEST(a_file_in_the_way_is_an_error),
        TEST(what_is_no_file_is_no_entry),
        TEST(the_longest_unused_make_room),
        TEST(entries_are_listed_and_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
