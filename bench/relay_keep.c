/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind a relay while its throughput is measured, in the place of a keep:
 * gives or takes bytes as fast as its socket does. Linked into `enarx` it is the keep that
 * the agent starts (ld --wrap=keep_become); relay_socket.c puts it behind socat.
 *
 * A client sends 'g' or 't' and a size of 8 bytes, little-endian. It then gets that many
 * bytes, or sends them and gets one when they have come.
 */
#define _GNU_SOURCE
#include "bench/relay_keep.h"

#include "base/cur.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 65536u

static uint8_t chunk[CHUNK];

static size_t part_of(uint64_t size) { return size < CHUNK ? (size_t)size : CHUNK; }

static void give(int fd, uint64_t size)
{
    while (size > 0) {
        const ssize_t done = write(fd, chunk, part_of(size));
        if (done <= 0)
            return;
        size -= (uint64_t)done;
    }
}

static void take(int fd, uint64_t size)
{
    while (size > 0) {
        const ssize_t done = read(fd, chunk, part_of(size));
        if (done <= 0)
            return;
        size -= (uint64_t)done;
    }
    (void)!write(fd, chunk, 1);
}

static void serve(int fd)
{
    uint8_t request[9];
    struct cur c = cur_init((struct bytes){.data = request, .size = sizeof(request)});
    if (recv(fd, request, sizeof(request), MSG_WAITALL) != sizeof(request))
        return;
    const uint8_t what = cur_u8(&c);
    const uint64_t size = cur_le64(&c);
    what == 'g' ? give(fd, size) : take(fd, size);
}

_Noreturn void relay_serve(int listener)
{
    signal(SIGPIPE, SIG_IGN);
    fcntl(listener, F_SETFL, 0); /* the agent's do not wait */
    for (;;) {
        const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            _exit(1);
        serve(fd);
        close(fd);
    }
}
