/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTPS server for the services of a host: a table of routes, and bounds for
 * everything that clients decide: connections, headers, bodies, time. HTTP is
 * libmicrohttpd's, TLS is net/link.h's. Runs on its caller's loop, in one thread.
 *
 * Trusts libmicrohttpd and OpenSSL. Clients are hostile. */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "net/link.h"
#include "net/server_tls.h"

#include <jansson.h>

#define SERVER_FROM_MAX 64u /* "[2001:db8::1]:40000" */

struct server;

/* One request. All of it is borrowed while it is handled. */
struct server_request {
    const char *method;
    const char *path;
    const char *argument; /* the part of the path that stands for the route's '*'; else null */
    struct bytes body;
    struct bytes peer; /* DER SubjectPublicKeyInfo of the client's certificate, which its
                        * authority vouches for; empty when it showed none */
    char from[SERVER_FROM_MAX];
    struct MHD_Connection *connection; /* libmicrohttpd's */
    const struct server *server;
};

/* The value of a header, or null. */
const char *server_header(const struct server_request *request, const char *name);

/* Where an upgraded connection leads: a non-blocking stream socket, the server's from the
 * answer on. Clients send nothing for it before they have the answer. */
struct server_channel {
    int fd;
    const char *protocol;
    uint64_t *received, *sent; /* bytes from and to the client are added */
    uint64_t received_max;
    /* Called once when it is over, also when it never began. 0 or -errno, -EDQUOT for more
     * than received_max. */
    void (*ended)(void *context, int error);
    void *context;
};

/* Status 101 stands for `channel`. */
struct server_response {
    unsigned status;
    const char *type; /* of the body */
    char *body;       /* from malloc, the server's; null: none */
    size_t size;
    const char *name, *value; /* one header more, or null */
    const char *policy;       /* Content-Security-Policy, or null */
    struct server_channel channel;
};

/* The answer is JSON; the value is taken. Null stands for memory that ran out. */
void server_answer(struct server_response *response, unsigned status, json_t *value);

/* The answer is {"error": what the format says}. */
void server_refuse(struct server_response *response, unsigned status, const char *format, ...)
    format_like(3, 4);

struct server_route {
    const char *method;
    const char *path; /* one of its parts may be '*' */
    size_t body_max;
    void (*handle)(void *context, const struct server_request *request,
                   struct server_response *response);
};

struct server_config {
    const char *address; /* "127.0.0.1:7443", "[::]:0" */
    SSL_CTX *tls;        /* borrowed; null: HTTP, for what is no secret and proves itself */
    const struct server_route *routes;
    size_t route_count;
    unsigned connections_max, connections_of_one_max; /* of one address */
    void *context;                                    /* the routes' */

    /* Called when an answer has been chosen. */
    void (*answered)(void *context, const struct server_request *request, unsigned status);
};

struct server_numbers {
    uint64_t accepted, refused; /* connections */
    uint64_t insecure;          /* that came to nothing in their handshake */
    uint64_t late;              /* that took too long */
    uint64_t open;
};

/* 0 or -errno with `fault` filled. What `config` points to stays. */
must_use int server_open(struct loop *loop, const struct server_config *config, struct server **out,
                         struct fault *fault);
void server_close(struct server *server);

/* "127.0.0.1:7443": where it really listens. */
const char *server_address(const struct server *server);

/* For connections from now on; borrowed. */
void server_set_tls(struct server *server, SSL_CTX *tls);

/* Milliseconds until server_run wants to be called, -1: whenever. */
int server_timeout(const struct server *server);

/* After each turn of the loop. */
void server_run(struct server *server);

struct server_numbers server_numbers(const struct server *server);

#endif
