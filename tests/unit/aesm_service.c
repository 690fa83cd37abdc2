/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-in; see aesm_service.h. */
#define _GNU_SOURCE
#include "tests/unit/aesm_service.h"

#include "base/put.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_IDS 512u

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

void service_fill(uint8_t *data, size_t size, uint8_t seed)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 13 + seed);
}

static void put_answer(struct put *p, int call, enum mood mood)
{
    static uint8_t data[SERVICE_QUOTE];
    service_fill(data, sizeof(data), (uint8_t)call);
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
        put_varint(p, mood == LONG_QUOTE ? SERVICE_QUOTE - 1 : SERVICE_QUOTE);
        break;
    case 17:
        put_data(p, 2, data, SERVICE_QUOTE);
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

pid_t service_start(enum mood mood)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SERVICE_SOCKET};
    unlink(SERVICE_SOCKET);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    pid_t pid = fork();
    if (pid == 0)
        serve(fd, mood);
    close(fd);
    return pid;
}

void service_stop(pid_t pid)
{
    int status;
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status)); /* else a question was not as it should be */
}
