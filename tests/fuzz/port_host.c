/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the port against arbitrary frames and data. */
/* links: host/port_host.c host/handles.c shim/core/shared.c base/cur.c base/escape.c */
#include "host/port_host.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
};
static struct port_host *host;

/* The standard streams become harmless, the endpoint one end of a pair. */
static void set_up(void)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    close(null);
    files[0] = bytes_of_text("content");
    keep.manifest = bytes_of_text("manifest");
    if (port_host_new(&keep, &report, -1, &host) < 0)
        abort();
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
    if (frame.verb == PORT_LOG)
        frame.arg[0] |= 1u << 8; /* nothing on the fuzzer's own terminal */
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
    port_host_serve(host, (struct shared *)block_memory);
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
