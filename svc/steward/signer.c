/* SPDX-License-Identifier: Apache-2.0 */
/* The side that gives orders; see signer.h. Trusts the process with the key. */
#define _GNU_SOURCE
#include "base/der.h"
#include "svc/steward/signer_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_SECONDS 10 /* after which it counts as gone, and what it says later is not heard */

static int split_chain(struct signer *s, size_t size)
{
    struct cur c = cur_init((struct bytes){s->chain, size});
    while (cur_ok(&c) && cur_left(&c) > 0 && s->cert_count < CHAIN_MAX)
        s->certs[s->cert_count++] = der_take_whole(&c, DER_SEQUENCE);
    return cur_done(&c) && s->cert_count > 0 ? 0 : -EBADMSG;
}

static int hear_hello(struct signer *s, struct fault *fault)
{
    static struct signer_hello hello;
    const ssize_t n = read(s->fd, &hello, sizeof(hello));
    if (n != (ssize_t)sizeof(hello) || hello.size > sizeof(s->chain))
        return fault_set(fault, -EPIPE, "the process that signs did not start");
    if (hello.error < 0) {
        *fault = hello.fault;
        return hello.error;
    }
    memcpy(s->chain, hello.chain, hello.size);
    s->not_after = hello.not_after;
    return split_chain(s, hello.size);
}

int signer_start(const struct signer_config *config, struct signer *s, struct fault *fault)
{
    int ends[2];
    *s = (struct signer){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return fault_system(fault, -errno, "cannot start the process that signs");
    s->pid = fork();
    if (s->pid == 0) {
        close(ends[0]);
        signer_process(config, ends[1]);
    }
    const int forked = s->pid < 0 ? -errno : 0;
    const struct timeval wait = {.tv_sec = ANSWER_SECONDS};
    close(ends[1]);
    s->fd = ends[0];
    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    int error = forked < 0 ? fault_system(fault, forked, "cannot start the process that signs")
                           : hear_hello(s, fault);
    if (error < 0)
        signer_stop(s);
    return error;
}

/* It ends when nobody can give it orders any more. */
void signer_stop(struct signer *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (s->pid > 0)
        (void)!waitpid(s->pid, NULL, 0);
    s->fd = -1;
    s->pid = 0;
}

enum steward_check signer_sign(const struct signer *s, const struct order *order, struct put *out,
                               int *error)
{
    uint8_t message[ORDER_SIZE];
    struct signer_answer answer;
    order_put(order, message);
    *error = -EPIPE;
    if (send(s->fd, message, sizeof(message), MSG_NOSIGNAL) != (ssize_t)sizeof(message) ||
        read(s->fd, &answer, sizeof(answer)) != (ssize_t)sizeof(answer) ||
        answer.size > sizeof(answer.cert) || answer.check >= STEWARD_CHECK_COUNT)
        return STEWARD_PASSED;
    *error = answer.error;
    if (answer.error == 0 && answer.check == STEWARD_PASSED)
        put_bytes(out, (struct bytes){answer.cert, answer.size});
    return (enum steward_check)answer.check;
}
