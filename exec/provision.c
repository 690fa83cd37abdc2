/* SPDX-License-Identifier: Apache-2.0 */
/* From an empty keep to the end of its workload; see provision.h. */
#include "exec/provision.h"

#include "crypto/digest.h"
#include "exec/owner_channel.h"
#include "exec/report.h"
#include "exec/surroundings.h"
#include "exec/time.h"
#include "exec/workload.h"

#include <errno.h>
#include <stdlib.h>

#define GOODBYE_NS 10000000000u /* for the wire to take the last of it, and the owner */

struct provision {
    const struct boot_record *boot;
    struct owner_channel channel;
    struct source source;
    struct surroundings around;
    struct report_sink sink;
    struct workload workload;
    bool ran;                /* there is output to send */
    unsigned output_session; /* channel.attached when sending it began */
};

/* The host has heard when, and hears nothing of why: that may be of the workload. */
static no_return void fail(struct provision *p)
{
    owner_channel_close(&p->channel);
    port_exit(PORT_END_FAILED, 0);
}

static no_return void fail_to_load(struct provision *p)
{
    report_to_host("the keep ended before it had a workload", 0);
    fail(p);
}

/* ---- to the owner ---- */

static bool has_room(struct owner_channel *c)
{
    return !c->current->over && owner_session_room(c->current) >= CHANNEL_DATA_MAX;
}

static bool is_drained(struct owner_channel *c) { return console_is_drained(&c->console); }

static bool takes_text(struct owner_channel *c) { return is_drained(c) && has_room(c); }

static bool is_flushed(struct owner_channel *c) { return owner_session_is_flushed(c->current); }

static bool is_told(struct owner_channel *c) { return c->told; }

static void tell(void *context, enum port_level level, struct bytes text)
{
    struct provision *p = context;
    struct owner_channel *c = &p->channel;
    while (!console_log(&c->console, level, text))
        owner_channel_serve_until(c, takes_text, PORT_FOREVER);
    if (c->current != NULL)
        owner_session_flush(c->current);
}

static int send_output(void *context, struct bytes part)
{
    struct provision *p = context;
    struct owner_channel *c = &p->channel;
    while (part.size > 0) {
        if (c->current == NULL || c->attached != p->output_session ||
            !owner_channel_serve_until(c, has_room, PORT_FOREVER))
            return -ENOTCONN;
        const size_t size = part.size < CHANNEL_DATA_MAX ? part.size : CHANNEL_DATA_MAX;
        struct put message = owner_session_message(c->current, CHANNEL_FILES, size);
        put_bytes(&message, (struct bytes){.data = part.data, .size = size});
        owner_session_flush(c->current);
        part = (struct bytes){.data = part.data + size, .size = part.size - size};
    }
    return 0;
}

/* ---- the end ---- */

/* True when the owner has been told. */
static bool tell_end(struct provision *p, enum channel_end end, uint32_t status)
{
    struct owner_channel *c = &p->channel;
    if (!owner_channel_serve_until(c, is_drained, PORT_FOREVER))
        return false;
    p->output_session = c->attached;
    if (p->ran && workload_send_output(&p->workload) == -ENOTCONN)
        return false;
    if (c->attached != p->output_session || !owner_channel_serve_until(c, has_room, PORT_FOREVER))
        return false;
    owner_session_end(c->current, end, status);
    owner_session_flush(c->current);
    return owner_channel_serve_until(c, c->state.detached ? is_told : is_flushed, GOODBYE_NS) ||
           c->told;
}

/* A detached workload's owner may take as long as the host lets the keep live. */
static bool tell_end_to_whoever_comes(struct provision *p, enum channel_end end, uint32_t status)
{
    struct owner_channel *c = &p->channel;
    while (c->current != NULL || c->state.detached) {
        if (c->current == NULL && owner_channel_serve(c, PORT_FOREVER) < 0)
            return false;
        if (c->current != NULL && tell_end(p, end, status))
            return true;
    }
    return false;
}

static no_return void end_workload(void *context, enum port_end end, uint32_t status)
{
    static const enum channel_end ends[] = {
        [PORT_END_DONE] = CHANNEL_END_EXIT,
        [PORT_END_TRAP] = CHANNEL_END_TRAP,
        [PORT_END_FAILED] = CHANNEL_END_FAILED,
    };
    struct provision *p = context;
    const bool was_loaded = p->channel.state.phase >= KEEP_LOADED;
    keep_end(&p->channel.state);
    const bool told = tell_end_to_whoever_comes(p, ends[end], status);
    workload_close(&p->workload);
    if (!was_loaded)
        fail_to_load(p);
    if (!told) {
        report_to_host("the owner was gone before the workload was done", 0);
        fail(p);
    }
    owner_channel_close(&p->channel);
    port_exit(PORT_END_DONE, 0);
}

/* ---- the workload ---- */

static struct object *open_standard(void *context, unsigned stream)
{
    struct provision *p = context;
    return console_new(&p->channel.console, stream);
}

static void surround(struct provision *p)
{
    p->source = delivery_source(&p->channel.delivery);
    p->around = (struct surroundings){
        .source = &p->source,
        .standard = open_standard,
        .host = {.wait = wait_for,
                 .now = time_now,
                 .serve = owner_channel_look,
                 .stop = &p->channel.stop,
                 .context = &p->channel.company},
        .output = send_output,
        .context = p,
    };
    p->sink = (struct report_sink){.tell = tell, .end = end_workload, .context = p};
}

static enum keep_refusal load(struct provision *p)
{
    struct owner_channel *c = &p->channel;
    uint8_t digest[SHA256_SIZE];
    const enum keep_refusal why = delivery_parse(&c->delivery, p->boot->files_size);
    if (why != REFUSED_NONE)
        return why;
    if (console_init(&c->console, c->delivery.flags) < 0 ||
        sha256(c->delivery.manifest, digest) < 0)
        return REFUSED_MEMORY;
    console_attach(&c->console, c->current);
    surround(p);
    report_to(&p->sink);
    if (workload_open(&p->workload, p->boot, &p->around) < 0)
        report_end(PORT_END_FAILED, 1);
    if (c->current == NULL)
        fail_to_load(p);
    keep_loaded(&c->state, &c->current->state, digest, c->delivery.owner_key, c->delivery.flags);
    owner_channel_ready(c);
    return c->current->refused;
}

/* To its host a connection that never became a session looks like one that did: only the
 * keep can tell that nobody needs it. */
static int await_workload(struct owner_channel *c)
{
    const uint64_t since = port_now(true);
    int error = 0;
    while (error == 0 && !c->delivered && !c->failed) {
        error = owner_channel_serve(c, KEEP_EMPTY_NS);
        if (c->current == NULL && c->looked - since >= KEEP_EMPTY_NS)
            c->failed = true;
    }
    return error;
}

no_return void provision(const struct boot_record *boot)
{
    struct provision *p = calloc(1, sizeof(*p));
    if (p == NULL)
        abort();
    p->boot = boot;
    struct owner_channel *c = &p->channel;
    int error = owner_channel_open(c, boot->files_size);
    if (error == 0)
        error = await_workload(c);
    if (error < 0 || c->failed)
        fail_to_load(p);
    const enum keep_refusal why = load(p);
    if (why != REFUSED_NONE) {
        owner_channel_refuse(c, why);
        fail_to_load(p);
    }
    const struct engine_result result = workload_run(&p->workload, boot);
    p->ran = true;
    workload_warn(&p->workload);
    report_end(result.trapped ? PORT_END_TRAP : PORT_END_DONE, result.status);
}
