/* SPDX-License-Identifier: Apache-2.0 */
/* The process that asks for quotes; see quoter.h. Both ends speak in single packets:
 * a question is one byte (the target) or a report, an answer is an error or the bytes. */
#define _GNU_SOURCE
#include "host/sgx/quoter.h"

#include "host/sandbox.h"
#include "host/sgx/aesm.h"
#include "host/sgx/device.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct answer {
    int64_t error;
    uint8_t bytes[SGX_QUOTE_MAX];
};

/* Our end; -1: nobody to ask. */
static int quoter = -1;

static size_t answer_question(const char *path, struct bytes question, struct answer *a)
{
    struct sgx_targetinfo target;
    struct sgx_report report;
    size_t size = sizeof(a->bytes);
    if (question.size == sizeof(report)) {
        memcpy(&report, question.data, sizeof(report));
        a->error = aesm_quote(path, &report, a->bytes, &size);
    } else {
        a->error = aesm_target(path, &target);
        size = sizeof(target);
        memcpy(a->bytes, &target, a->error < 0 ? 0 : size);
    }
    return offsetof(struct answer, bytes) + (a->error < 0 ? 0 : size);
}

static no_return void answer_all(const char *path, int fd)
{
    static struct answer answer;
    uint8_t question[sizeof(struct sgx_report) + 1];
    static const int calls[] = {SYS_socket,   SYS_setsockopt, SYS_connect, SYS_sendto,
                                SYS_recvfrom, SYS_poll,       SYS_close,   SYS_exit_group};
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (dup2(fd, STDIN_FILENO) < 0) /* and nothing else stays open */
        _exit(1);
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
    sandbox_forget_environment();
    if (sandbox_enter_only(calls, ARRAY_COUNT(calls)) < 0)
        _exit(1);
    for (;;) {
        ssize_t n = recv(STDIN_FILENO, question, sizeof(question), 0);
        if (n < 1)
            _exit(0);
        size_t size = answer_question(path, (struct bytes){question, (size_t)n}, &answer);
        if (send(STDIN_FILENO, &answer, size, MSG_NOSIGNAL) < 0)
            _exit(0);
    }
}

int quoter_start(const char *path)
{
    int ends[2];
    if (access(path, F_OK) < 0)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        answer_all(path, ends[1]);
    close(ends[1]);
    quoter = ends[0];
    return 0;
}

/* The bytes of a good answer, borrowed until the next question. */
static int ask(const void *question, size_t size, struct bytes *got)
{
    static struct answer answer;
    if (quoter < 0)
        return -ENOSYS;
    if (sendto(quoter, question, size, MSG_NOSIGNAL, NULL, 0) < 0)
        return -errno;
    ssize_t n = recvfrom(quoter, &answer, sizeof(answer), 0, NULL, NULL);
    if (n < (ssize_t)offsetof(struct answer, bytes))
        return -EIO;
    *got = (struct bytes){answer.bytes, (size_t)n - offsetof(struct answer, bytes)};
    return (int)answer.error;
}

int quoter_target(struct sgx_targetinfo *target)
{
    struct bytes got;
    int error = ask("t", 1, &got);
    if (error < 0)
        return error;
    if (got.size != sizeof(*target))
        return -EIO;
    memcpy(target, got.data, sizeof(*target));
    return 0;
}

int quoter_sign(const struct sgx_report *report, uint8_t *quote, size_t *size)
{
    struct bytes got;
    int error = ask(report, sizeof(*report), &got);
    if (error < 0)
        return error;
    if (got.size > *size)
        return -EMSGSIZE;
    memcpy(quote, got.data, got.size);
    *size = got.size;
    return 0;
}
