/* SPDX-License-Identifier: Apache-2.0 */
/* AESM's protocol against a stand-in for the service, in a process of its own. What
 * it answers is written out byte for byte, after messages.proto. */
/* links: host/sgx/aesm.c base/cur.c base/put.c tests/unit/scratch.c */
#define _GNU_SOURCE
#include "host/sgx/aesm.h"

#include "tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SOCKET  "aesm.socket"
#define KEY_IDS 512u
#define QUOTE   4734u

/* ---- the stand-in ---- */

/* What it does other than it should. */
enum mood {
    KIND,
    REFUSES,      /* an error code */
    SILENT,       /* closes at once */
    WRONG_ANSWER, /* to another question */
    HUGE_LENGTH,  /* 4 GiB to come */
    CUT_SHORT,    /* less than it says */
    NO_ECDSA,     /* other keys only */
    MANY_KEYS,
    SMALL_TARGET,
    LONG_QUOTE, /* longer than it said */
};

struct question {
    uint8_t data[2048];
    size_t size;
};

static void need(bool condition)
{
    if (!condition)
        _exit(9);
}

static void take(int fd, struct question *q)
{
    uint8_t prefix[4];
    need(recv(fd, prefix, 4, MSG_WAITALL) == 4);
    q->size = prefix[0] | (size_t)prefix[1] << 8;
    need(prefix[2] == 0 && prefix[3] == 0 && q->size <= sizeof(q->data));
    need(recv(fd, q->data, q->size, MSG_WAITALL) == (ssize_t)q->size);
}

static void put_varint(struct put *p, uint64_t n)
{
    for (; n >= 128; n >>= 7)
        put_u8(p, (uint8_t)(n | 128));
    put_u8(p, (uint8_t)n);
}

static void put_data(struct put *p, uint8_t field, const uint8_t *data, size_t size)
{
    put_u8(p, (uint8_t)(field << 3 | 2));
    put_varint(p, size);
    put_bytes(p, (struct bytes){data, size});
}

static const uint8_t *key_ids(enum mood mood)
{
    static uint8_t ids[KEY_IDS]; /* EPID first, then ECDSA */
    memset(ids, 0xaa, sizeof(ids));
    memset(ids + 154, 0, 4);
    memset(ids + 256 + 154, 0, 4);
    ids[256 + 154] = mood == NO_ECDSA ? 3 : 2;
    return ids;
}

static void fill(uint8_t *data, size_t size, uint8_t seed)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 13 + seed);
}

static void put_answer(struct put *p, int call, enum mood mood)
{
    static uint8_t data[QUOTE];
    fill(data, sizeof(data), (uint8_t)call);
    switch (call) {
    case 21:
        put_u8(p, 2 << 3);
        put_varint(p, mood == MANY_KEYS ? 1000 : 2);
        break;
    case 22:
        put_data(p, 2, key_ids(mood), KEY_IDS);
        break;
    case 15:
        put_data(p, 2, data, mood == SMALL_TARGET ? 511 : 512);
        put_u8(p, 3 << 3);
        put_varint(p, 32);
        put_u8(p, 6 << 3 | 5); /* a field of later versions */
        put_le32(p, 1);
        break;
    case 16:
        put_u8(p, 2 << 3);
        put_varint(p, mood == LONG_QUOTE ? QUOTE - 1 : QUOTE);
        break;
    case 17:
        put_data(p, 2, data, QUOTE);
        break;
    }
}

static void answer(int fd, int call, enum mood mood)
{
    static uint8_t inner[8192];
    static uint8_t outer[8192];
    struct put p = put_init(inner, sizeof(inner));
    put_u8(&p, 1 << 3);
    put_u8(&p, mood == REFUSES ? 42 : 0);
    put_answer(&p, call, mood);
    struct put o = put_init(outer, sizeof(outer));
    put_varint(&o, (uint64_t)(mood == WRONG_ANSWER ? 20 : call) << 3 | 2);
    put_varint(&o, p.size);
    put_bytes(&o, put_done(&p));
    uint8_t prefix[4];
    struct put l = put_init(prefix, sizeof(prefix));
    put_le32(&l, mood == HUGE_LENGTH ? UINT32_MAX : (uint32_t)o.size);
    send(fd, prefix, 4, MSG_NOSIGNAL);
    send(fd, outer, mood == CUT_SHORT ? o.size - 1 : o.size, MSG_NOSIGNAL);
}

static void serve(int listener, enum mood mood)
{
    struct question q;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        need(fd >= 0);
        take(fd, &q);
        /* the tag is field << 3 | 2, in two bytes from field 16 on */
        const int tag = q.data[0] < 128 ? q.data[0] : (q.data[0] & 127) | q.data[1] << 7;
        if (mood != SILENT)
            answer(fd, tag >> 3, mood);
        close(fd);
    }
}

static pid_t start(enum mood mood)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
    unlink(SOCKET);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    pid_t pid = fork();
    if (pid == 0)
        serve(fd, mood);
    close(fd);
    return pid;
}

static void stop(pid_t pid)
{
    int status;
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status)); /* else a question was not as it should be */
}

/* ---- the questions ---- */

static void target_and_quote(void **state)
{
    (void)state;
    struct sgx_targetinfo target;
    static uint8_t quote[8192];
    static uint8_t expected[QUOTE];
    struct sgx_report report = {0};
    size_t size = sizeof(quote);
    pid_t pid = start(KIND);
    assert_int_equal(aesm_target(SOCKET, &target), 0);
    fill(expected, sizeof(expected), 15);
    assert_memory_equal(&target, expected, sizeof(target));
    assert_int_equal(aesm_quote(SOCKET, &report, quote, &size), 0);
    fill(expected, sizeof(expected), 17);
    assert_int_equal(size, QUOTE);
    assert_memory_equal(quote, expected, QUOTE);
    size = QUOTE - 1;
    assert_int_equal(aesm_quote(SOCKET, &report, quote, &size), -EMSGSIZE);
    stop(pid);
}

static void whatever_it_answers(void **state)
{
    (void)state;
    static const struct {
        enum mood mood;
        int target;
        int quote;
    } rows[] = {
        {REFUSES, -EIO, -EIO},
        {SILENT, -EBADMSG, -EBADMSG},
        {WRONG_ANSWER, -EBADMSG, -EBADMSG},
        {HUGE_LENGTH, -EBADMSG, -EBADMSG},
        {CUT_SHORT, -EBADMSG, -EBADMSG},
        {NO_ECDSA, -ENOENT, -ENOENT},
        {MANY_KEYS, -EBADMSG, -EBADMSG},
        {SMALL_TARGET, -EBADMSG, 0},
        {LONG_QUOTE, 0, -EBADMSG},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct sgx_targetinfo target;
        static uint8_t quote[8192];
        struct sgx_report report = {0};
        size_t size = sizeof(quote);
        pid_t pid = start(rows[i].mood);
        assert_int_equal(aesm_target(SOCKET, &target), rows[i].target);
        assert_int_equal(aesm_quote(SOCKET, &report, quote, &size), rows[i].quote);
        stop(pid);
    }
}

static void nobody_there(void **state)
{
    (void)state;
    struct sgx_targetinfo target;
    char path[200];
    assert_int_equal(aesm_target("none.socket", &target), -ENOENT);
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(aesm_target(path, &target), -ENAMETOOLONG);
}

static int parse(const char *message, size_t size)
{
    struct aesm_answer answer;
    return aesm_answer_parse((struct bytes){(const uint8_t *)message, size}, AESM_INIT_QUOTE,
                             &answer);
}

static void messages(void **state)
{
    (void)state;
    assert_int_equal(parse("\x7a\x02\x08\x00", 4), 0);
    assert_int_equal(parse("\x7a\x02\x08\x01", 4), -EIO);
    assert_int_equal(parse("\x7a\x00", 2), -EIO); /* no error code at all */
    assert_int_equal(parse("\x7a\x02\x08", 3), -EBADMSG);
    assert_int_equal(parse("\x7a\x02\x08\x00\x00", 5), -EBADMSG);
    assert_int_equal(parse("\x82\x01\x02\x08\x00", 5), -EBADMSG);     /* call 16 */
    assert_int_equal(parse("\x7a\x04\x08\x00\x12\x7f", 6), -EBADMSG); /* 127 bytes */
    assert_int_equal(parse("\x7a\x03\x08\x00\x13", 5), -EBADMSG);     /* a group */
    assert_int_equal(parse("\x7a\x04\x08\x00\x00\x00", 6), -EBADMSG); /* field 0 */
    assert_int_equal(parse("\x7a\x0d\x08\x00\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 15),
                     -EBADMSG);
    assert_int_equal(parse("\x7a\x0b\x08\x00\x31qqqqqqqq", 13), 0); /* 64 bits, unknown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_and_quote),
        cmocka_unit_test(whatever_it_answers),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(messages),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
