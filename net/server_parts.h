/* SPDX-License-Identifier: Apache-2.0 */
/* What server.c, connections, and server_http.c, requests, share. */
#ifndef NET_SERVER_PARTS_H
#define NET_SERVER_PARTS_H

#include "net/listener.h"
#include "net/mhd.h"
#include "net/server.h"

#define SERVER_HANDSHAKE_MS 10000u
#define SERVER_REQUEST_MS   30000u /* from one answer, or the handshake, to the next answer */
#define SERVER_ANSWER_MS    5000u  /* to take an answer, for a client that sends no more */
#define SERVER_CHANNEL_MS   15000u /* of a channel: for either end to end with the other */
#define SERVER_HEADER_MAX   16384u /* bytes of a request without its body */

/* One client. Lives as long as its link or libmicrohttpd knows of it. */
struct connection {
    struct server *server;
    struct link *link; /* null: it has ended */
    bool served;       /* libmicrohttpd holds it */
    bool upgrading;    /* `channel` waits for its answer to be sent */
    bool upgraded;
    struct server_channel channel;
    struct sockaddr_storage address;
    struct connection *previous, *next;
};

struct server {
    struct loop *loop;
    struct server_config config;
    SSL_CTX *tls;
    struct watch listener;
    struct watch http; /* libmicrohttpd's own epoll */
    struct mhd mhd;
    struct MHD_Daemon *daemon;
    struct connection *connections; /* with a link */
    struct connection *adding;      /* while libmicrohttpd is told of it */
    uint64_t paused_until;          /* of clock_ms(): descriptors ran out; 0: no */
    uint64_t next_look;             /* of clock_ms(), at what is late */
    uint64_t trim_at;               /* when memory of a crowd that is gone is given back; 0: done */
    struct server_numbers numbers;
    char address[ADDRESS_TEXT_MAX];
};

/* Frees it once nobody knows of it. */
void connection_release(struct connection *c);

/* The channel is over, or will never begin. */
void connection_end_channel(struct connection *c, int error);

/* Starts libmicrohttpd. 0 or -errno with `fault` filled. */
must_use int server_http_start(struct server *server, struct fault *fault);

#endif
