/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers of a server; see server.h. libmicrohttpd is given each in parts and
 * has what it needs of a connection only while that has a link. */
#define _GNU_SOURCE
#include "net/server_parts.h"

#include "host/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MEMORY_MAX 32768u /* bytes that libmicrohttpd takes for one connection */

/* One request while it comes in. */
struct exchange {
    const struct server_route *route;
    struct server_response refusal; /* status 0: none */
    char allow[64];                 /* methods that the path does take */
    char *argument;
    uint8_t *body;
    size_t size;
    bool too_large;
};

static struct connection *connection_of(const struct server *s, struct MHD_Connection *m)
{
    const union MHD_ConnectionInfo *info =
        s->mhd.get_connection_info(m, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

/* ---- answers ---- */

void server_answer(struct server_response *r, unsigned status, json_t *value)
{
    r->status = status;
    r->type = "application/json";
    r->body = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);
    r->size = r->body == NULL ? 0 : strlen(r->body);
    json_decref(value);
    if (r->body != NULL)
        return;
    r->status = 500;
    r->body = strdup("{\"error\":\"out of memory\"}");
    r->size = r->body == NULL ? 0 : strlen(r->body);
}

void server_refuse(struct server_response *r, unsigned status, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    server_answer(r, status, length < 0 ? NULL : json_pack("{s:s}", "error", text));
}

static void on_upgraded(void *context, struct MHD_Connection *m, void *request, const char *early,
                        size_t early_size, MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
    struct connection *c = context;
    uint8_t byte;
    (void)m;
    (void)request;
    (void)early;
    if (c->link != NULL) {
        const bool quiet =
            early_size == 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
        struct link *link = c->link;
        c->upgrading = false;
        c->upgraded = true;
        link->deadline = 0;
        link->patience_ms = SERVER_CHANNEL_MS;
        link->up.count = c->channel.received;
        link->down.count = c->channel.sent;
        link->up_max = c->channel.received_max;
        int error = link_attach(link, c->channel.fd);
        if (error == 0 && !quiet)
            error = -EPROTO;
        if (error < 0)
            link_close(link, error);
    }
    c->server->mhd.upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

static struct MHD_Response *make_upgrade(struct connection *c, const struct server_response *r)
{
    const struct mhd *mhd = &c->server->mhd;
    c->channel = r->channel;
    c->upgrading = true;
    struct MHD_Response *m = mhd->create_response_for_upgrade(on_upgraded, c);
    if (m == NULL || mhd->add_response_header(m, "Upgrade", r->channel.protocol) != MHD_YES) {
        connection_end_channel(c, -ENOMEM);
        if (m != NULL)
            mhd->destroy_response(m);
        return NULL;
    }
    return m;
}

static struct MHD_Response *make_response(const struct mhd *mhd, const struct server_response *r)
{
    const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Type", r->type},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy",
         r->policy != NULL ? r->policy : "default-src 'none'; frame-ancestors 'none'"},
        {r->name, r->value},
    };
    struct MHD_Response *m =
        mhd->create_response_from_buffer(r->size, r->body, MHD_RESPMEM_MUST_FREE);
    bool whole = m != NULL;
    for (size_t i = 0; whole && i < ARRAY_COUNT(headers); i++) {
        if (headers[i].name != NULL)
            whole = mhd->add_response_header(m, headers[i].name, headers[i].value) == MHD_YES;
    }
    if (m == NULL)
        free(r->body);
    else if (!whole)
        mhd->destroy_response(m);
    return whole ? m : NULL;
}

static enum MHD_Result respond(struct connection *c, const struct server_request *request,
                               struct server_response *r)
{
    const struct server *s = c->server;
    struct MHD_Response *m = r->status == 101 ? make_upgrade(c, r) : make_response(&s->mhd, r);
    if (s->config.answered != NULL)
        s->config.answered(s->config.context, request, r->status);
    if (m == NULL)
        return MHD_NO;
    const enum MHD_Result queued = s->mhd.queue_response(request->connection, r->status, m);
    s->mhd.destroy_response(m);
    return queued;
}

/* ---- routes ---- */

/* Where the path goes on as the pattern does; *argument is what stands for its '*'. */
static bool matches(const char *pattern, const char *path, struct bytes *argument)
{
    while (*pattern != '\0' && *pattern != '*' && *pattern == *path) {
        pattern++;
        path++;
    }
    if (*pattern != '*')
        return *pattern == *path;
    const size_t length = strcspn(path, "/");
    *argument = (struct bytes){.data = (const uint8_t *)path, .size = length};
    return length > 0 && strcmp(pattern + 1, path + length) == 0;
}

static bool method_fits(const struct server_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static void add_method(char allow[static 64], const char *method)
{
    const size_t length = strlen(allow);
    (void)!snprintf(allow + length, 64 - length, "%s%s", length > 0 ? ", " : "", method);
}

/* The route, or null after saying why there is none. */
static const struct server_route *find_route(const struct server_config *config, const char *path,
                                             const char *method, struct exchange *x)
{
    for (size_t i = 0; i < config->route_count; i++) {
        struct bytes argument = {0};
        const struct server_route *route = &config->routes[i];
        if (!matches(route->path, path, &argument))
            continue;
        if (method_fits(route, method)) {
            if (argument.size > 0)
                x->argument = strndup((const char *)argument.data, argument.size);
            return route;
        }
        add_method(x->allow, route->method);
    }
    if (x->allow[0] == '\0') {
        server_refuse(&x->refusal, 404, "there is nothing at this path");
        return NULL;
    }
    server_refuse(&x->refusal, 405, "this path does not take that method; it takes %s", x->allow);
    x->refusal.name = "Allow";
    x->refusal.value = x->allow;
    return NULL;
}

/* ---- requests ---- */

const char *server_header(const struct server_request *r, const char *name)
{
    return r->server->mhd.lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static size_t header_size(const struct server *s, struct MHD_Connection *m)
{
    const union MHD_ConnectionInfo *info =
        s->mhd.get_connection_info(m, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? 0 : info->header_size;
}

static bool announces_more_than(const struct server *s, struct MHD_Connection *m, size_t most)
{
    const char *length = s->mhd.lookup_connection_value(m, MHD_HEADER_KIND, "Content-Length");
    return length != NULL && strtoull(length, NULL, 10) > most;
}

/* Who is refused sends none of it, and the connection has to end. */
static bool announces_body(const struct server *s, struct MHD_Connection *m)
{
    return announces_more_than(s, m, 0) ||
           s->mhd.lookup_connection_value(m, MHD_HEADER_KIND, "Transfer-Encoding") != NULL;
}

static void refuse_body(struct exchange *x)
{
    server_refuse(&x->refusal, 413, "the body is larger than the %zu bytes that it may have",
                  x->route->body_max);
}

static struct exchange *begin(const struct server *s, struct MHD_Connection *m, const char *path,
                              const char *method)
{
    struct exchange *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return NULL;
    x->route = find_route(&s->config, path, method, x);
    if (x->route != NULL && header_size(s, m) > SERVER_HEADER_MAX)
        server_refuse(&x->refusal, 431, "the headers are larger than %u bytes", SERVER_HEADER_MAX);
    else if (x->route != NULL && announces_more_than(s, m, x->route->body_max))
        refuse_body(x);
    return x;
}

static bool take_body(struct exchange *x, const char *data, size_t size)
{
    x->too_large = x->too_large || size > x->route->body_max - x->size;
    if (x->too_large)
        return true;
    uint8_t *grown = realloc(x->body, x->size + size);
    if (grown == NULL)
        return false;
    memcpy(grown + x->size, data, size);
    x->body = grown;
    x->size += size;
    return true;
}

static struct bytes peer_of(const struct connection *c, uint8_t **der)
{
    const X509 *cert = c->link->ssl == NULL ? NULL : SSL_get0_peer_certificate(c->link->ssl);
    const bool vouched = cert != NULL && SSL_get_verify_result(c->link->ssl) == X509_V_OK;
    const int size = vouched ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), der) : 0;
    return (struct bytes){.data = *der, .size = size > 0 ? (size_t)size : 0};
}

static enum MHD_Result finish(struct connection *c, struct exchange *x, struct MHD_Connection *m,
                              const char *path, const char *method)
{
    uint8_t *der = NULL;
    struct server_response response = x->refusal;
    struct server_request request = {
        .method = method,
        .path = path,
        .argument = x->argument,
        .body = {.data = x->body, .size = x->size},
        .peer = peer_of(c, &der),
        .connection = m,
        .server = c->server,
    };
    address_put(&c->address, request.from);
    x->refusal = (struct server_response){0};
    if (response.status == 0)
        x->route->handle(c->server->config.context, &request, &response);
    const enum MHD_Result result = respond(c, &request, &response);
    OPENSSL_free(der);
    return result;
}

/* Called with the headers, then with each part of the body, then with none. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *m, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    struct server *s = context;
    struct connection *c = connection_of(s, m);
    struct exchange *x = *state;
    (void)version;
    if (c == NULL || c->link == NULL)
        return MHD_NO;
    if (x == NULL) {
        *state = x = begin(s, m, path, method);
        if (x == NULL)
            return MHD_NO;
        const bool wait = x->refusal.status == 0 || !announces_body(s, m);
        return wait ? MHD_YES : finish(c, x, m, path, method);
    }
    if (*size > 0) {
        const bool taken = take_body(x, data, *size);
        *size = 0;
        return taken ? MHD_YES : MHD_NO;
    }
    if (x->too_large)
        refuse_body(x);
    return finish(c, x, m, path, method);
}

static void on_completed(void *context, struct MHD_Connection *m, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct connection *c = connection_of(context, m);
    struct exchange *x = *state;
    (void)how;
    if (c != NULL && c->link != NULL && !c->upgraded && !c->link->up.ended)
        c->link->deadline = clock_ms() + SERVER_REQUEST_MS;
    if (x == NULL)
        return;
    free(x->refusal.body);
    free(x->argument);
    free(x->body);
    free(x);
    *state = NULL;
}

static void on_connection(void *context, struct MHD_Connection *m, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *s = context;
    struct connection *c = *state;
    (void)m;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *state = s->adding;
        s->adding->served = true;
    } else if (c != NULL) {
        c->served = false;
        if (c->upgrading)
            connection_end_channel(c, -ECONNABORTED);
        connection_release(c);
    }
}

int server_http_start(struct server *s, struct fault *fault)
{
    int error = mhd_open(&s->mhd, fault);
    if (error < 0)
        return error;
    /* Links keep the time, and more connections than links there never are for long. */
    s->daemon = s->mhd.start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_UPGRADE, 0, NULL, NULL, on_request, s,
        MHD_OPTION_CONNECTION_LIMIT, 2 * s->config.connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    return s->daemon == NULL ? fault_set(fault, -ENOSYS, "libmicrohttpd does not start") : 0;
}
