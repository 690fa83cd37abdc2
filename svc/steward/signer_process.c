/* SPDX-License-Identifier: Apache-2.0 */
/* The process with the key; see signer.h. Trusts the operator's files, read before it shuts
 * itself in. Orders come from a process that may have been taken over. */
#define _GNU_SOURCE
#include "crypto/ecdsa.h"
#include "crypto/key.h"
#include "host/clock.h"
#include "host/sandbox.h"
#include "svc/steward/signer_parts.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Memory, numbers, the clock, and the one descriptor that is left. */
static const int calls[] = {
    SCMP_SYS(read),   SCMP_SYS(write),         SCMP_SYS(exit_group),   SCMP_SYS(brk),
    SCMP_SYS(getpid), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
};

static int shut_in(int fd)
{
    int keep[] = {fd};
    /* Ctrl-C is for who gives orders: with it, orders end. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sandbox_forget_environment();
    int error = sandbox_close_others(keep, 1);
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
        close(standard);
    return error < 0 ? error : sandbox_enter_only(calls, ARRAY_COUNT(calls));
}

/* Keys of others are made like this one: see ecdsa_key(). */
static int take_curve(struct authority *a)
{
    uint8_t point[KEY_POINT_SIZE];
    EC_KEY *own = NULL;
    int error = key_point(a->issuer.key, point);
    if (error == 0)
        error = ecdsa_key((struct bytes){point, sizeof(point)}, NULL, &own);
    a->curve = own;
    return error;
}

/* What OpenSSL does at its first signature, it does before. */
static int warm_up(const struct authority *a)
{
    uint8_t room[ORDER_KEY_MAX];
    struct put out = put_init(malloc(CERTIFICATE_MAX), CERTIFICATE_MAX);
    int error = out.data == NULL ? -ENOMEM
                                 : certificate_put_signed(&out, bytes_of_text("x"), a->issuer.key);
    struct order none = {.kind = KIND_UNKNOWN};
    struct put ignored = put_init(room, sizeof(room));
    int unused;
    (void)!certificate_make(a, &none, (int64_t)time(NULL), &ignored, &unused);
    free(out.data);
    return error;
}

/* Until nobody can give orders any more. */
static void serve(const struct authority *a, uint32_t per_second, int fd)
{
    static struct signer_answer answer;
    uint8_t message[ORDER_SIZE];
    struct rate rate = rate_start(per_second, clock_ms());
    while (read(fd, message, sizeof(message)) == (ssize_t)sizeof(message)) {
        int error;
        struct put out = put_init(answer.cert, sizeof(answer.cert));
        const struct moment now = {(int64_t)time(NULL), clock_ms()};
        answer.check = (uint32_t)certificate_answer(a, &rate, now, message, &out, &error);
        answer.error = error == 0 && out.bad ? -EMSGSIZE : error;
        answer.size = (uint32_t)put_done(&out).size;
        if (write(fd, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
            return;
    }
}

no_return void signer_process(const struct signer_config *config, int fd)
{
    static struct signer_hello hello;
    static struct authority authority;
    EVP_PKEY *key = NULL;
    struct put chain = put_init(hello.chain, sizeof(hello.chain));
    int error = signer_load(config, &chain, &key, &authority, &hello.fault);
    if (error == 0)
        error = take_curve(&authority);
    if (error == 0)
        error = warm_up(&authority);
    if (error == 0) {
        error = shut_in(fd);
        if (error < 0)
            fault_system(&hello.fault, error, "the process that signs cannot shut itself in");
    }
    hello.error = error;
    hello.size = (uint32_t)put_done(&chain).size;
    hello.not_after = authority.not_after;
    const bool told = write(fd, &hello, sizeof(hello)) == (ssize_t)sizeof(hello);
    if (told && error == 0)
        serve(&authority, config->rate, fd);
    EVP_PKEY_free(key);
    _exit(error < 0);
}
