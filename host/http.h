/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP and HTTPS GET through libcurl, which is opened when needed and not before: most
 * commands start without it. Trusts libcurl and, for HTTPS, the system's certificates. */
#ifndef HOST_HTTP_H
#define HOST_HTTP_H

#include "base/cur.h"
#include "host/fault.h"

#define HTTP_BODY_MAX   (1u << 20) /* bytes */
#define HTTP_HEADER_MAX 16384u     /* bytes of one header */

struct http_response {
    long status;
    uint8_t *body;      /* owned */
    size_t size;        /* bytes of it */
    char *issuer_chain; /* value of the header that ends so, still %-encoded, or null; owned */
    long retry_after;   /* seconds that Retry-After asks for; -1 without one */
};

struct http; /* an open libcurl */

/* `ca_bundle` is a file of certificates in PEM, or null. 0 or -errno with `fault` filled. */
must_use int http_open(const char *ca_bundle, struct http **http, struct fault *fault);
void http_close(struct http *http);

/* Follows no redirection. 0 whatever the status, or -errno with `fault` filled and
 * `response` empty. */
must_use int http_get(struct http *http, const char *url, struct http_response *response,
                      struct fault *fault);
void http_response_fini(struct http_response *response);

#endif
