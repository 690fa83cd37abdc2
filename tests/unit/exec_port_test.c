/* SPDX-License-Identifier: Apache-2.0 */
/* exec's use of the port: blobs in parts, and a cache that believes only itself. The port
 * here is a small honest or lying host behind the same entry that a loader passes. */
/* links: exec/port.c exec/code_cache.c exec/report.c exec/stream.c crypto/digest.c base/cur.c base/wipe.c */
/* libs: -lcrypto */
#include "exec/code_cache.h"
#include "exec/port.h"
#include "exec/stream.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
    struct boot_record boot;
    uint8_t key[32];
    bool has_key;
    uint8_t blob[PORT_CHUNK + 1000]; /* what exchange returns */
    size_t blob_size;
    size_t blob_growth; /* the size changes by this at every part */
    uint8_t stored[PORT_CHUNK + 1000];
    size_t stored_size;
    size_t store_limit; /* most bytes taken at a time */
    bool has_clock;
    struct port_call last; /* as it came */
    unsigned calls;
    jmp_buf ended;
} host;

static unsigned clock_reads;

int clock_gettime(clockid_t id, struct timespec *time)
{
    clock_reads++;
    return (int)syscall(SYS_clock_gettime, id, time);
}

static int64_t exchange(const struct port_call *c)
{
    size_t size = host.blob_size;
    host.blob_size += host.blob_growth;
    if (c->out_size > 0 && c->arg[2] < size) {
        size_t left = size - (size_t)c->arg[2];
        memcpy(c->out, host.blob + c->arg[2], left < c->out_size ? left : c->out_size);
    }
    return (int64_t)size;
}

static int64_t store(const struct port_call *c)
{
    size_t size = c->in_size < host.store_limit ? c->in_size : host.store_limit;
    if (size > sizeof(host.stored) - host.stored_size)
        return -ENOSPC;
    memcpy(host.stored + host.stored_size, c->in, size);
    host.stored_size += size;
    return (int64_t)size;
}

static int64_t entry(const struct port_call *c)
{
    host.last = *c;
    host.calls++;
    switch (c->verb) {
    case PORT_EXIT:
        longjmp(host.ended, 1);
    case PORT_EXCHANGE:
        return exchange(c);
    case PORT_STORE:
        return store(c);
    case PORT_ACCEPT:
        return 7;
    default:
        return 0;
    }
}

/* A keep's own: the clock asked for, and nothing else. */
static uint64_t own_clock(uint64_t clock) { return clock == PORT_CLOCK_REALTIME ? 1111 : 2222; }

unsigned long getauxval(unsigned long type)
{
    switch (type) {
    case AT_ENARX_CLOCK:
        return host.has_clock ? (unsigned long)own_clock : 0;
    case AT_ENARX_PORT:
        return (unsigned long)entry;
    case AT_ENARX_BOOT:
        return (unsigned long)&host.boot;
    case AT_ENARX_CACHE_KEY:
        return host.has_key ? (unsigned long)host.key : 0;
    default:
        return 0;
    }
}

static void the_keeps_own_clock_comes_first(void **state)
{
    (void)state;
    const unsigned reads = clock_reads;
    host.has_clock = true;
    assert_int_equal(port_now(false), 1111);
    assert_int_equal(port_now(true), 2222);
    assert_int_equal(clock_reads, reads);
    host.has_clock = false;
    assert_true(port_now(false) > 1700000000000000000u);
    assert_true(port_now(true) <= port_now(true));
    assert_int_equal(clock_reads, reads + 3);
}

static int set_up(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.boot = (struct boot_record){
        .magic = BOOT_MAGIC, .version = PORT_VERSION, .mode = BOOT_LOCAL, .cpus = 1};
    host.has_key = true;
    host.store_limit = SIZE_MAX;
    for (size_t i = 0; i < sizeof(host.blob); i++)
        host.blob[i] = (uint8_t)(i * 7);
    return 0;
}

static void a_boot_record_must_be_understood(void **state)
{
    (void)state;
    assert_non_null(port_open());
    host.boot.cpus = 0;
    assert_null(port_open());
    host.boot.cpus = 1;
    host.boot.version++;
    assert_null(port_open());
    host.boot.version--;
    host.boot.mode = 9;
    assert_null(port_open());
    host.boot.mode = BOOT_LOCAL;
    host.boot.zero = 1;
    assert_null(port_open());
    host.boot.zero = 0;
    host.boot.magic = 0;
    assert_null(port_open());
}

static void ends(enum port_end end, uint32_t status, enum port_end told, uint32_t told_status)
{
    if (setjmp(host.ended) == 0)
        port_exit(end, status);
    assert_int_equal(host.last.verb, PORT_EXIT);
    assert_int_equal(host.last.arg[0], told);
    assert_int_equal(host.last.arg[1], told_status);
}

static void a_status_is_the_hosts_in_a_local_run_alone(void **state)
{
    (void)state;
    ends(PORT_END_DONE, 7, PORT_END_DONE, 7);
    ends(PORT_END_TRAP, 0, PORT_END_TRAP, 0);
    host.boot.mode = BOOT_DEPLOY;
    ends(PORT_END_DONE, 7, PORT_END_DONE, 0);
    ends(PORT_END_TRAP, 7, PORT_END_DONE, 0);
    ends(PORT_END_FAILED, 1, PORT_END_FAILED, 0);
}

/* It is not even asked. */
static void a_deployment_takes_nothing_from_its_host(void **state)
{
    (void)state;
    struct bytes blob;
    uint8_t part[10];
    host.boot.mode = BOOT_DEPLOY;
    assert_non_null(port_open());
    assert_true(port_deploys());
    host.blob_size = 10;
    for (enum port_blob kind = PORT_BLOB_MANIFEST; kind <= PORT_BLOB_CHALLENGE; kind++) {
        assert_int_equal(port_fetch(kind, 100, &blob), -EACCES);
        assert_int_equal(port_fetch_into(kind, 0, part, sizeof(part)), -EACCES);
    }
    for (enum port_store kind = PORT_STORE_CODE; kind <= PORT_STORE_EVIDENCE; kind++)
        assert_int_equal(port_store(kind, bytes_of_text("secret")), -EACCES);
    assert_null(port_cache_key());
    assert_false(code_cache_wanted());
    assert_int_equal(host.calls, 0);
    host.boot.mode = BOOT_LOCAL;
    assert_false(port_deploys());
    assert_non_null(port_cache_key());
}

static void but_what_is_verified_anyway(void **state)
{
    (void)state;
    struct bytes blob;
    host.boot.mode = BOOT_DEPLOY;
    assert_non_null(port_open());
    host.blob_size = 10;
    assert_int_equal(port_fetch(PORT_BLOB_COLLATERAL, 100, &blob), 0);
    assert_int_equal(blob.size, 10);
    assert_int_equal(host.last.arg[0], PORT_BLOB_COLLATERAL);
    munmap((void *)blob.data, blob.size);
}

static void a_blob_arrives_whole(void **state)
{
    (void)state;
    struct bytes blob;
    host.blob_size = sizeof(host.blob);
    assert_int_equal(port_fetch(PORT_BLOB_MODULE, sizeof(host.blob), &blob), 0);
    assert_int_equal(blob.size, sizeof(host.blob));
    assert_memory_equal(blob.data, host.blob, blob.size);
    munmap((void *)blob.data, blob.size);
    host.blob_size = 0;
    assert_int_equal(port_fetch(PORT_BLOB_MODULE, 10, &blob), 0);
    assert_int_equal(blob.size, 0);
}

static void a_blob_that_changes_is_refused(void **state)
{
    (void)state;
    struct bytes blob;
    host.blob_size = 1000;
    host.blob_growth = 1;
    assert_int_equal(port_fetch(PORT_BLOB_MODULE, 5000, &blob), -EIO);
    host.blob_size = 5001;
    assert_int_equal(port_fetch(PORT_BLOB_MODULE, 5000, &blob), -EFBIG);
}

/* By whatever host: what comes is checked where it is used. */
static void a_stewards_answer_is_asked_for(void **state)
{
    (void)state;
    uint8_t answer[100];
    const struct bytes url = bytes_of_text("http://a");
    host.boot.mode = BOOT_DEPLOY;
    host.blob_size = sizeof(answer);
    assert_int_equal(port_ask_steward(PORT_BLOB_STEWARD_NONCE, 7, url, answer, sizeof(answer)),
                     sizeof(answer));
    assert_memory_equal(answer, host.blob, sizeof(answer));
    assert_int_equal(host.last.verb, PORT_EXCHANGE);
    assert_int_equal(host.last.arg[0], PORT_BLOB_STEWARD_NONCE);
    assert_int_equal(host.last.arg[1], 7);
    assert_int_equal(host.last.arg[2], 0);
    assert_true(bytes_equal((struct bytes){host.last.in, host.last.in_size}, url));
    host.blob_size++;
    assert_int_equal(port_ask_steward(PORT_BLOB_STEWARD_CERTIFICATE, 8, (struct bytes){0}, answer,
                                      sizeof(answer)),
                     -EMSGSIZE);
    host.blob_size = SIZE_MAX / 2;
    assert_int_equal(
        port_ask_steward(PORT_BLOB_STEWARD_NONCE, 9, url, host.blob, sizeof(host.blob)), -EMSGSIZE);
}

static void storing_goes_on_until_all_is_taken(void **state)
{
    (void)state;
    host.store_limit = 1000;
    struct bytes all = {.data = host.blob, .size = sizeof(host.blob)};
    assert_int_equal(port_store(PORT_STORE_OUTPUT, all), 0);
    assert_int_equal(host.stored_size, sizeof(host.blob));
    assert_memory_equal(host.stored, host.blob, sizeof(host.blob));
    assert_int_equal(port_store(PORT_STORE_OUTPUT, all), -ENOSPC);
    host.store_limit = 0;
    assert_int_equal(port_store(PORT_STORE_OUTPUT, all), -EIO);
}

static const uint8_t module_a[DIGEST_SIZE] = {1};
static const uint8_t module_b[DIGEST_SIZE] = {2};

static void put_code(void)
{
    code_cache_put(module_a, COMPILER_CRANELIFT, bytes_of_text("machine code"));
    memcpy(host.blob, host.stored, host.stored_size);
    host.blob_size = host.stored_size;
}

static void expect_code(const uint8_t *module, enum compiler compiler, const char *expected)
{
    struct bytes code = code_cache_get(module, compiler);
    assert_true(bytes_equal(code, bytes_of_text(expected)));
}

static void the_cache_returns_what_was_put(void **state)
{
    (void)state;
    put_code();
    expect_code(module_a, COMPILER_CRANELIFT, "machine code");
}

static void the_cache_believes_no_one_else(void **state)
{
    (void)state;
    put_code();
    expect_code(module_b, COMPILER_CRANELIFT, "");
    expect_code(module_a, COMPILER_WINCH, "");
    for (size_t i = 0; i < host.stored_size; i++) {
        host.blob[i] ^= 1;
        expect_code(module_a, COMPILER_CRANELIFT, "");
        host.blob[i] ^= 1;
    }
    for (size_t size = 0; size < host.stored_size; size++) {
        host.blob_size = size;
        expect_code(module_a, COMPILER_CRANELIFT, "");
    }
    host.blob_size = host.stored_size;
    host.key[31] ^= 1;
    expect_code(module_a, COMPILER_CRANELIFT, "");
    host.key[31] ^= 1;
    host.has_key = false;
    expect_code(module_a, COMPILER_CRANELIFT, "");
    host.has_key = true;
    expect_code(module_a, COMPILER_CRANELIFT, "machine code");
}

static void streams_offer_what_they_can_do(void **state)
{
    (void)state;
    struct object *listener = stream_new_listener(3);
    struct object *connection;
    assert_null(listener->ops->read);
    assert_int_equal(listener->ops->accept(listener, &connection), 0);
    assert_non_null(connection->ops->read);
    assert_int_equal(connection->ops->shutdown(connection, OBJECT_SHUT_WR), 0);
    connection->ops->close(connection);
    listener->ops->close(listener);
    struct object *terminal = stream_new_output(1, true);
    struct object *piped = stream_new_output(1, false);
    assert_int_equal(terminal->ops->filetype, 2);
    assert_int_equal(piped->ops->filetype, 0);
    assert_null(piped->ops->read);
    terminal->ops->close(terminal);
    piped->ops->close(piped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_boot_record_must_be_understood, set_up),
        cmocka_unit_test_setup(the_keeps_own_clock_comes_first, set_up),
        cmocka_unit_test_setup(a_status_is_the_hosts_in_a_local_run_alone, set_up),
        cmocka_unit_test_setup(a_deployment_takes_nothing_from_its_host, set_up),
        cmocka_unit_test_setup(but_what_is_verified_anyway, set_up),
        cmocka_unit_test_setup(a_blob_arrives_whole, set_up),
        cmocka_unit_test_setup(a_blob_that_changes_is_refused, set_up),
        cmocka_unit_test_setup(a_stewards_answer_is_asked_for, set_up),
        cmocka_unit_test_setup(storing_goes_on_until_all_is_taken, set_up),
        cmocka_unit_test_setup(the_cache_returns_what_was_put, set_up),
        cmocka_unit_test_setup(the_cache_believes_no_one_else, set_up),
        cmocka_unit_test_setup(streams_offer_what_they_can_do, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
