/* SPDX-License-Identifier: Apache-2.0 */
/* The API of the agent: docs/agent.md. Whoever asks is hostile until they have shown who
 * they are, and sees nobody's keeps but their own. */
#include "svc/agent/agent_parts.h"

#include "base/rfc3339.h"
#include "host/clock.h"
#include "include/channel.h"
#include "svc/agent/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_MAX 4096u /* of POST /v1/keeps */

/* ---- a keep in JSON ---- */

static json_t *time_or_null(time_t when)
{
    char text[RFC3339_SIZE];
    if (when == 0)
        return json_null();
    rfc3339_put((int64_t)when, text);
    return json_string(text);
}

static json_t *list_parts(uint32_t parts)
{
    json_t *list = json_array();
    for (unsigned i = 0; list != NULL && i < ISOLATION_COUNT; i++) {
        if (parts & 1u << i)
            json_array_append_new(list, json_string(isolation_texts[i]));
    }
    return list;
}

static json_t *list_log(const struct keep_log *log)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < keep_log_count(log); i++)
        json_array_append_new(list, json_string(keep_log_line(log, i)));
    return list;
}

static json_t *describe_keep(const struct agent *a, const struct hosted *h)
{
    static const char *const states[] = {
        [HOSTED_STARTING] = "starting",
        [HOSTED_READY] = "ready",
        [HOSTED_ATTACHED] = "attached",
        [HOSTED_ENDED] = "ended",
    };
    const uint64_t until = h->ended_ms != 0 ? h->ended_ms : clock_ms();
    const uint32_t parts = h->keeps->isolation.parts;
    return json_pack(
        "{s:s, s:s, s:b, s:s?, s:s, s:o, s:I, s:i, s:I, s:I, s:o, s:s?, s:o, s:o, s:o}", "id",
        h->id, "backend", h->backend->name, "confidential", h->backend->confidential, "measurement",
        platform_measurement(&a->platform, h->backend), "state", states[hosted_state(h)], "created",
        time_or_null(h->created), "uptime_seconds", (json_int_t)((until - h->created_ms) / 1000),
        "sessions", (int)h->sessions, "received_bytes", (json_int_t)h->received, "sent_bytes",
        (json_int_t)h->sent, "ended", time_or_null(h->ended), "failure",
        h->failure[0] == '\0' ? NULL : h->failure, "log", list_log(&h->said), "isolation",
        list_parts(parts), "isolation_missing", list_parts(ISOLATION_ALL & ~parts));
}

/* ---- who may ---- */

/* False after refusing. */
static bool admit(const struct agent *a, const struct server_request *request,
                  struct server_response *r, char who[static WHO_MAX])
{
    if (!CHECK(who_page, agent_is_own_request(a, request))) {
        server_refuse(r, 403, "this request comes from a page that is not this agent's");
        return false;
    }
    agent_who(a, request, who);
    if (CHECK(who_known, who[0] != '\0'))
        return true;
    server_refuse(r, 401,
                  "this agent wants to know who asks: send a token that it knows as "
                  "'Authorization: Bearer TOKEN', or use a client certificate");
    r->name = "WWW-Authenticate";
    r->value = "Bearer";
    return false;
}

/* The asker's keep that the path names, or null after refusing. */
static struct hosted *find_own(const struct agent *a, const struct server_request *request,
                               struct server_response *r)
{
    char who[WHO_MAX];
    if (!admit(a, request, r, who))
        return NULL;
    struct hosted *h =
        request->argument == NULL ? NULL : keeps_find(&a->keeps, request->argument, who);
    if (h == NULL)
        server_refuse(r, 404, "you have no such keep here");
    return h;
}

/* ---- keeps ---- */

static void list_keeps(void *context, const struct server_request *request,
                       struct server_response *r)
{
    const struct agent *a = context;
    char who[WHO_MAX];
    if (!admit(a, request, r, who))
        return;
    json_t *list = json_array();
    for (const struct hosted *h = a->keeps.list; list != NULL && h != NULL; h = h->next) {
        if (CHECK(owner_list, strcmp(h->owner, who) == 0))
            json_array_append_new(list, describe_keep(a, h));
    }
    server_answer(r, 200, json_pack("{s:o}", "keeps", list));
}

/* What is asked for: `backend` is null where the body leaves it out, and slices are of
 * `root`. */
struct wish {
    json_t *root;
    const char *backend;
    bool attached;
};

static bool read_wish(struct bytes body, struct wish *wish)
{
    *wish = (struct wish){.root = NULL};
    if (body.size == 0)
        return true;
    wish->root = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *backend = json_object_get(wish->root, "backend");
    const json_t *attached = json_object_get(wish->root, "attached");
    if (!json_is_object(wish->root) ||
        json_object_size(wish->root) != (size_t)(backend != NULL) + (attached != NULL) ||
        (backend != NULL && !json_is_string(backend)) ||
        (attached != NULL && !json_is_boolean(attached)))
        return false;
    wish->backend = json_string_value(backend);
    wish->attached = json_is_true(attached);
    return true;
}

static const char *first_fault(const struct offer *o)
{
    for (size_t i = 0; i < o->count; i++) {
        if (!o->rows[i].ok)
            return o->rows[i].why;
    }
    return "";
}

static struct offer *choose(struct agent *a, const char *name, struct server_response *r)
{
    platform_refresh(&a->platform);
    struct offer *o = platform_find(&a->platform, name);
    if (o == NULL && name == NULL)
        server_refuse(r, 503,
                      "no kind of keep that may be chosen works on this host; see "
                      "GET /v1/platform");
    else if (o == NULL)
        server_refuse(r, 400, "this host does not offer such a backend; see GET /v1/platform");
    else if (!o->available)
        server_refuse(r, 503, "backend %s does not work on this host: %s", o->backend->name,
                      first_fault(o));
    return o != NULL && o->available ? o : NULL;
}

static void create(struct agent *a, const char *who, struct offer *o, bool attached,
                   struct server_response *r)
{
    struct fault fault;
    struct hosted *h;
    json_t *collateral = platform_collateral(o, &fault);
    if (collateral == NULL) {
        server_refuse(r, 500, "%s", fault.text);
        return;
    }
    a->keeps.collateral = platform_peer_collateral(&a->platform, o->backend);
    int error = keeps_create(&a->keeps, o->backend, who, &h, &fault);
    if (error < 0) {
        json_decref(collateral);
        server_refuse(r, error == -EDQUOT ? 429 : 503, "%s", fault.text);
        return;
    }
    h->attached = attached;
    json_t *told = describe_keep(a, h);
    if (json_object_set_new(told, "collateral", collateral) < 0) {
        json_decref(told);
        told = NULL;
    }
    server_answer(r, 201, told);
}

static void create_keep(void *context, const struct server_request *request,
                        struct server_response *r)
{
    struct agent *a = context;
    char who[WHO_MAX];
    struct wish wish;
    if (!admit(a, request, r, who))
        return;
    const bool formed = read_wish(request->body, &wish);
    if (!CHECK(wish_form, formed)) {
        server_refuse(r, 400, "the body is not {\"backend\": NAME, \"attached\": BOOL} in JSON");
    } else if (!CHECK(quota_draining, !a->draining)) {
        server_refuse(r, 503, "this agent is about to end and takes no new keeps");
    } else {
        struct offer *o = choose(a, wish.backend, r);
        if (o != NULL)
            create(a, who, o, wish.attached, r);
    }
    json_decref(wish.root);
}

static void show_keep(void *context, const struct server_request *request,
                      struct server_response *r)
{
    const struct agent *a = context;
    const struct hosted *h = find_own(a, request, r);
    if (h != NULL)
        server_answer(r, 200, describe_keep(a, h));
}

static void end_keep(void *context, const struct server_request *request, struct server_response *r)
{
    const struct agent *a = context;
    struct hosted *h = find_own(a, request, r);
    if (h == NULL)
        return;
    hosted_end(h, NULL);
    server_answer(r, 200, describe_keep(a, h));
}

/* ---- channels ---- */

static void on_channel_ended(void *context, int error)
{
    struct hosted *h = context;
    hosted_leave(h);
    if (error == -EDQUOT)
        hosted_end(h, "more was sent to it than a keep may be sent");
}

static void refuse_channel(struct server_response *r, const struct hosted *h, int error)
{
    if (error == -EMFILE)
        server_refuse(r, 409, "this keep has %u channels already, as many as one may have",
                      KEEP_SESSIONS_MAX);
    else if (error == -EAGAIN)
        server_refuse(r, 503, "this keep does not take more channels at the moment");
    else
        server_refuse(r, 410, "this keep has ended%s%s", h->failure[0] == '\0' ? "" : ": ",
                      h->failure);
}

static void open_channel(void *context, const struct server_request *request,
                         struct server_response *r)
{
    const struct agent *a = context;
    const uint64_t most = CHECKED(quota_upload, a->config->upload_max, 0);
    struct hosted *h = find_own(a, request, r);
    if (h == NULL)
        return;
    const char *upgrade = server_header(request, "Upgrade");
    if (upgrade == NULL || strcasecmp(upgrade, CHANNEL_ALPN) != 0 ||
        strcmp(request->method, "GET") != 0) {
        server_refuse(r, 426, "this is a channel: ask for it with 'Upgrade: " CHANNEL_ALPN "'");
        r->name = "Upgrade";
        r->value = CHANNEL_ALPN;
        return;
    }
    int fd = h->ending ? -ESRCH : hosted_join(h);
    if (fd < 0) {
        refuse_channel(r, h, fd);
        return;
    }
    r->status = 101;
    r->channel = (struct server_channel){
        .fd = fd,
        .protocol = CHANNEL_ALPN,
        .received = &h->received,
        .sent = &h->sent,
        .received_max = most == 0 ? UINT64_MAX : most,
        .ended = on_channel_ended,
        .context = h,
    };
}

/* ---- the machine and the agent ---- */

static void show_platform(void *context, const struct server_request *request,
                          struct server_response *r)
{
    struct agent *a = context;
    char who[WHO_MAX];
    if (!admit(a, request, r, who))
        return;
    platform_refresh(&a->platform);
    server_answer(r, 200, platform_describe(&a->platform));
}

static void show_health(void *context, const struct server_request *request,
                        struct server_response *r)
{
    (void)context;
    (void)request;
    server_answer(r, 200, json_pack("{s:b}", "alive", 1));
}

static void show_readiness(void *context, const struct server_request *request,
                           struct server_response *r)
{
    struct agent *a = context;
    bool works = false;
    (void)request;
    platform_refresh(&a->platform);
    for (size_t i = 0; i < a->config->backend_count; i++)
        works = works || a->platform.offers[i].available;
    if (a->draining)
        server_refuse(r, 503, "about to end");
    else if (!works)
        server_refuse(r, 503, "no kind of keep works on this host; see GET /v1/platform");
    else if (a->keeps.living >= a->config->keeps_max)
        server_refuse(r, 503, "as many keeps as this host takes are there");
    else
        server_answer(r, 200, json_pack("{s:b}", "ready", 1));
}

static void show_metrics(void *context, const struct server_request *request,
                         struct server_response *r)
{
    const struct agent *a = context;
    char who[WHO_MAX];
    if (!a->config->metrics_open && !CHECK(who_metrics, admit(a, request, r, who)))
        return;
    r->body = agent_metrics(a);
    if (r->body == NULL) {
        server_answer(r, 500, NULL);
        return;
    }
    r->status = 200;
    r->type = "text/plain; version=0.0.4; charset=utf-8";
    r->size = strlen(r->body);
}

/* It holds nothing that is anybody's: what it shows it asks for like everybody else. */
static void show_page(void *context, const struct server_request *request,
                      struct server_response *r)
{
    const struct agent *a = context;
    (void)request;
    r->size = (size_t)(agent_page_end - agent_page);
    r->body = malloc(r->size);
    if (r->body == NULL) {
        server_answer(r, 500, NULL);
        return;
    }
    memcpy(r->body, agent_page, r->size);
    r->status = 200;
    r->type = "text/html; charset=utf-8";
    r->policy = a->page_policy;
}

const struct server_route agent_routes[] = {
    {"GET", "/v1/keeps", 0, list_keeps},
    {"POST", "/v1/keeps", BODY_MAX, create_keep},
    {"GET", "/v1/keeps/*", 0, show_keep},
    {"DELETE", "/v1/keeps/*", 0, end_keep},
    {"GET", "/v1/keeps/*/channel", 0, open_channel},
    {"GET", "/v1/platform", 0, show_platform},
    {"GET", "/healthz", 0, show_health},
    {"GET", "/readyz", 0, show_readiness},
    {"GET", "/metrics", 0, show_metrics},
    {"GET", "/", 0, show_page},
};
const size_t agent_route_count = ARRAY_COUNT(agent_routes);

void agent_answered(void *context, const struct server_request *request, unsigned status)
{
    struct agent *a = context;
    char who[WHO_MAX];
    const unsigned class = status / 100 < STATUS_CLASSES ? status / 100 : 5;
    a->requests[class]++;
    agent_who(a, request, who);
    audit_say(&a->audit, "%s %s %.16s %.300s %u", request->from, who[0] == '\0' ? "-" : who,
              request->method, request->path, status);
}
