/* SPDX-License-Identifier: Apache-2.0 */
/* A keep that does what its visitor says, in the place of the nil backend: echoes,
 * crashes, floods, eats. For tests of the agent, which must not care. Takes the place of
 * host/nil/nil.c; no exec runs in it. */
#define _GNU_SOURCE
#include "base/put.h"
#include "host/keep.h"
#include "host/nil/nil.h"
#include "host/usher_order.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VISITORS 16
#define CHUNK    65536u

enum mode { COMMAND, ECHO, SINK, SOURCE, TAKE };

static struct visitor {
    int fd; /* -1: free */
    enum mode mode;
    char line[128];
    size_t size;
    uint64_t count;
} visitors[VISITORS];

static void say(int fd, const char *text) { (void)!send(fd, text, strlen(text), MSG_NOSIGNAL); }

static void eat(size_t size, int kind)
{
    for (size_t done = 0; done < size; done += 1u << 20) {
        uint8_t *at = mmap(NULL, 1u << 20, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED)
            return;
        memset(at, 1, 1u << 20);
    }
}

static int log_fd;

static void flood(void)
{
    char text[4096];
    memset(text, 'x', sizeof(text));
    for (size_t i = 199; i < sizeof(text); i += 200)
        text[i] = '\n';
    memcpy(text, "\x1b[2Jmarker", 10);
    for (;;)
        (void)!write(log_fd, text, sizeof(text));
}

/* What is tried that a keep may not do: each line a name and an errno, 0 if it could. */
static void attempt(int fd)
{
    char text[512] = "";
    const long tried[] = {
        syscall(SYS_openat, AT_FDCWD, "/", 0),
        syscall(SYS_socket, AF_INET, SOCK_STREAM, 0),
        syscall(SYS_kill, -1, 0),
        syscall(SYS_fork),
        syscall(SYS_execve, "/", NULL, NULL),
        syscall(SYS_ptrace, 0, 0, 0, 0),
        syscall(SYS_prctl, 0, 0, 0, 0, 0),
        syscall(SYS_setuid, 0),
    };
    for (size_t i = 0; i < ARRAY_COUNT(tried); i++)
        strcat(text, tried[i] < 0 ? "no " : "YES ");
    strcat(text, "\n");
    say(fd, text);
}

static int usher_fd;

/* Has the usher connect it to that place, and does not wait for the answer. */
static void ask_usher(const char *place)
{
    uint8_t message[256];
    struct put p = put_init(message, sizeof(message));
    put_le32(&p, USHER_CONNECT);
    put_le32(&p, 1);
    put_bytes(&p, bytes_of_text(place));
    const struct bytes order = put_done(&p);
    (void)!send(usher_fd, order.data, order.size, MSG_NOSIGNAL);
}

static void obey(struct visitor *v)
{
    const char *space = strchr(v->line, ' ');
    const uint64_t number = space == NULL ? 0 : strtoull(space + 1, NULL, 10);
    if (strncmp(v->line, "echo", 4) == 0)
        v->mode = ECHO;
    else if (strncmp(v->line, "sink", 4) == 0)
        v->mode = SINK;
    else if (strncmp(v->line, "source", 6) == 0)
        v->mode = SOURCE;
    else if (strncmp(v->line, "take", 4) == 0)
        v->mode = TAKE;
    else if (strncmp(v->line, "exit", 4) == 0)
        _exit((int)number);
    else if (strncmp(v->line, "crash", 5) == 0)
        __builtin_trap();
    else if (strncmp(v->line, "flood", 5) == 0)
        flood();
    else if (strncmp(v->line, "burn", 4) == 0)
        for (;;)
            ;
    else if (strncmp(v->line, "eat", 3) == 0)
        eat(number, MAP_PRIVATE);
    else if (strncmp(v->line, "share", 5) == 0)
        eat(number, MAP_SHARED);
    else if (strncmp(v->line, "attempt", 7) == 0)
        attempt(v->fd);
    else if (strncmp(v->line, "connect ", 8) == 0)
        ask_usher(space + 1);
    else if (strncmp(v->line, "leave", 5) == 0)
        shutdown(v->fd, SHUT_WR);
    else
        say(v->fd, "what?\n");
    v->count = number;
}

/* One byte at a time: what comes behind the line is the mode's. */
static void read_command(struct visitor *v)
{
    char c;
    if (recv(v->fd, &c, 1, MSG_DONTWAIT) != 1) {
        close(v->fd);
        v->fd = -1;
        return;
    }
    if (c != '\n' && v->size < sizeof(v->line) - 1) {
        v->line[v->size++] = c;
        return;
    }
    v->line[v->size] = '\0';
    v->size = 0;
    obey(v);
}

/* Blocks the others: the visitor has asked for it. */
static void send_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        struct pollfd row = {.fd = fd, .events = POLLOUT};
        const ssize_t n = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return;
        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
        if (n < 0)
            ppoll(&row, 1, &(struct timespec){.tv_sec = 1}, NULL);
    }
}

/* So many bytes, and an answer. */
static void take(struct visitor *v, size_t size)
{
    v->count -= size;
    if (v->count > 0)
        return;
    say(v->fd, "taken\n");
    v->mode = COMMAND;
}

static void serve(struct visitor *v)
{
    static uint8_t data[CHUNK];
    char text[32];
    if (v->mode == COMMAND) {
        read_command(v);
        return;
    }
    if (v->mode == SOURCE) {
        const size_t size = v->count < CHUNK ? (size_t)v->count : CHUNK;
        send_all(v->fd, data, size);
        v->count -= size;
        if (v->count > 0)
            return;
        close(v->fd);
        v->fd = -1;
        return;
    }
    const bool bounded = v->mode == TAKE && v->count < sizeof(data);
    const ssize_t n = recv(v->fd, data, bounded ? v->count : sizeof(data), MSG_DONTWAIT);
    if (n > 0 && v->mode == TAKE) {
        take(v, (size_t)n);
        return;
    }
    if (n > 0 && v->mode == ECHO)
        send_all(v->fd, data, (size_t)n);
    v->count += n > 0 ? (uint64_t)n : 0;
    if (n > 0 || (n < 0 && errno == EAGAIN))
        return;
    if (v->mode == SINK) {
        snprintf(text, sizeof(text), "%llu\n", (unsigned long long)v->count);
        say(v->fd, text);
    }
    close(v->fd);
    v->fd = -1;
}

static void welcome(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    for (size_t i = 0; fd >= 0 && i < VISITORS; i++) {
        if (visitors[i].fd >= 0)
            continue;
        visitors[i] = (struct visitor){.fd = fd};
        return;
    }
    close(fd);
}

static no_return void enter(struct keep *keep)
{
    const int listener = keep->endpoints[0].fd;
    log_fd = keep->log_fd;
    usher_fd = keep->usher_fd;
    for (size_t i = 0; i < VISITORS; i++)
        visitors[i].fd = -1;
    for (;;) {
        struct pollfd rows[VISITORS + 1] = {{.fd = listener, .events = POLLIN}};
        for (size_t i = 0; i < VISITORS; i++)
            rows[i + 1] = (struct pollfd){.fd = visitors[i].fd,
                                          .events = visitors[i].mode == SOURCE ? POLLOUT : POLLIN};
        ppoll(rows, ARRAY_COUNT(rows), NULL, NULL);
        for (size_t i = 0; i < VISITORS; i++) {
            if (rows[i + 1].revents != 0 && visitors[i].fd >= 0)
                serve(&visitors[i]);
        }
        if (rows[0].revents != 0)
            welcome(listener);
    }
}

static size_t probe(struct probe *rows)
{
    rows[0] = (struct probe){.what = "A rogue", .ok = true, .why = "for tests"};
    return 1;
}

const struct backend nil_backend = {
    .name = "nil",
    .summary = "does what its visitor says",
    .selectable = true,
    .probe = probe,
    .enter = enter,
};
