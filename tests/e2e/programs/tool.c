/* SPDX-License-Identifier: Apache-2.0 */
/* One program of many small commands, so that each test asks for just the
 * behaviour it is about: tool COMMAND [ARG]... */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int failed(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    return 1;
}

static int args(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%d=%s\n", i, argv[i]);
    return 0;
}

static int env(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (char **e = environ; *e != NULL; e++)
        puts(*e);
    return 0;
}

static int leave(int argc, char **argv) { exit(argc > 2 ? atoi(argv[2]) : 0); }

/* Copies standard input to standard output. */
static int cat(int argc, char **argv)
{
    static char part[1 << 16];
    (void)argc, (void)argv;
    for (ssize_t n; (n = read(0, part, sizeof(part))) != 0;) {
        if (n < 0)
            return 2;
        for (ssize_t done = 0, w; done < n; done += w)
            if ((w = write(1, part + done, (size_t)(n - done))) < 0)
                return errno;
    }
    return 0;
}

/* Writes lines until somebody objects, then says which error that was. */
static int yes(int argc, char **argv)
{
    (void)argc, (void)argv;
    while (write(1, "y\n", 2) == 2)
        ;
    dprintf(2, "write: %s\n", strerror(errno));
    return 3;
}

static int wait_forever(int argc, char **argv)
{
    (void)argc, (void)argv;
    puts("ready");
    fflush(stdout);
    for (;;)
        sleep(3600);
}

static int spin(int argc, char **argv)
{
    (void)argc, (void)argv;
    puts("ready");
    fflush(stdout);
    for (volatile uint64_t i = 0;; i++)
        ;
}

static int write_to(int argc, char **argv)
{
    FILE *f = argc > 3 ? fopen(argv[2], "w") : NULL;
    if (f == NULL || fputs(argv[3], f) < 0 || fclose(f) != 0)
        return failed("write");
    return 0;
}

/* Writes a file of argv[3] bytes. */
static int fill(int argc, char **argv)
{
    static const char block[4096];
    FILE *f = argc > 3 ? fopen(argv[2], "w") : NULL;
    if (f == NULL)
        return failed("open");
    for (long left = atol(argv[3]); left > 0; left -= (long)sizeof(block))
        if (fwrite(block, 1, sizeof(block), f) != sizeof(block))
            return failed("write");
    return fclose(f) != 0 ? failed("close") : 0;
}

static int show(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        FILE *f = fopen(argv[i], "r");
        if (f == NULL)
            return failed(argv[i]);
        for (int c; (c = fgetc(f)) != EOF;)
            putchar(c);
        fclose(f);
    }
    return 0;
}

static int list(int argc, char **argv)
{
    DIR *d = opendir(argc > 2 ? argv[2] : ".");
    if (d == NULL)
        return failed("open");
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        puts(e->d_name);
    return closedir(d);
}

static int make_dir(int argc, char **argv)
{
    return argc > 2 && mkdir(argv[2], 0777) == 0 ? 0 : failed("mkdir");
}

static int delete (int argc, char **argv)
{
    return argc > 2 && remove(argv[2]) == 0 ? 0 : failed("remove");
}

static int link_to(int argc, char **argv)
{
    return argc > 3 && symlink(argv[2], argv[3]) == 0 ? 0 : failed("symlink");
}

static int move(int argc, char **argv)
{
    return argc > 3 && rename(argv[2], argv[3]) == 0 ? 0 : failed("rename");
}

/* What each of the first descriptors is. */
static int descriptors(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int fd = 0; fd < 8; fd++) {
        struct stat s;
        if (fstat(fd, &s) != 0)
            printf("%d %s\n", fd, errno == EBADF ? "closed" : strerror(errno));
        else
            printf("%d %s\n", fd, S_ISDIR(s.st_mode) ? "directory" : "open");
    }
    return 0;
}

/* Reads and writes a descriptor that is a null stream. */
static int null_stream(int argc, char **argv)
{
    char c;
    int fd = argc > 2 ? atoi(argv[2]) : 0;
    printf("read %d write %d\n", (int)read(fd, &c, 1), (int)write(fd, "gone", 4));
    return 0;
}

/* Sends a line to descriptor argv[2] and prints the answer. */
static int ask(int argc, char **argv)
{
    char answer[256];
    int fd = argc > 2 ? atoi(argv[2]) : 3;
    if (write(fd, "ping\n", 5) != 5)
        return failed("write");
    ssize_t n = read(fd, answer, sizeof(answer));
    if (n < 0)
        return failed("read");
    printf("answer %.*s", (int)n, answer);
    return 0;
}

/* Waits for input on standard input, no longer than argv[2] milliseconds. */
static int await(int argc, char **argv)
{
    struct pollfd p = {.fd = 0, .events = POLLIN};
    int n = poll(&p, 1, argc > 2 ? atoi(argv[2]) : 0);
    puts(n > 0 ? "ready" : n == 0 ? "timeout" : strerror(errno));
    return 0;
}

static int clocks(int argc, char **argv)
{
    struct timespec before, after;
    (void)argc, (void)argv;
    clock_gettime(CLOCK_MONOTONIC, &before);
    usleep(20000);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long long ns = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
    printf("%lld %s\n", (long long)time(NULL), ns >= 20000000 ? "waited" : "came back early");
    return 0;
}

static int randomness(int argc, char **argv)
{
    unsigned char bytes[16];
    (void)argc, (void)argv;
    if (getentropy(bytes, sizeof(bytes)) != 0)
        return failed("getentropy");
    for (size_t i = 0; i < sizeof(bytes); i++)
        printf("%02x", bytes[i]);
    putchar('\n');
    return 0;
}

/* Takes argv[2] MiB of memory and touches all of it. */
static int take(int argc, char **argv)
{
    size_t size = (size_t)(argc > 2 ? atoi(argv[2]) : 1) << 20;
    char *p = malloc(size);
    if (p == NULL) {
        puts("no memory");
        return 4;
    }
    memset(p, 1, size);
    printf("took %zu\n", size);
    return p[size - 1] - 1;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"args", args},         {"env", env},           {"exit", leave},  {"cat", cat},
    {"yes", yes},           {"wait", wait_forever}, {"spin", spin},   {"write", write_to},
    {"fill", fill},         {"show", show},         {"list", list},   {"mkdir", make_dir},
    {"remove", delete},     {"symlink", link_to},   {"rename", move}, {"fds", descriptors},
    {"null", null_stream},  {"ask", ask},           {"await", await}, {"clocks", clocks},
    {"random", randomness}, {"take", take},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc, argv);
    fputs("tool: no such command\n", stderr);
    return 99;
}
