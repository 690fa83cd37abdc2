/* SPDX-License-Identifier: Apache-2.0 */
/* Speaks to the other implementations; see peer.h. Trusts them to answer. */
#define _GNU_SOURCE
#include "tests/attest/peer.h"

#include "base/put.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void die(void)
{
    fprintf(stderr, "the peers do not answer\n");
    exit(1);
}

struct peer peer_start(const char *program)
{
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
        die();
    if (fork() == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        execl(program, program, NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    return (struct peer){.in = from[0], .out = to[1]};
}

static void give(int fd, struct bytes from)
{
    while (from.size > 0) {
        const ssize_t taken = write(fd, from.data, from.size);
        if (taken <= 0)
            die();
        from.data += taken;
        from.size -= (size_t)taken;
    }
}

static void take(int fd, uint8_t *to, size_t size)
{
    while (size > 0) {
        const ssize_t taken = read(fd, to, size);
        if (taken <= 0)
            die();
        to += taken;
        size -= (size_t)taken;
    }
}

static void give_head(const struct peer *peer, const struct set *set, uint8_t command,
                      uint32_t repetitions, uint8_t count)
{
    uint8_t head[14];
    struct put p = put_init(head, sizeof(head));
    put_u8(&p, command);
    put_le64(&p, (uint64_t)set->time);
    put_le32(&p, repetitions);
    put_u8(&p, count);
    give(peer->out, put_done(&p));
}

static void give_part(const struct peer *peer, struct bytes part)
{
    uint8_t head[4];
    struct put p = put_init(head, sizeof(head));
    put_le32(&p, (uint32_t)part.size);
    give(peer->out, put_done(&p));
    give(peer->out, part);
}

static struct answer take_answer(const struct peer *peer)
{
    uint8_t head[13];
    take(peer->in, head, sizeof(head));
    struct cur c = cur_init((struct bytes){.data = head, .size = sizeof(head)});
    struct answer a = {.accepted = cur_u8(&c) == 1, .nanoseconds = cur_le64(&c)};
    const uint32_t size = cur_le32(&c);
    a.text = calloc(1, (size_t)size + 1);
    if (a.text == NULL)
        die();
    take(peer->in, (uint8_t *)a.text, size);
    return a;
}

struct answer peer_ask(const struct peer *peer, const struct set *set, bool cached,
                       uint32_t repetitions)
{
    static const enum part report[] = {PART_EVIDENCE, PART_LEAF, PART_SIGNERS};
    static const enum part quote[] = {PART_EVIDENCE, PART_TCB_INFO, PART_QE_IDENTITY, PART_SIGNERS,
                                      PART_CRL,      PART_ROOT_CRL, PART_CRL_ISSUERS};
    const bool snp = set->name[1] == 'n';
    const enum part *parts = snp ? report : quote;
    const uint8_t count = snp ? ARRAY_COUNT(report) : ARRAY_COUNT(quote);
    give_head(peer, set, snp ? cached ? 'c' : 'r' : 'q', repetitions, count);
    for (size_t i = 0; i < count; i++)
        give_part(peer, set->parts[parts[i]]);
    return take_answer(peer);
}

struct answer peer_wycheproof(const struct peer *peer, const char *curve)
{
    const struct set none = {0};
    give_head(peer, &none, 'w', 1, 1);
    give_part(peer, bytes_of_text(curve));
    return take_answer(peer);
}
