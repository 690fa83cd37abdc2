/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine offers; see platform.h. */
#include "svc/agent/platform.h"

#include "base/base64.h"
#include "host/clock.h"
#include "host/peer_collateral.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PROBES_KEPT_MS     30000u
#define COLLATERAL_KEPT_MS 300000u

/* ---- looking ---- */

/* One look at everything. Of the two that have it, loop and thread, the last one frees it. */
struct platform_look {
    struct offer offers[AGENT_BACKENDS_MAX]; /* of which only what probes say counts */
    size_t count;
    atomic_uint left; /* by so many */
};

static void probe(struct offer *o)
{
    o->count = o->backend->probe(o->rows);
    o->available = true;
    for (size_t n = 0; n < o->count; n++)
        o->available = o->available && o->rows[n].ok;
}

static void leave(struct platform_look *l)
{
    if (atomic_fetch_add(&l->left, 1) == 1)
        free(l);
}

static void *look(void *context)
{
    struct platform_look *l = context;
    for (size_t i = 0; i < l->count; i++)
        probe(&l->offers[i]);
    leave(l);
    return NULL;
}

static void begin(struct platform *p)
{
    pthread_t thread;
    struct platform_look *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return;
    l->count = p->config->backend_count;
    for (size_t i = 0; i < l->count; i++)
        l->offers[i].backend = p->offers[i].backend;
    if (pthread_create(&thread, NULL, look, l) != 0) {
        free(l);
        return;
    }
    (void)pthread_detach(thread);
    p->looked_at = clock_ms();
    p->look = l;
}

static void take(struct platform *p)
{
    const struct platform_look *l = p->look;
    for (size_t i = 0; i < l->count; i++) {
        struct offer *o = &p->offers[i];
        memcpy(o->rows, l->offers[i].rows, sizeof(o->rows));
        o->count = l->offers[i].count;
        o->available = l->offers[i].available;
    }
    leave(p->look);
    p->look = NULL;
}

void platform_open(struct platform *p, const struct agent_config *config)
{
    *p = (struct platform){.config = config};
    for (size_t i = 0; i < config->backend_count; i++) {
        p->offers[i].backend = config->backends[i];
        probe(&p->offers[i]);
    }
    p->looked_at = clock_ms();
}

void platform_close(struct platform *p)
{
    if (p->look != NULL)
        leave(p->look);
    for (size_t i = 0; i < p->config->backend_count; i++)
        json_decref(p->offers[i].collateral);
    free((void *)p->peers.data);
}

/* It may take longer than anybody else should wait: /readyz is for anybody. */
void platform_refresh(struct platform *p)
{
    if (p->look != NULL && atomic_load(&p->look->left) > 0)
        take(p);
    if (p->look == NULL && clock_ms() - p->looked_at >= PROBES_KEPT_MS)
        begin(p);
}

/* ---- finding ---- */

struct offer *platform_find(struct platform *p, const char *name)
{
    for (size_t i = 0; i < p->config->backend_count; i++) {
        struct offer *o = &p->offers[i];
        const bool chosen = name == NULL ? o->available && o->backend->selectable
                                         : strcmp(o->backend->name, name) == 0;
        if (chosen)
            return o;
    }
    return NULL;
}

/* ---- collateral ---- */

static int put_file(void *context, const char *name, struct bytes content)
{
    struct put counter = put_counter();
    base64_put(&counter, content);
    char *text = malloc(counter.size);
    struct put p = put_init(text, text == NULL ? 0 : counter.size);
    if (text != NULL)
        base64_put(&p, content);
    const int put =
        text == NULL ? -1 : json_object_set_new(context, name, json_stringn(text, p.size));
    free(text);
    return put < 0 ? -ENOMEM : 0;
}

json_t *platform_collateral(struct offer *o, struct fault *fault)
{
    if (o->backend->collateral == NULL)
        return json_object();
    if (o->collateral != NULL && clock_ms() - o->made_at < COLLATERAL_KEPT_MS)
        return json_incref(o->collateral);
    json_t *made = json_object();
    if (made == NULL || o->backend->collateral(put_file, made, fault) < 0) {
        if (made == NULL)
            fault_set(fault, -ENOMEM, "out of memory");
        json_decref(made);
        return NULL;
    }
    json_decref(o->collateral);
    o->collateral = made;
    o->made_at = clock_ms();
    return json_incref(made);
}

struct bytes platform_peer_collateral(struct platform *p, const struct backend *backend)
{
    struct fault fault;
    const struct backend *maker =
        peer_collateral_maker(backend, p->config->backends, p->config->backend_count);
    if (maker == NULL)
        return (struct bytes){0};
    if (p->peers.size > 0 && clock_ms() - p->peers_at < COLLATERAL_KEPT_MS)
        return p->peers;
    free((void *)p->peers.data);
    if (peer_collateral_make(maker, &p->peers, &fault) < 0) /* it is only a hint */
        p->peers = (struct bytes){0};
    p->peers_at = clock_ms();
    return p->peers;
}

/* ---- telling ---- */

const char *platform_measurement(const struct platform *p, const struct backend *backend)
{
    return backend->technology == TECHNOLOGY_SGX ? p->config->measurement : NULL;
}

static json_t *describe(const struct platform *p, const struct offer *o)
{
    json_t *probes = json_array();
    for (size_t i = 0; probes != NULL && i < o->count; i++)
        json_array_append_new(probes, json_pack("{s:s, s:b, s:s}", "what", o->rows[i].what, "ok",
                                                o->rows[i].ok, "why", o->rows[i].why));
    return json_pack("{s:s, s:s, s:b, s:b, s:s?, s:o}", "name", o->backend->name, "summary",
                     o->backend->summary, "available", o->available, "confidential",
                     o->backend->confidential, "measurement", platform_measurement(p, o->backend),
                     "probes", probes);
}

json_t *platform_describe(const struct platform *p)
{
    json_t *all = json_array();
    for (size_t i = 0; all != NULL && i < p->config->backend_count; i++)
        json_array_append_new(all, describe(p, &p->offers[i]));
    return json_pack("{s:s, s:o}", "version", ENARX_VERSION, "backends", all);
}
