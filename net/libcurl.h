/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, opened when needed and not before: most commands start without it. Its
 * interface has been stable since 7.1: what we use of it is declared here, so that building
 * needs no header of it. Trusts libcurl. */
#ifndef NET_LIBCURL_H
#define NET_LIBCURL_H

#include "base/attr.h"
#include "host/fault.h"
#include "net/http.h"
#include "net/watchdog.h"

#include <stddef.h>

typedef void CURL;

enum { /* [libcurl curl.h] CURLoption: 0 longs, 10000 pointers, 20000 functions */
       CURLOPT_TIMEOUT = 13,
       CURLOPT_NOPROGRESS = 43,
       CURLOPT_POSTFIELDSIZE = 60,
       CURLOPT_SSL_VERIFYPEER = 64,
       CURLOPT_CONNECTTIMEOUT = 78,
       CURLOPT_HTTPGET = 80,
       CURLOPT_SSL_VERIFYHOST = 81,
       CURLOPT_HTTP_VERSION = 84,
       CURLOPT_NOSIGNAL = 99,
       CURLOPT_CONNECT_ONLY = 141,
       CURLOPT_PROTOCOLS = 181,
       CURLOPT_TCP_KEEPALIVE = 213,
       CURLOPT_WRITEDATA = 10001,
       CURLOPT_URL = 10002,
       CURLOPT_PROXY = 10004,
       CURLOPT_ERRORBUFFER = 10010,
       CURLOPT_POSTFIELDS = 10015,
       CURLOPT_USERAGENT = 10018,
       CURLOPT_HTTPHEADER = 10023,
       CURLOPT_SSLCERT = 10025,
       CURLOPT_HEADERDATA = 10029,
       CURLOPT_CUSTOMREQUEST = 10036,
       CURLOPT_XFERINFODATA = 10057,
       CURLOPT_CAINFO = 10065,
       CURLOPT_SSLKEY = 10087,
       CURLOPT_SOCKOPTDATA = 10149,
       CURLOPT_CLOSESOCKETDATA = 10209,
       CURLOPT_CONNECT_TO = 10243,
       CURLOPT_WRITEFUNCTION = 20011,
       CURLOPT_HEADERFUNCTION = 20079,
       CURLOPT_SOCKOPTFUNCTION = 20148,
       CURLOPT_CLOSESOCKETFUNCTION = 20208,
       CURLOPT_XFERINFOFUNCTION = 20219,
};
enum { CURLINFO_RESPONSE_CODE = 0x200002, CURLINFO_ACTIVESOCKET = 0x50002c };
enum { CURL_HTTP_VERSION_1_1 = 2 };
enum { CURLE_OK = 0, CURLE_AGAIN = 81 };

#define LIBCURL_ERROR_SIZE 256u

struct libcurl {
    void *library;
    CURL *handle;
    void *headers;     /* struct curl_slist of the request under way; null: none */
    const char *token; /* or null */
    void *connect_to;  /* struct curl_slist; null: where URLs say */
    char why[LIBCURL_ERROR_SIZE];
    bool (*cancelled)(void);
    unsigned patience_ms;
    struct watchdog watchdog; /* over each call that reads */

    int (*global_init)(long flags);
    CURL *(*easy_init)(void);
    int (*setopt)(CURL *handle, int option, ...);
    int (*perform)(CURL *handle);
    int (*getinfo)(CURL *handle, int info, ...);
    int (*send)(CURL *handle, const void *from, size_t size, size_t *sent);
    int (*recv)(CURL *handle, void *to, size_t size, size_t *received);
    const char *(*strerror)(int code);
    void *(*slist_append)(void *list, const char *line);
    void (*slist_free)(void *list);
    void (*cleanup)(CURL *handle);
};

/* One handle, set up as `options` say, which are borrowed; `l` stays where it is. 0 or -errno
 * with `fault` filled; call libcurl_close in any case. */
must_use int libcurl_open(const struct http_options *options, struct libcurl *l,
                          struct fault *fault);
void libcurl_close(struct libcurl *l);

/* The headers of the next request, with a body of that type; null: with none. 0 or -ENOMEM. */
must_use int libcurl_set_headers(struct libcurl *l, const char *type);

/* Reads from a connection that was only made: a CURLcode. What holds no data holds nobody up for
 * more than seconds; then the connection is cut. */
must_use int libcurl_receive(struct libcurl *l, void *to, size_t size, size_t *received);

/* Performs what was set for `url`. 0, or with `fault` filled -EHOSTUNREACH (no such host),
 * -ECONNREFUSED, -ETIMEDOUT, -ECANCELED, -EKEYREJECTED (the other side's certificate), or
 * -EIO. */
must_use int libcurl_perform(struct libcurl *l, const char *url, struct fault *fault);

#endif
