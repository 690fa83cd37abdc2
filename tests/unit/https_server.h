/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTPS server in a process of its own, for tests of what talks to one. */
#ifndef HTTPS_SERVER_H
#define HTTPS_SERVER_H

#include <openssl/ssl.h>
#include <sys/types.h>

struct https_server {
    pid_t pid;
    char authority[32]; /* "127.0.0.1:12345" */
};

/* Serves one connection after the other with `serve`, which gets the head of the first
 * request on it. Its certificate, for that address, goes to server.pem here. */
void https_server_start(void (*serve)(SSL *tls, const char *request), struct https_server *server);
void https_server_stop(struct https_server *server);

/* All of `text`. */
void https_server_say(SSL *tls, const char *text);

/* Session tickets, which hold no data, as long as somebody is there: far more than anybody can
 * take. So many records were `said` before. */
void https_server_flood(SSL *tls, uint64_t said);

#endif
