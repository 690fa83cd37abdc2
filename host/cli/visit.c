/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of commands; see visit.h. Trusts the user; of the host nothing. */
#define _GNU_SOURCE
#include "host/cli/visit.h"

#include "base/base64.h"
#include "host/cli/attest_fetch.h"
#include "host/cli/message.h"
#include "host/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define UNPROVEN_MAX 16u /* lines shown of what nobody vouches for */

/* ---- begin and end ---- */

static enum port_level level_of(const struct line *line)
{
    const enum port_level level = message_level(getenv("ENARX_LOG"), line_has(line, OPTION_QUIET));
    return line_has(line, OPTION_VERBOSE) ? PORT_LOG_DEBUG : level;
}

static void change_signals(int how)
{
    const sigset_t signals = signals_of_user();
    sigprocmask(how, &signals, NULL);
}

int visit_begin(const struct line *line, const char *known, struct visit *v)
{
    struct fault fault;
    *v = (struct visit){.line = line, .level = level_of(line)};
    deploy_tell_init(&v->tell, line_has(line, OPTION_JSON), v->level);
    int status = host_login_read(line, known, v->level, &v->login);
    if (status == 0 && remote_open(&v->remote, v->login.authority, &v->login.http, &fault) < 0)
        status = visit_fail(v, &fault);
    return status;
}

void visit_hold_signals(void) { change_signals(SIG_BLOCK); }

void visit_fini(struct visit *v)
{
    remote_close(&v->remote);
    source_fini(&v->endorsements);
    owner_policy_fini(&v->policy);
    host_login_fini(&v->login);
}

static int end_exit(struct visit *v, const char *ending, int status)
{
    deploy_tell_exit(&v->tell, ending, status);
    return status;
}

/* What was cancelled has failed, too; the signal is what counts. */
int visit_fail(struct visit *v, const struct fault *fault)
{
    const int number = signals_take();
    if (number > 0)
        return end_exit(v, "signal", STATUS_SIGNAL + number);
    deploy_tell_failed(&v->tell, fault->text, STATUS_FAILED);
    return STATUS_FAILED;
}

void visit_stop(struct visit *v)
{
    struct fault fault;
    json_t *keep = NULL;
    if (v->keep[0] == '\0')
        return;
    if (remote_ask_keep(&v->remote, "DELETE", v->keep, &keep, &fault) < 0)
        debug(v->level, "cannot stop keep %s: %s", v->keep, fault.text);
    json_decref(keep);
}

/* ---- collateral ---- */

static int add_base64(struct visit *v, const char *name, const char *text)
{
    const size_t size = text == NULL ? 0 : strlen(text);
    uint8_t *data = malloc(size + 1);
    if (data == NULL)
        return -ENOMEM;
    struct put out = put_init(data, size);
    struct cur c = cur_init((struct bytes){(const uint8_t *)text, size});
    base64_take(&c, &out);
    int error = text != NULL && cur_ok(&c) ? 0 : -EBADMSG;
    if (error == 0)
        error = source_add_collateral(&v->endorsements, name, put_done(&out));
    free(data);
    return error;
}

int visit_take_collateral(struct visit *v, const json_t *files)
{
    const char *name;
    json_t *value;
    int error = files == NULL || json_is_object(files) ? 0 : -EBADMSG;
    json_object_foreach((json_t *)files, name, value)
    {
        if (error == 0)
            error = add_base64(v, name, json_string_value(value));
    }
    return error;
}

static int put_base64(void *context, const char *name, struct bytes content)
{
    const size_t size = (content.size + 2) / 3 * 4;
    char *text = malloc(size + 1);
    if (text == NULL)
        return -ENOMEM;
    struct put out = put_init(text, size);
    base64_put(&out, content);
    const int error = json_object_set_new(context, name, json_stringn(text, size));
    free(text);
    return error < 0 ? -ENOMEM : 0;
}

json_t *visit_collateral(const struct visit *v)
{
    json_t *files = json_object();
    if (files != NULL && source_each_collateral(&v->endorsements, put_base64, files) < 0) {
        json_decref(files);
        return NULL;
    }
    return files;
}

/* ---- what the session asks ---- */

static struct deploy_subject subject(const struct visit *v)
{
    return (struct deploy_subject){
        .host = v->remote.authority,
        .keep = v->keep,
        .backend = v->backend == NULL ? NULL : v->backend->name,
        .program = v->program,
    };
}

/* A manufacturer may take its time, while only the keep waits: a signal just ends us, and
 * the keep with its session. */
static int fetch(struct visit *v)
{
    struct claims claims;
    const struct fetch_sink sink = {
        .put = source_add_collateral, .context = &v->endorsements, .where = "memory"};
    int status = source_claims(&v->endorsements, &claims);
    if (status != 0)
        return status;
    change_signals(SIG_UNBLOCK);
    status = attest_fetch(v->line, &claims, &sink);
    change_signals(SIG_BLOCK);
    return status;
}

static int endorse(void *context, struct bytes evidence, struct attest_input *with)
{
    struct visit *v = context;
    struct attest_source *s = &v->endorsements;
    const bool simulated = v->backend != NULL && v->backend->collateral != NULL;
    s->evidence = evidence;
    s->kind = attest_kind(evidence);
    int status = 0;
    if ((KINDS_SIGNED & 1u << s->kind) != 0 && !simulated && !source_has_collateral(s, s->kind))
        status = fetch(v);
    *with = source_input(s);
    return status;
}

static void appraised(void *context, enum owner_fault fault, bool ready,
                      const struct attest_result *result)
{
    struct visit *v = context;
    const struct deploy_subject s = subject(v);
    if (owner_fault_is_refusal(fault))
        deploy_tell_refused(&v->tell, &s, fault, result, v->sent);
    else if (fault == OWNER_FAULT_NONE && (!ready || !v->sent))
        deploy_tell_attested(&v->tell, &s, result);
    if (fault == OWNER_FAULT_NONE && ready && v->sent)
        deploy_tell_provisioned(&v->tell, &s);
}

static void progress(void *context, uint64_t sent, uint64_t size)
{
    struct visit *v = context;
    deploy_tell_progress(&v->tell, sent, size);
}

/* Before evidence was accepted anybody may be speaking, and is not heard for long. */
static void say(void *context, uint32_t level, struct bytes text, bool proven)
{
    struct visit *v = context;
    if (proven)
        relay(v->level, level, v->program, text);
    else if (v->unproven++ < UNPROVEN_MAX)
        relay(v->level, level, "whoever answers for the keep says", text);
}

static void lost(void *context, uint64_t size)
{
    const struct visit *v = context;
    if (size > 0)
        warn(v->level, "%llu bytes of output are lost: nobody was attached, and a keep holds %u",
             (unsigned long long)size, CHANNEL_RING);
}

/* ---- what came of it ---- */

/* A session that was cut says little: the host may know more, or say so. */
static void ask_why(struct visit *v)
{
    struct fault fault;
    json_t *keep = NULL;
    if (remote_ask_keep(&v->remote, "GET", v->keep, &keep, &fault) < 0) {
        debug(v->level, "%s", fault.text);
        return;
    }
    const char *failure = json_string_value(json_object_get(keep, "failure"));
    if (failure != NULL)
        fail("%s says of keep %s: %s", v->remote.authority, v->keep, failure);
    const json_t *log = json_object_get(keep, "log");
    for (size_t i = 0; i < json_array_size(log) && i < UNPROVEN_MAX; i++) {
        const char *line = json_string_value(json_array_get(log, i));
        if (line != NULL)
            fail("%s says of keep %s: %s", v->remote.authority, v->keep, line);
    }
    json_decref(keep);
}

static int end_broken(struct visit *v)
{
    const struct session_outcome *o = &v->outcome;
    struct fault fault;
    if (o->why.text[0] != '\0')
        fault_set(&fault, -EIO, "keep %s on %s: %s: %s", v->keep, v->remote.authority, o->why.text,
                  owner_fault_text(o->fault));
    else
        fault_set(&fault, -EIO, "keep %s on %s: %s", v->keep, v->remote.authority,
                  owner_fault_text(o->fault));
    int status = visit_fail(v, &fault);
    if (o->fault == OWNER_FAULT_CUT)
        ask_why(v);
    return status;
}

/* Other than for a reader that has had enough. */
static bool lost_output(const struct session_outcome *o)
{
    return o->output_error < 0 && o->output_error != -EPIPE && o->output_error != -EBADF;
}

static int conclude(struct visit *v)
{
    const struct session_outcome *o = &v->outcome;
    switch (o->ending) {
    case SESSION_EXIT:
        return end_exit(v, "exit", o->code == 0 && lost_output(o) ? STATUS_FAILED : o->code);
    case SESSION_TRAP:
        return end_exit(v, "trap", STATUS_TRAP);
    case SESSION_FAILED:
        return end_exit(v, "failed", STATUS_FAILED); /* the keep has said why */
    case SESSION_REFUSED:
        return STATUS_REFUSED;
    case SESSION_BROKEN:
        return end_broken(v);
    case SESSION_ABORTED:
        deploy_tell_failed(&v->tell, NULL, o->code);
        return o->code;
    case SESSION_SIGNAL:
        return end_exit(v, "signal", STATUS_SIGNAL + o->code);
    case SESSION_TIMEOUT:
        return end_exit(v, "timeout", STATUS_TIMEOUT);
    case SESSION_LEFT:
        return end_exit(v, "left", 0);
    }
    return STATUS_FAILED;
}

int visit_run(struct visit *v, struct session_plan *plan)
{
    struct fault fault;
    struct upgrade *wire;
    v->outcome.ending = SESSION_BROKEN;
    int error = remote_channel(&v->remote, v->keep, &wire, &fault);
    if (error < 0)
        return visit_fail(v, &fault);
    plan->terms.policy = v->policy.policy;
    /* of a kind that could prove itself, and does not, nobody allowed anything */
    plan->terms.insecure =
        v->policy.insecure && v->backend != NULL && v->backend->technology == TECHNOLOGY_NONE;
    plan->endorse = endorse;
    plan->appraised = appraised;
    plan->progress = progress;
    plan->log = say;
    plan->lost = lost;
    session_run(wire, plan, &v->outcome);
    upgrade_close(wire);
    if (lost_output(&v->outcome))
        fail("cannot write to standard output: %s", strerror(-v->outcome.output_error));
    return conclude(v);
}
