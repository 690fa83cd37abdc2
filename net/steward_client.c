/* SPDX-License-Identifier: Apache-2.0 */
/* A steward's client; see steward_client.h. */
#include "net/steward_client.h"

#include "net/http.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define URL_SIZE (STEWARD_URL_MAX + sizeof("/nonce"))

/* What the steward says of itself, or nothing. */
static void say_why(const struct http_response *r, const char *url, struct fault *fault)
{
    json_t *answer = json_loadb((const char *)r->body, r->size, 0, NULL);
    const char *why = json_string_value(json_object_get(answer, "error"));
    fault_set(fault, 0, "%s: the steward answers %ld%s%s", url, r->status, why == NULL ? "" : ": ",
              why == NULL ? "" : why);
    json_decref(answer);
}

static int error_of(long status)
{
    if (status == 400 || status == 401 || status == 403)
        return -EACCES;
    return status == 429 || status == 503 ? -ETIMEDOUT : -EIO;
}

static int take(const struct http_response *r, const char *url, bool nonce, struct put *out,
                struct fault *fault)
{
    if (r->status != 200) {
        say_why(r, url, fault);
        return error_of(r->status);
    }
    if (!nonce && strcasecmp(r->type, STEWARD_TYPE_PATH) != 0)
        return fault_set(fault, -EIO, "%s: the answer is of type %s, not %s; is a steward there?",
                         url, r->type[0] == '\0' ? "unknown" : r->type, STEWARD_TYPE_PATH);
    const size_t most = nonce ? STEWARD_NONCE_MAX : STEWARD_ANSWER_MAX;
    if (r->size <= most)
        put_bytes(out, (struct bytes){r->body, r->size});
    if (r->size > most || out->bad)
        return fault_set(fault, -EMSGSIZE, "%s: the answer has %zu bytes; is a steward there?", url,
                         r->size);
    return 0;
}

/* `name` below `url`, which may end in slashes. */
static int put_url(char *to, const char *url, const char *name, struct fault *fault)
{
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    const bool http = strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
    if (!http || strpbrk(url, "?#") != NULL || length > STEWARD_URL_MAX)
        return fault_set(fault, -EINVAL,
                         "'%s' is no URL of a steward: http:// or https://, a host, and maybe a "
                         "path",
                         url);
    snprintf(to, URL_SIZE, "%.*s/%s", (int)length, url, name);
    return 0;
}

int steward_client_ask(struct http *http, const char *url, struct bytes request, struct put *out,
                       struct fault *fault)
{
    char whole[URL_SIZE];
    struct http_response r;
    const bool nonce = request.size == 0;
    int error = put_url(whole, url, nonce ? "nonce" : "", fault);
    if (error < 0)
        return error;
    const struct http_request asked = {
        .method = nonce ? "GET" : "POST",
        .url = whole,
        .body = request,
        .type = nonce ? NULL : STEWARD_TYPE_REQUEST,
    };
    error = http_send(http, &asked, &r, fault);
    if (error < 0)
        return error == -EKEYREJECTED ? -EIO : error;
    error = take(&r, whole, nonce, out, fault);
    http_response_fini(&r);
    return error;
}

int steward_client_carry(const char *url, const char *at, struct bytes request, struct put *said,
                         struct fault *why)
{
    struct http *http;
    const struct http_options options = {.any_certificate = true, .connect_to = at};
    int error = http_open(&options, &http, why);
    if (error < 0)
        return error;
    error = steward_client_ask(http, url, request, said, why);
    http_close(http);
    return error;
}
