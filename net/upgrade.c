/* SPDX-License-Identifier: Apache-2.0 */
/* Upgraded connections over libcurl's bare send and receive; see upgrade.h. */
#define _GNU_SOURCE
#include "net/upgrade.h"

#include "base/wipe.h"
#include "host/clock.h"
#include "net/libcurl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS    30000u /* until the answer is there */
#define ASK_EVERY_MS 500    /* between questions whether it is cancelled */
#define SEND_SIZE    65536u /* bytes taken that are not sent yet */
#define REQUEST_MAX  8192u
#define URL_MAX      1024u

struct upgrade {
    struct libcurl curl;
    int fd;
    uint8_t answer[UPGRADE_HEAD_MAX + HTTP_BODY_MAX]; /* head, and what came with it */
    size_t answer_size;
    size_t answer_read; /* bytes of it handed out */

    uint8_t unsent[SEND_SIZE];
    size_t unsent_start;
    size_t unsent_end;
    size_t tried; /* bytes at unsent_start that a send was refused for: to be tried again as
                     they were, which TLS libraries insist on; 0: none */
};

/* ---- bytes ---- */

int upgrade_fd(const struct upgrade *u) { return u->fd; }

short upgrade_events(const struct upgrade *u)
{
    return u->unsent_start < u->unsent_end ? POLLIN | POLLOUT : POLLIN;
}

static int64_t receive(struct upgrade *u, void *to, size_t size)
{
    size_t received = 0;
    const int code = libcurl_receive(&u->curl, to, size, &received);
    if (code == CURLE_AGAIN)
        return -EAGAIN;
    return code == CURLE_OK ? (int64_t)received : -EIO;
}

int64_t upgrade_receive(struct upgrade *u, void *to, size_t size)
{
    const size_t left = u->answer_size - u->answer_read;
    if (left == 0)
        return receive(u, to, size);
    const size_t n = left < size ? left : size;
    memcpy(to, u->answer + u->answer_read, n);
    u->answer_read += n;
    return (int64_t)n;
}

static size_t take(struct upgrade *u, struct bytes from)
{
    if (u->unsent_start == u->unsent_end)
        u->unsent_start = u->unsent_end = 0;
    const size_t room = SEND_SIZE - u->unsent_end;
    const size_t n = from.size < room ? from.size : room;
    if (n > 0)
        memcpy(u->unsent + u->unsent_end, from.data, n);
    u->unsent_end += n;
    return n;
}

static int flush(struct upgrade *u)
{
    while (u->unsent_start < u->unsent_end) {
        const size_t size = u->tried > 0 ? u->tried : u->unsent_end - u->unsent_start;
        size_t sent = 0;
        const int code = u->curl.send(u->curl.handle, u->unsent + u->unsent_start, size, &sent);
        u->tried = code == CURLE_AGAIN ? size : 0;
        if (code == CURLE_AGAIN)
            return 0;
        if (code != CURLE_OK)
            return -EIO;
        u->unsent_start += sent;
    }
    return 0;
}

int64_t upgrade_send(struct upgrade *u, struct bytes from)
{
    int error = flush(u);
    if (error < 0)
        return error;
    const size_t n = take(u, from);
    error = flush(u);
    return error < 0 ? error : (int64_t)n;
}

/* ---- the handshake ---- */

static int wait_for(const struct upgrade *u, uint64_t deadline)
{
    const uint64_t now = clock_ms();
    struct pollfd row = {.fd = u->fd, .events = upgrade_events(u)};
    if (now >= deadline)
        return -ETIMEDOUT;
    if (u->curl.cancelled != NULL && u->curl.cancelled())
        return -ECANCELED;
    const uint64_t left = deadline - now;
    const int wait = left < ASK_EVERY_MS ? (int)left : ASK_EVERY_MS;
    return poll(&row, 1, wait) < 0 && errno != EINTR ? -errno : 0;
}

static int send_request(struct upgrade *u, struct bytes request, uint64_t deadline)
{
    int error = 0;
    while (error == 0 && (request.size > 0 || u->unsent_start < u->unsent_end)) {
        const int64_t sent = upgrade_send(u, request);
        if (sent < 0)
            return (int)sent;
        request = (struct bytes){request.data + sent, request.size - (size_t)sent};
        if (u->unsent_start < u->unsent_end)
            error = wait_for(u, deadline);
    }
    return error;
}

/* More of the answer; 0, -ENODATA at its end. */
static int receive_more(struct upgrade *u, uint64_t deadline)
{
    for (;;) {
        const size_t room = sizeof(u->answer) - u->answer_size;
        const int64_t n = room == 0 ? -EMSGSIZE : receive(u, u->answer + u->answer_size, room);
        if (n > 0)
            u->answer_size += (size_t)n;
        if (n != -EAGAIN)
            return n > 0 ? 0 : n == 0 ? -ENODATA : (int)n;
        int error = wait_for(u, deadline);
        if (error < 0)
            return error;
    }
}

static int receive_head(struct upgrade *u, const char *protocol, uint64_t deadline,
                        struct upgrade_head *head)
{
    for (;;) {
        const struct bytes got = {u->answer, u->answer_size};
        int error = upgrade_head_parse(got, protocol, head);
        if (error != -EAGAIN)
            return error;
        error = receive_more(u, deadline);
        if (error < 0)
            return error;
    }
}

/* What an answer says that is no change of protocol; as much of it as came. */
static int receive_refusal(struct upgrade *u, const struct upgrade_head *head, uint64_t deadline,
                           struct http_response *response)
{
    const size_t most = head->content_length < HTTP_BODY_MAX ? head->content_length : HTTP_BODY_MAX;
    while (u->answer_size - head->size < most && receive_more(u, deadline) == 0)
        continue;
    const size_t got = u->answer_size - head->size;
    response->status = head->status;
    response->size = got < most ? got : most;
    response->body = malloc(response->size + 1);
    if (response->body == NULL)
        return -ENOMEM;
    memcpy(response->body, u->answer + head->size, response->size);
    return -EPROTONOSUPPORT;
}

static int shake_hands(struct upgrade *u, const struct http_options *options,
                       const struct upgrade_target *target, struct http_response *response)
{
    char request[REQUEST_MAX];
    struct upgrade_head head = {0};
    const uint64_t deadline = clock_ms() + ANSWER_MS;
    const int size = snprintf(
        request, sizeof(request),
        "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: %s\r\n%s%s%s\r\n",
        target->path, target->authority, target->protocol,
        options->token != NULL ? "Authorization: Bearer " : "",
        options->token != NULL ? options->token : "", options->token != NULL ? "\r\n" : "");
    if (size >= (int)sizeof(request))
        return -EMSGSIZE;
    int error = send_request(u, (struct bytes){(uint8_t *)request, (size_t)size}, deadline);
    wipe(request, sizeof(request)); /* has the token in it, as what was sent has */
    wipe(u->unsent, sizeof(u->unsent));
    if (error == 0)
        error = receive_head(u, target->protocol, deadline, &head);
    if (error < 0)
        return error;
    if (!head.upgraded)
        return receive_refusal(u, &head, deadline, response);
    u->answer_read = head.size;
    return 0;
}

static int connect_to(struct upgrade *u, const char *url, struct fault *fault)
{
    struct libcurl *l = &u->curl;
    l->setopt(l->handle, CURLOPT_CONNECT_ONLY, 1L);
    l->setopt(l->handle, CURLOPT_TCP_KEEPALIVE, 1L);
    l->setopt(l->handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    int error = libcurl_perform(l, url, fault);
    if (error == 0 && l->getinfo(l->handle, CURLINFO_ACTIVESOCKET, &u->fd) != CURLE_OK)
        error = fault_set(fault, -EIO, "%s: this libcurl shows no socket; install another", url);
    return error;
}

int upgrade_open(const struct http_options *options, const struct upgrade_target *target,
                 struct upgrade **upgrade, struct http_response *response, struct fault *fault)
{
    char url[URL_MAX];
    *response = (struct http_response){.retry_after = -1};
    if (snprintf(url, sizeof(url), "https://%s%s", target->authority, target->path) >=
        (int)sizeof(url))
        return fault_set(fault, -ENAMETOOLONG, "the name of the host is too long");
    struct upgrade *u = calloc(1, sizeof(*u));
    if (u == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    int error = libcurl_open(options, &u->curl, fault);
    if (error == 0)
        error = connect_to(u, url, fault);
    if (error == 0) {
        error = shake_hands(u, options, target, response);
        if (error < 0 && error != -EPROTONOSUPPORT)
            fault_system(fault, error, "%s", url);
    }
    if (error < 0)
        upgrade_close(u);
    else
        *upgrade = u;
    return error;
}

void upgrade_close(struct upgrade *u)
{
    if (u != NULL)
        libcurl_close(&u->curl);
    free(u);
}
