/* SPDX-License-Identifier: Apache-2.0 */
/* GET through libcurl; see http.h. Its interface has been stable since 7.1: what we use of
 * it is declared here, so that building needs no header of it. */
#define _GNU_SOURCE
#include "host/http.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- libcurl ---- */

typedef void CURL;

enum { /* [libcurl curl.h] CURLoption: 0 longs, 10000 pointers, 20000 functions */
       CURLOPT_TIMEOUT = 13,
       CURLOPT_CONNECTTIMEOUT = 78,
       CURLOPT_NOSIGNAL = 99,
       CURLOPT_PROTOCOLS = 181,
       CURLOPT_WRITEDATA = 10001,
       CURLOPT_URL = 10002,
       CURLOPT_USERAGENT = 10018,
       CURLOPT_HEADERDATA = 10029,
       CURLOPT_CAINFO = 10065,
       CURLOPT_WRITEFUNCTION = 20011,
       CURLOPT_HEADERFUNCTION = 20079,
};
enum { CURLINFO_RESPONSE_CODE = 0x200002 };
enum { CURLPROTO_HTTP = 1, CURLPROTO_HTTPS = 2 };
enum { CURL_GLOBAL_ALL = 3 };

#define TIMEOUT         30L /* seconds for all of an answer */
#define CONNECT_TIMEOUT 10L

struct http {
    void *library;
    CURL *handle;
    int (*global_init)(long flags);
    CURL *(*easy_init)(void);
    int (*setopt)(CURL *handle, int option, ...);
    int (*perform)(CURL *handle);
    int (*getinfo)(CURL *handle, int info, ...);
    const char *(*strerror)(int code);
    void (*cleanup)(CURL *handle);
};

#define FIND(member, name) h->member = (__typeof__(h->member))dlsym(h->library, "curl_" name)

static bool find_functions(struct http *h)
{
    FIND(global_init, "global_init");
    FIND(easy_init, "easy_init");
    FIND(setopt, "easy_setopt");
    FIND(perform, "easy_perform");
    FIND(getinfo, "easy_getinfo");
    FIND(strerror, "easy_strerror");
    FIND(cleanup, "easy_cleanup");
    return h->global_init != NULL && h->easy_init != NULL && h->setopt != NULL &&
           h->perform != NULL && h->getinfo != NULL && h->strerror != NULL && h->cleanup != NULL;
}

static bool open_library(struct http *h, struct fault *fault)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    const char *why = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(names) && h->library == NULL; i++)
        h->library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (h->library == NULL)
        why = "libcurl is not installed; install the package libcurl4 (Debian, Ubuntu) or libcurl "
              "(Fedora)";
    else if (!find_functions(h))
        why = "this libcurl is none that is known; install another";
    else if (h->global_init(CURL_GLOBAL_ALL) != 0 || (h->handle = h->easy_init()) == NULL)
        why = "libcurl does not start";
    if (why != NULL)
        fault_set(fault, -ENOSYS, "%s", why);
    return why == NULL;
}

int http_open(const char *ca_bundle, struct http **http, struct fault *fault)
{
    struct http *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    if (!open_library(h, fault)) {
        http_close(h);
        return -ENOSYS;
    }
    h->setopt(h->handle, CURLOPT_NOSIGNAL, 1L);
    h->setopt(h->handle, CURLOPT_TIMEOUT, TIMEOUT);
    h->setopt(h->handle, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT);
    h->setopt(h->handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    h->setopt(h->handle, CURLOPT_USERAGENT, "enarx");
    if (ca_bundle != NULL)
        h->setopt(h->handle, CURLOPT_CAINFO, ca_bundle);
    *http = h;
    return 0;
}

/* The library stays: what it started may not survive its leaving. */
void http_close(struct http *http)
{
    if (http != NULL && http->handle != NULL)
        http->cleanup(http->handle);
    free(http);
}

/* ---- one answer ---- */

/* An answer of 0 bytes taken ends the transfer. */
static size_t take_body(const char *data, size_t one, size_t size, void *to)
{
    struct http_response *r = to;
    (void)one; /* always 1 */
    if (size > HTTP_BODY_MAX - r->size)
        return 0;
    uint8_t *grown = realloc(r->body, r->size + size + 1);
    if (grown == NULL)
        return 0;
    r->body = grown;
    memcpy(r->body + r->size, data, size);
    r->size += size;
    return size;
}

/* Seconds, or a date [RFC 9110 10.2.3]. */
static long parse_retry_after(const char *value)
{
    char *end;
    const long seconds = strtol(value, &end, 10);
    if (end != value)
        return seconds < 0 ? 0 : seconds;
    struct tm tm = {0};
    if (strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
        return -1;
    const time_t wait = timegm(&tm) - time(NULL);
    return wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : (long)wait;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

static size_t take_header(const char *data, size_t one, size_t size, void *to)
{
    struct http_response *r = to;
    (void)one;
    if (size >= HTTP_HEADER_MAX)
        return 0;
    char *line = strndup(data, size);
    char *colon = line == NULL ? NULL : strchr(line, ':');
    if (colon != NULL) {
        *colon = '\0';
        char *value = colon + 1 + strspn(colon + 1, " \t");
        value[strcspn(value, "\r\n")] = '\0';
        if (ends_with(line, "-Issuer-Chain")) {
            free(r->issuer_chain);
            r->issuer_chain = strdup(value);
        }
        if (strcasecmp(line, "Retry-After") == 0)
            r->retry_after = parse_retry_after(value);
    }
    free(line);
    return size;
}

int http_get(struct http *h, const char *url, struct http_response *response, struct fault *fault)
{
    *response = (struct http_response){.retry_after = -1};
    h->setopt(h->handle, CURLOPT_URL, url);
    h->setopt(h->handle, CURLOPT_WRITEFUNCTION, take_body);
    h->setopt(h->handle, CURLOPT_WRITEDATA, (void *)response);
    h->setopt(h->handle, CURLOPT_HEADERFUNCTION, take_header);
    h->setopt(h->handle, CURLOPT_HEADERDATA, (void *)response);
    const int code = h->perform(h->handle);
    if (code == 0 && h->getinfo(h->handle, CURLINFO_RESPONSE_CODE, &response->status) == 0)
        return 0;
    http_response_fini(response);
    return fault_set(fault, -EIO, "%s: %s", url, h->strerror(code));
}

void http_response_fini(struct http_response *response)
{
    free(response->body);
    free(response->issuer_chain);
    *response = (struct http_response){.retry_after = -1};
}
