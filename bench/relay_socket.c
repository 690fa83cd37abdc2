/* SPDX-License-Identifier: Apache-2.0 */
/* relay_socket PATH: relay_keep.c behind a Unix socket, for socat. */
#define _GNU_SOURCE
#include "bench/relay_keep.h"

#include <err.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc != 2 || strlen(argv[1]) >= sizeof(at.sun_path))
        errx(2, "usage: relay_socket PATH");
    memcpy(at.sun_path, argv[1], strlen(argv[1]) + 1);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0)
        err(1, "%s", argv[1]);
    relay_serve(fd);
}
