/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP and HTTPS requests through libcurl, through proxies where its variables name one.
 * Trusts libcurl and, for HTTPS, the certificates that it is told to. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/cur.h"
#include "host/fault.h"

#define HTTP_BODY_MAX   (1u << 20) /* bytes */
#define HTTP_HEADER_MAX 16384u     /* bytes of one header */
#define HTTP_TOKEN_MAX  4096u      /* characters */
#define HTTP_TYPE_SIZE  64u
#define HTTP_PATIENCE   30 /* seconds */

/* All may be null, false or 0. Borrowed for as long as what is opened with it. */
struct http_options {
    const char *ca_bundle; /* file of certificates to trust, PEM; null: the system's */
    bool any_certificate;  /* HTTPS says nothing about the other side */
    const char *cert;      /* our own: files in PEM */
    const char *key;
    const char *connect_to; /* "192.0.2.7:443": there and nowhere else, whatever a URL's host
                               is; proxies do not count */
    unsigned patience;      /* seconds for all of an answer; 0: HTTP_PATIENCE */
    const char *token;      /* without spaces or control characters [RFC 6750 2.1] */

    /* Asked about once a second: true ends with -ECANCELED what is under way. */
    bool (*cancelled)(void);
};

struct http_request {
    const char *method; /* "GET" */
    const char *url;
    struct bytes body;
    const char *type; /* of the body; null: there is none */
};

struct http_response {
    long status;
    char type[HTTP_TYPE_SIZE]; /* of the body, without parameters; cut where too long */
    uint8_t *body;             /* owned */
    size_t size;               /* bytes of it */
    char *issuer_chain; /* value of the header that ends so, still %-encoded, or null; owned */
    long retry_after;   /* seconds that Retry-After asks for; -1 without one */
};

struct http; /* an open libcurl */

/* 0 or -errno with `fault` filled. */
must_use int http_open(const struct http_options *options, struct http **http, struct fault *fault);
void http_close(struct http *http);

/* Follows no redirection. 0 whatever the status, or -errno of libcurl_perform with `fault`
 * filled and `response` empty. */
must_use int http_send(struct http *http, const struct http_request *request,
                       struct http_response *response, struct fault *fault);
must_use int http_get(struct http *http, const char *url, struct http_response *response,
                      struct fault *fault);
void http_response_fini(struct http_response *response);

#endif
