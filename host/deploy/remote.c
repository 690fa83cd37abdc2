/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an agent; see remote.h. */
#include "host/deploy/remote.h"

#include "include/channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE (sizeof("/v1/keeps//channel") + REMOTE_ID_MAX)
#define URL_SIZE  (sizeof("https://") + REMOTE_AUTHORITY_MAX + PATH_SIZE)

/* ---- names ---- */

static bool all_of(const char *text, size_t length, const char *allowed)
{
    return length > 0 && strspn(text, allowed) >= length;
}

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool port_ok(const char *port)
{
    const size_t length = strlen(port);
    return all_of(port, length, DIGITS) && length <= 5 && strtoul(port, NULL, 10) >= 1 &&
           strtoul(port, NULL, 10) <= UINT16_MAX;
}

/* The length of the address or name at the start, brackets included; 0: there is none. */
static size_t host_length(const char *text)
{
    if (text[0] == '[') {
        const size_t inner = strcspn(text + 1, "]");
        const bool ok = all_of(text + 1, inner, DIGITS "abcdefABCDEF:.") && text[1 + inner] == ']';
        return ok ? inner + 2 : 0;
    }
    const size_t length = strcspn(text, ":");
    return all_of(text, length, DIGITS LETTERS ".-_") && text[0] != '-' ? length : 0;
}

int remote_authority(const char *host, char authority[static REMOTE_AUTHORITY_MAX])
{
    const bool bare = strchr(host, ':') != strrchr(host, ':') && host[0] != '[';
    const int size = snprintf(authority, REMOTE_AUTHORITY_MAX, bare ? "[%s]" : "%s", host);
    const size_t length = host_length(authority);
    if (size >= (int)REMOTE_AUTHORITY_MAX - 6 || length == 0)
        return -EINVAL;
    if (authority[length] == '\0') {
        snprintf(authority + length, REMOTE_AUTHORITY_MAX - length, ":%u", REMOTE_PORT);
        return 0;
    }
    return authority[length] == ':' && port_ok(authority + length + 1) ? 0 : -EINVAL;
}

bool remote_id_ok(const char *id)
{
    const size_t length = strlen(id);
    return length <= REMOTE_ID_MAX && all_of(id, length, DIGITS LETTERS);
}

int remote_open(struct remote *r, const char *authority, const struct http_options *options,
                struct fault *fault)
{
    *r = (struct remote){.http = *options};
    snprintf(r->authority, sizeof(r->authority), "%s", authority);
    return http_open(options, &r->api, fault);
}

void remote_close(struct remote *r)
{
    http_close(r->api);
    r->api = NULL;
}

/* ---- answers ---- */

static int explain_unreachable(const struct remote *r, int error, struct fault *fault)
{
    const struct fault why = *fault;
    switch (error) {
    case -ECONNREFUSED:
        return fault_set(fault, error, "nobody answers at %s; is 'enarx host' running there?",
                         r->authority);
    case -EHOSTUNREACH:
        return fault_set(fault, error, "there is no host %s", r->authority);
    case -EKEYREJECTED:
        return fault_set(fault, error,
                         "the certificate of %s is not one that this machine knows; name the CA "
                         "it is from with --agent-ca",
                         r->authority);
    case -ECANCELED:
        return fault_set(fault, error, "ended by a signal");
    default:
        return fault_set(fault, error, "cannot ask %s: %s", r->authority, why.text);
    }
}

static int error_of(long status)
{
    switch (status) {
    case 401:
    case 403:
        return -EACCES;
    case 404:
        return -ENOENT;
    case 429:
    case 503:
        return -EBUSY;
    default:
        return -EIO;
    }
}

static const char *error_text(const json_t *answer)
{
    const char *text = json_string_value(json_object_get(answer, "error"));
    return text != NULL && text[0] != '\0' ? text : "it does not say why";
}

/* What an answer of 400 or more says. */
static int explain_status(const struct remote *r, const struct http_response *response,
                          struct fault *fault)
{
    json_t *answer =
        json_loadb((const char *)response->body, response->size, JSON_REJECT_DUPLICATES, NULL);
    const int error = error_of(response->status);
    const char *hint = error == -EACCES ? "; --token-file or --client-cert say who you are" : "";
    fault_set(fault, error, "%s refuses (%ld): %s%s", r->authority, response->status,
              error_text(answer), hint);
    json_decref(answer);
    return error;
}

static int no_agent(const struct remote *r, struct fault *fault)
{
    return fault_set(fault, -EBADMSG, "what answers at %s is no agent of enarx", r->authority);
}

static int parse_answer(const struct remote *r, const struct http_response *response,
                        json_t **answer, struct fault *fault)
{
    if (response->status >= 400)
        return explain_status(r, response, fault);
    *answer =
        json_loadb((const char *)response->body, response->size, JSON_REJECT_DUPLICATES, NULL);
    if (response->status >= 200 && response->status < 300 && json_is_object(*answer))
        return 0;
    json_decref(*answer);
    *answer = NULL;
    return no_agent(r, fault);
}

int remote_ask(struct remote *r, const char *method, const char *path, const json_t *body,
               json_t **answer, struct fault *fault)
{
    char url[URL_SIZE];
    struct http_response response;
    char *json = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    *answer = NULL;
    if (body != NULL && json == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    snprintf(url, sizeof(url), "https://%s%s", r->authority, path);
    const struct http_request request = {
        .method = method,
        .url = url,
        .body = body == NULL ? (struct bytes){0} : bytes_of_text(json),
        .type = body == NULL ? NULL : "application/json",
    };
    int error = http_send(r->api, &request, &response, fault);
    free(json);
    if (error < 0)
        return explain_unreachable(r, error, fault);
    error = parse_answer(r, &response, answer, fault);
    http_response_fini(&response);
    return error;
}

/* ---- keeps ---- */

const char *remote_keep_id(const json_t *keep)
{
    const char *id = json_string_value(json_object_get(keep, "id"));
    return id != NULL && remote_id_ok(id) ? id : NULL;
}

int remote_ask_keep(struct remote *r, const char *method, const char *id, json_t **keep,
                    struct fault *fault)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "/v1/keeps/%s", id);
    int error = remote_ask(r, method, path, NULL, keep, fault);
    const char *told = error < 0 ? NULL : remote_keep_id(*keep);
    if (error < 0 || (told != NULL && strcmp(told, id) == 0))
        return error;
    json_decref(*keep);
    *keep = NULL;
    return no_agent(r, fault);
}

int remote_channel(struct remote *r, const char *id, struct upgrade **wire, struct fault *fault)
{
    char path[PATH_SIZE];
    struct http_response response;
    snprintf(path, sizeof(path), "/v1/keeps/%s/channel", id);
    const struct upgrade_target target = {
        .authority = r->authority, .path = path, .protocol = CHANNEL_ALPN};
    int error = upgrade_open(&r->http, &target, wire, &response, fault);
    if (error == -EPROTONOSUPPORT) {
        error = response.status >= 400 ? explain_status(r, &response, fault) : no_agent(r, fault);
        http_response_fini(&response);
        return error;
    }
    return error < 0 ? explain_unreachable(r, error, fault) : 0;
}
