/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and setting up libcurl; see libcurl.h. */
#define _GNU_SOURCE
#include "net/libcurl.h"

#include "base/wipe.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { CURLPROTO_HTTP = 1, CURLPROTO_HTTPS = 2 };
enum { CURL_GLOBAL_ALL = 3 };

#define CONNECT_TIMEOUT 10L
#define GRACE_MS        1000u /* that libcurl has to notice by itself that time is up */
#define RECEIVE_MS      5000u
#define CLOSE_MS        2000u

#define FIND(member, name) l->member = (__typeof__(l->member))dlsym(l->library, "curl_" name)

static bool find_functions(struct libcurl *l)
{
    FIND(global_init, "global_init");
    FIND(easy_init, "easy_init");
    FIND(setopt, "easy_setopt");
    FIND(perform, "easy_perform");
    FIND(getinfo, "easy_getinfo");
    FIND(send, "easy_send");
    FIND(recv, "easy_recv");
    FIND(strerror, "easy_strerror");
    FIND(slist_append, "slist_append");
    FIND(slist_free, "slist_free_all");
    FIND(cleanup, "easy_cleanup");
    return l->global_init != NULL && l->easy_init != NULL && l->setopt != NULL &&
           l->perform != NULL && l->getinfo != NULL && l->send != NULL && l->recv != NULL &&
           l->strerror != NULL && l->slist_append != NULL && l->slist_free != NULL &&
           l->cleanup != NULL;
}

/* Older ones do not start in two threads at once. */
static bool start(struct libcurl *l)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&one);
    const bool started = l->global_init(CURL_GLOBAL_ALL) == CURLE_OK;
    pthread_mutex_unlock(&one);
    l->handle = started ? l->easy_init() : NULL;
    return l->handle != NULL;
}

static int open_library(struct libcurl *l, struct fault *fault)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    for (size_t i = 0; i < ARRAY_COUNT(names) && l->library == NULL; i++)
        l->library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (l->library == NULL)
        return fault_set(fault, -ENOSYS,
                         "libcurl is not installed; install the package libcurl4 (Debian, Ubuntu) "
                         "or libcurl (Fedora)");
    if (!find_functions(l))
        return fault_set(fault, -ENOSYS, "this libcurl is none that is known; install another");
    if (!start(l))
        return fault_set(fault, -ENOSYS, "libcurl does not start");
    return 0;
}

/* ---- options ---- */

static int add_header(struct libcurl *l, const char *name, const char *value)
{
    char line[HTTP_TOKEN_MAX + 32];
    const int length = snprintf(line, sizeof(line), "%s%s", name, value);
    void *longer = length >= (int)sizeof(line) ? NULL : l->slist_append(l->headers, line);
    wipe(line, sizeof(line));
    if (longer == NULL)
        return -ENOMEM;
    l->headers = longer;
    return 0;
}

static void drop_headers(struct libcurl *l)
{
    if (l->headers != NULL)
        l->slist_free(l->headers);
    l->headers = NULL;
}

int libcurl_set_headers(struct libcurl *l, const char *type)
{
    drop_headers(l);
    int error = type == NULL ? 0 : add_header(l, "Content-Type: ", type);
    if (error == 0 && l->token != NULL)
        error = add_header(l, "Authorization: Bearer ", l->token);
    l->setopt(l->handle, CURLOPT_HTTPHEADER, l->headers);
    return error;
}

/* [libcurl CURLOPT_XFERINFOFUNCTION] Other than 0 ends the transfer. */
static int ask_cancelled(void *context, int64_t down_all, int64_t down, int64_t up_all, int64_t up)
{
    const struct libcurl *l = context;
    (void)down_all, (void)down, (void)up_all, (void)up;
    return l->cancelled() ? 1 : 0;
}

static void set_cancelled(struct libcurl *l, bool (*cancelled)(void))
{
    l->cancelled = cancelled;
    if (cancelled == NULL)
        return;
    l->setopt(l->handle, CURLOPT_NOPROGRESS, 0L);
    l->setopt(l->handle, CURLOPT_XFERINFODATA, (void *)l);
    l->setopt(l->handle, CURLOPT_XFERINFOFUNCTION, ask_cancelled);
}

/* [libcurl CURLOPT_SOCKOPTFUNCTION] Other than 0 is an error. */
static int add_socket(void *watchdog, int fd, maybe_unused int purpose)
{
    return watchdog_add(watchdog, fd) ? 0 : 1;
}

/* [libcurl CURLOPT_CLOSESOCKETFUNCTION] */
static int close_socket(void *watchdog, int fd) { return watchdog_close_socket(watchdog, fd); }

static int set_watchdog(struct libcurl *l)
{
    const int error = watchdog_open(&l->watchdog);
    l->setopt(l->handle, CURLOPT_SOCKOPTDATA, (void *)&l->watchdog);
    l->setopt(l->handle, CURLOPT_SOCKOPTFUNCTION, add_socket);
    l->setopt(l->handle, CURLOPT_CLOSESOCKETDATA, (void *)&l->watchdog);
    l->setopt(l->handle, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    return error;
}

/* Of any host and port of a URL [libcurl CURLOPT_CONNECT_TO]. */
static int set_connect_to(struct libcurl *l, const char *place)
{
    char line[128];
    if (place == NULL)
        return 0;
    if (snprintf(line, sizeof(line), "::%s", place) >= (int)sizeof(line))
        return -EINVAL;
    l->connect_to = l->slist_append(NULL, line);
    if (l->connect_to == NULL)
        return -ENOMEM;
    l->setopt(l->handle, CURLOPT_CONNECT_TO, l->connect_to);
    l->setopt(l->handle, CURLOPT_PROXY, "");
    return 0;
}

static int set_up(struct libcurl *l, const struct http_options *o)
{
    const long patience = o->patience == 0 ? HTTP_PATIENCE : o->patience;
    l->setopt(l->handle, CURLOPT_NOSIGNAL, 1L);
    l->setopt(l->handle, CURLOPT_TIMEOUT, patience);
    l->setopt(l->handle, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT);
    l->setopt(l->handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    l->setopt(l->handle, CURLOPT_USERAGENT, "enarx");
    l->setopt(l->handle, CURLOPT_ERRORBUFFER, l->why);
    if (o->ca_bundle != NULL)
        l->setopt(l->handle, CURLOPT_CAINFO, o->ca_bundle);
    if (o->any_certificate) {
        l->setopt(l->handle, CURLOPT_SSL_VERIFYPEER, 0L);
        l->setopt(l->handle, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (o->cert != NULL) {
        l->setopt(l->handle, CURLOPT_SSLCERT, o->cert);
        l->setopt(l->handle, CURLOPT_SSLKEY, o->key);
    }
    set_cancelled(l, o->cancelled);
    l->token = o->token;
    l->patience_ms = (unsigned)patience * 1000;
    const int error = set_watchdog(l);
    return error < 0 ? error : set_connect_to(l, o->connect_to);
}

int libcurl_open(const struct http_options *options, struct libcurl *l, struct fault *fault)
{
    *l = (struct libcurl){0};
    int error = open_library(l, fault);
    if (error < 0)
        return error;
    error = set_up(l, options);
    return error < 0 ? fault_system(fault, error, "cannot set up libcurl") : 0;
}

/* The library stays: what it started may not survive its leaving. */
void libcurl_close(struct libcurl *l)
{
    if (l->watchdog.open)
        watchdog_begin(&l->watchdog, CLOSE_MS); /* it may still read what is there */
    if (l->handle != NULL)
        l->cleanup(l->handle);
    watchdog_close(&l->watchdog);
    drop_headers(l);
    if (l->connect_to != NULL)
        l->slist_free(l->connect_to);
    *l = (struct libcurl){0};
}

/* ---- errors ---- */

/* [libcurl curl.h] CURLcode. */
static int error_of(int code)
{
    switch (code) {
    case 6: /* CURLE_COULDNT_RESOLVE_HOST */
        return -EHOSTUNREACH;
    case 7: /* CURLE_COULDNT_CONNECT */
        return -ECONNREFUSED;
    case 28: /* CURLE_OPERATION_TIMEDOUT */
        return -ETIMEDOUT;
    case 42: /* CURLE_ABORTED_BY_CALLBACK */
        return -ECANCELED;
    case 60: /* CURLE_PEER_FAILED_VERIFICATION */
        return -EKEYREJECTED;
    default:
        return -EIO;
    }
}

int libcurl_perform(struct libcurl *l, const char *url, struct fault *fault)
{
    l->why[0] = '\0';
    l->setopt(l->handle, CURLOPT_URL, url);
    watchdog_begin(&l->watchdog, l->patience_ms + GRACE_MS);
    const int code = l->perform(l->handle);
    const bool cut = watchdog_end(&l->watchdog);
    if (code == CURLE_OK)
        return 0;
    if (cut)
        return fault_set(fault, -ETIMEDOUT, "%s: no answer after %u seconds", url,
                         l->patience_ms / 1000);
    return fault_set(fault, error_of(code), "%s: %s", url,
                     l->why[0] != '\0' ? l->why : l->strerror(code));
}

int libcurl_receive(struct libcurl *l, void *to, size_t size, size_t *received)
{
    watchdog_begin(&l->watchdog, RECEIVE_MS);
    const int code = l->recv(l->handle, to, size, received);
    (void)watchdog_end(&l->watchdog);
    return code;
}
