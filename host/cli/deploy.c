/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx deploy`: has a keep on another machine prove itself, and only then sends it what
 * is to run there. Trusts the user and the user's policy; nothing of that machine. */
#define _GNU_SOURCE
#include "host/cli/cli.h"
#include "host/cli/message.h"
#include "host/cli/visit.h"
#include "host/cli/workload.h"
#include "host/deploy/owner_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct deploy {
    struct visit visit; /* first: what sessions call back with is both */
    struct request request;
    struct workload workload;
    struct owner_key key; /* of a detached workload */
    bool detach;
    bool recorded;
};

/* ---- what is asked for ---- */

static int check_detach(const struct deploy *d)
{
    const struct line *line = d->visit.line;
    if (d->detach && line_has(line, OPTION_TIMEOUT))
        return misuse("--detach and --timeout exclude each other: nobody is here to count; "
                      "'enarx keep stop' ends a program left running");
    if (d->detach && line_has(line, OPTION_DIR_OUT))
        return misuse("--detach and --dir-out exclude each other: nobody is here to take folders");
    return 0;
}

/* A policy may name the one workload that it is for. */
static int check_workload(struct deploy *d)
{
    const struct bytes wanted = d->visit.policy.file.policy.workload;
    const uint8_t *digest = d->workload.plan.workload_digest;
    if (wanted.size == 0 || bytes_equal(wanted, (struct bytes){digest, DIGEST_SIZE}))
        return 0;
    deploy_tell_unfit(&d->visit.tell, "this is not the workload that the policy names");
    return STATUS_REFUSED;
}

static int prepare(struct deploy *d)
{
    struct visit *v = &d->visit;
    const char *dir = line_value(v->line, OPTION_COLLATERAL);
    struct fault fault;
    int status = check_detach(d);
    if (status == 0)
        status = owner_policy_read(v->line, &v->policy);
    if (status == 0 && dir != NULL)
        status = source_read_collateral(dir, &v->endorsements);
    if (status == 0)
        status = workload_read(&d->request, v->level, &d->workload);
    if (status == 0)
        status = check_workload(d);
    if (status == 0)
        status = workload_open_output(&d->workload);
    if (status == 0 && d->detach && owner_key_open(&d->key, true, &fault) < 0)
        status = fail("%s", fault.text);
    return status;
}

/* ---- the backend ---- */

static int refuse_unfit(struct deploy *d, const struct fault *fault)
{
    deploy_tell_unfit(&d->visit.tell, fault->text);
    return STATUS_REFUSED;
}

static bool offered(const json_t *platform, const char *name)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(platform, "backends"), i, row)
    {
        const char *found = json_string_value(json_object_get(row, "name"));
        if (found != NULL && strcmp(found, name) == 0)
            return json_is_true(json_object_get(row, "available"));
    }
    return false;
}

/* How far a backend is from what everybody wants. */
static int rank(const struct backend *b)
{
    if (b->technology == TECHNOLOGY_NONE)
        return 2;
    return b->collateral != NULL ? 1 : 0;
}

/* The best that the host has and the policy may take; `why` says what was passed over. */
static const struct backend *choose(const struct deploy *d, const json_t *platform,
                                    struct fault *why)
{
    const struct backend *best = NULL;
    fault_set(why, 0, "%s has no keep that may be used", d->visit.remote.authority);
    for (size_t i = 0; i < backend_count; i++) {
        const struct backend *b = backends[i];
        const char *against = owner_policy_against(&d->visit.policy, b);
        if (!offered(platform, b->name))
            continue;
        const struct fault before = *why;
        if (against != NULL)
            fault_set(why, 0, "%s; %s: %s", before.text, b->name, against);
        else if (best == NULL || rank(b) < rank(best))
            best = b;
    }
    return best;
}

static int choose_backend(struct deploy *d)
{
    struct visit *v = &d->visit;
    struct fault fault;
    json_t *platform;
    if (d->request.backend != NULL) {
        v->backend = backend_find(d->request.backend);
        const char *against = owner_policy_against(&v->policy, v->backend);
        if (against == NULL)
            return 0;
        fault_set(&fault, 0, "backend %s is refused: %s", v->backend->name, against);
        return refuse_unfit(d, &fault);
    }
    if (remote_ask(&v->remote, "GET", "/v1/platform", NULL, &platform, &fault) < 0)
        return visit_fail(v, &fault);
    v->backend = choose(d, platform, &fault);
    json_decref(platform);
    return v->backend != NULL ? 0 : refuse_unfit(d, &fault);
}

/* What a keep protects that has to prove itself nothing protects on the way there. */
static int check_unencrypted(struct deploy *d)
{
    if (!d->visit.backend->confidential)
        return 0;
    const int status = config_check_unencrypted(d->request.config, &d->workload.config.config);
    if (status != 0)
        deploy_tell_failed(&d->visit.tell, NULL, status); /* it has been said */
    return status;
}

/* ---- the keep ---- */

static int check_keep(struct visit *v, const json_t *keep, struct fault *fault)
{
    const char *backend = json_string_value(json_object_get(keep, "backend"));
    if (backend == NULL || strcmp(backend, v->backend->name) != 0)
        return fault_set(fault, -EBADMSG, "%s made another kind of keep than was asked for: %s",
                         v->remote.authority, backend == NULL ? "it does not say which" : backend);
    const int error = visit_take_collateral(v, json_object_get(keep, "collateral"));
    return error < 0 ? fault_system(fault, error, "the collateral of %s", v->remote.authority) : 0;
}

static int take_keep(struct visit *v, const json_t *keep)
{
    const char *id = remote_keep_id(keep);
    struct fault fault;
    if (id == NULL) {
        fault_set(&fault, -EBADMSG, "what answers at %s is no agent of enarx", v->remote.authority);
        return visit_fail(v, &fault);
    }
    snprintf(v->keep, sizeof(v->keep), "%s", id);
    if (check_keep(v, keep, &fault) == 0)
        return 0;
    visit_stop(v);
    return visit_fail(v, &fault);
}

static int make_keep(struct deploy *d)
{
    struct visit *v = &d->visit;
    struct fault fault;
    json_t *keep = NULL;
    json_t *body =
        json_pack("{s:s, s:b}", "backend", v->backend->name, "attached", (int)!d->detach);
    int status = body == NULL ? fail("out of memory") : 0;
    if (status == 0 && remote_ask(&v->remote, "POST", "/v1/keeps", body, &keep, &fault) < 0)
        status = visit_fail(v, &fault);
    json_decref(body);
    if (status == 0)
        status = take_keep(v, keep);
    json_decref(keep);
    return status;
}

/* What it gives up is said once, and can be left out with --quiet. */
static void remark(const struct deploy *d)
{
    const struct visit *v = &d->visit;
    if (v->backend->technology == TECHNOLOGY_NONE)
        note(v->level, "backend %s proves nothing: %s could read and alter all that is sent there",
             v->backend->name, v->remote.authority);
    else if (v->backend->collateral != NULL)
        note(v->level, "backend %s is a simulation: %s could read and alter all that is sent there",
             v->backend->name, v->remote.authority);
    else
        config_warn_unencrypted(&d->workload.config.config, v->level);
    if (!d->detach)
        workload_check_stdout(v->level);
}

/* ---- the session ---- */

static struct package_parts parts_of(const struct deploy *d)
{
    const struct workload *w = &d->workload;
    struct package_parts parts = {
        .manifest = w->plan.manifest,
        .module = w->module,
        .files = w->tree.contents,
        .file_count = w->tree.file_count,
        .secrets = w->plan.secrets,
        .flags = d->detach ? CHANNEL_DETACHED : workload_terminals() * CHANNEL_TERMINAL_STDIN,
    };
    if (d->detach)
        parts.owner_key = (struct bytes){d->key.public, sizeof(d->key.public)};
    return parts;
}
_Static_assert(CHANNEL_TERMINAL_STDIN << 1 == CHANNEL_TERMINAL_STDOUT &&
                   CHANNEL_TERMINAL_STDIN << 2 == CHANNEL_TERMINAL_STDERR,
               "flags of terminals are in the order of the descriptors");

/* Before anything goes out: a keep that nobody can get back to is worse than none. */
static int record(struct deploy *d)
{
    const struct visit *v = &d->visit;
    struct fault fault;
    json_t *collateral = v->backend->collateral == NULL ? NULL : visit_collateral(v);
    struct keep_record r = {
        .id = v->keep,
        .host = v->remote.authority,
        .backend = v->backend->name,
        .program = d->request.module,
        .policy = (const char *)v->policy.text.data,
        .simulated_root = v->policy.root.size > 0 ? (const char *)v->policy.root.data : NULL,
        .insecure = v->policy.insecure,
        .collateral = collateral,
    };
    memcpy(r.workload, d->workload.plan.workload_digest, sizeof(r.workload));
    memcpy(r.key, v->outcome.keep, sizeof(r.key));
    d->recorded = keep_record_put(&r, &fault) == 0;
    json_decref(collateral);
    return d->recorded ? 0 : fail("%s", fault.text);
}

static int package(void *context, struct session_workload *out)
{
    struct deploy *d = context;
    struct package sizes;
    out->parts = parts_of(d);
    memcpy(out->digest, d->workload.plan.workload_digest, sizeof(out->digest));
    if (package_init(&sizes, &out->parts) < 0)
        return fail("the workload is too large: with all its files at most %llu GiB",
                    CHANNEL_WORKLOAD_MAX >> 30);
    int status = d->detach ? record(d) : 0;
    if (status != 0)
        return status;
    deploy_tell_packaged(&d->visit.tell, out->digest, sizes.size);
    d->visit.sent = true;
    return 0;
}

static int take_files(void *context, struct bytes part)
{
    struct deploy *d = context;
    return workload_take_output(&d->workload, part) < 0 ? fail("%s", d->workload.output_fault.text)
                                                        : 0;
}

/* Only a keep that ended by itself has sent all of its folders. */
static int finish_output(struct deploy *d, int status)
{
    const enum session_ending ending = d->visit.outcome.ending;
    if (d->workload.output == NULL || !d->visit.outcome.running)
        return status;
    if (ending != SESSION_EXIT && ending != SESSION_TRAP) {
        warn(d->visit.level,
             "--dir-out: not all was copied out, since the program was ended early");
        return status;
    }
    const int finished = workload_finish_output(&d->workload, d->visit.level);
    return finished != 0 ? finished : status;
}

static bool ended_by_itself(enum session_ending ending)
{
    return ending == SESSION_EXIT || ending == SESSION_TRAP;
}

static int print_keep(const struct deploy *d)
{
    printf("%s\n", d->visit.keep);
    return stdout_finish();
}

static int run_session(struct deploy *d)
{
    struct session_plan plan = {
        .role = d->detach ? SESSION_DETACHES : SESSION_DEPLOYS,
        .terms = {.what = CHANNEL_DEPLOY, .files = d->workload.output != NULL},
        .timeout_ms = d->request.timeout_ms,
        .package = package,
        .files = take_files,
        .context = d,
    };
    int status = visit_run(&d->visit, &plan);
    const enum session_ending ending = d->visit.outcome.ending;
    if (ending == SESSION_LEFT)
        return print_keep(d);
    if (ending == SESSION_TIMEOUT)
        fail("%s was ended after %s; --timeout sets the limit", d->request.module,
             d->request.timeout);
    if (!ended_by_itself(ending))
        visit_stop(&d->visit);
    if (d->recorded)
        keep_record_drop(d->visit.keep);
    return finish_output(d, status);
}

/* ---- the whole ---- */

static int deploy(struct deploy *d)
{
    int status = prepare(d);
    if (status != 0 && status != STATUS_REFUSED)
        deploy_tell_failed(&d->visit.tell, NULL, status); /* it has been said */
    visit_hold_signals();
    if (status == 0)
        status = choose_backend(d);
    if (status == 0)
        status = check_unencrypted(d);
    if (status == 0)
        status = make_keep(d);
    if (status == 0) {
        remark(d);
        status = run_session(d);
    }
    return status;
}

int deploy_command(const struct line *line)
{
    struct deploy d = {.detach = line_has(line, OPTION_DETACH)};
    int status = request_read(line, &d.request);
    if (status == 0)
        status = visit_begin(line, NULL, &d.visit);
    d.visit.program = d.request.module;
    if (status == 0)
        status = deploy(&d);
    owner_key_close(&d.key);
    workload_fini(&d.workload);
    visit_fini(&d.visit);
    request_fini(&d.request);
    return status;
}
