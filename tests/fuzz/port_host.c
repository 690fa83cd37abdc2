/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the port against arbitrary frames and data. */
/* links: host/port_host.c host/port_usher.c host/handles.c shim/core/shared.c base/cur.c base/put.c base/escape.c */
#include "host/port_host.h"

#include "tests/fuzz/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROWS_SIZE 4096u

static uint8_t block_memory[PORT_BLOCK_SIZE] aligned_to(4096);
static struct endpoint endpoint;
static struct bytes files[1];
static struct keep_report report;
static struct keep keep = {
    .files = files,
    .file_count = 1,
    .endpoints = &endpoint,
    .endpoint_count = 1,
    .code_fd = -1,
    .log_level = PORT_LOG_DEBUG,
    .log_fd = STDERR_FILENO,
};
static struct port_host *host;

static int null = -1;

/* The standard streams become harmless, the endpoint one end of a pair. */
static void set_up(void)
{
    null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    keep.code_fd = null;
    keep.code_size_max = 1000000;
    keep.label = "fuzz";
    files[0] = bytes_of_text("content");
    keep.manifest = bytes_of_text("manifest");
    int usher[2]; /* that takes orders until there are too many, and never answers */
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, usher) < 0)
        abort();
    keep.usher_fd = usher[0];
    if (port_host_new(&keep, &report, null, &host) < 0)
        abort();
}

/* What a keep says is not for the fuzzer's own terminal. */
static void serve(void)
{
    int terminal = dup(STDERR_FILENO);
    dup2(null, STDERR_FILENO);
    port_host_serve(host, (struct shared *)block_memory);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
}

/* Rows of a poll are many: those there are, again and again. */
static void put_rows(struct bytes rows, size_t size)
{
    for (size_t at = 0; rows.size > 0 && at < size && at < ROWS_SIZE; at += rows.size)
        shared_write((struct shared *)block_memory, PORT_DATA_OFFSET + at, rows.data, rows.size);
}

static void one_call(struct cur *c)
{
    struct port_frame frame = {.verb = cur_u8(c)};
    if (frame.verb == PORT_EXIT)
        return;
    for (size_t i = 0; i < 4; i++)
        frame.arg[i] = cur_le64(c);
    frame.in_size = cur_le32(c);
    frame.out_size = cur_le32(c);
    if (frame.verb == PORT_POLL)
        frame.arg[0] = 0;
    if (frame.verb == PORT_LISTEN || frame.verb == PORT_CONNECT) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
            return;
        close(pair[1]);
        endpoint.fd = pair[0];
    }
    struct bytes data = cur_take(c, cur_left(c) < 64 ? cur_left(c) : 64);
    shared_write((struct shared *)block_memory, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    shared_write((struct shared *)block_memory, PORT_DATA_OFFSET, data.data, data.size);
    if (frame.verb == PORT_POLL)
        put_rows(data, frame.in_size);
    serve();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (host == NULL)
        set_up();
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    for (size_t i = 0; i < 16 && cur_left(&c) > 0; i++)
        one_call(&c);
    return 0;
}
