/* SPDX-License-Identifier: Apache-2.0 */
/* Requests through libcurl; see http.h. */
#define _GNU_SOURCE
#include "net/http.h"

#include "net/libcurl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct http {
    struct libcurl curl;
};

int http_open(const struct http_options *options, struct http **http, struct fault *fault)
{
    struct http *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    int error = libcurl_open(options, &h->curl, fault);
    if (error < 0) {
        http_close(h);
        return error;
    }
    *http = h;
    return 0;
}

void http_close(struct http *http)
{
    if (http != NULL)
        libcurl_close(&http->curl);
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

static void take_type(struct http_response *r, const char *value)
{
    const size_t size = strcspn(value, "; \t");
    snprintf(r->type, sizeof(r->type), "%.*s", (int)size, value);
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
        if (strcasecmp(line, "Content-Type") == 0)
            take_type(r, value);
        if (strcasecmp(line, "Retry-After") == 0)
            r->retry_after = parse_retry_after(value);
    }
    free(line);
    return size;
}

static void set_request(struct libcurl *l, const struct http_request *request)
{
    l->setopt(l->handle, CURLOPT_HTTPGET, 1L);
    if (request->type != NULL) {
        l->setopt(l->handle, CURLOPT_POSTFIELDSIZE, (long)request->body.size);
        l->setopt(l->handle, CURLOPT_POSTFIELDS, request->body.data);
    }
    l->setopt(l->handle, CURLOPT_CUSTOMREQUEST, request->method);
}

int http_send(struct http *h, const struct http_request *request, struct http_response *response,
              struct fault *fault)
{
    struct libcurl *l = &h->curl;
    *response = (struct http_response){.retry_after = -1};
    if (libcurl_set_headers(l, request->type) < 0)
        return fault_set(fault, -ENOMEM, "out of memory");
    set_request(l, request);
    l->setopt(l->handle, CURLOPT_WRITEFUNCTION, take_body);
    l->setopt(l->handle, CURLOPT_WRITEDATA, (void *)response);
    l->setopt(l->handle, CURLOPT_HEADERFUNCTION, take_header);
    l->setopt(l->handle, CURLOPT_HEADERDATA, (void *)response);
    int error = libcurl_perform(l, request->url, fault);
    if (error == 0 && l->getinfo(l->handle, CURLINFO_RESPONSE_CODE, &response->status) != CURLE_OK)
        error = fault_set(fault, -EIO, "%s: no status", request->url);
    if (error < 0)
        http_response_fini(response);
    return error;
}

int http_get(struct http *h, const char *url, struct http_response *response, struct fault *fault)
{
    return http_send(h, &(struct http_request){.method = "GET", .url = url}, response, fault);
}

void http_response_fini(struct http_response *response)
{
    free(response->body);
    free(response->issuer_chain);
    *response = (struct http_response){.retry_after = -1};
}
