/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx run`: makes a keep of what the user asked for, waits for its end, and
 * tells how it ended. */
#define _GNU_SOURCE
#include "base/hex.h"
#include "conf/manifest_check.h"
#include "host/backend.h"
#include "host/cli/cli.h"
#include "host/cli/enclave.h"
#include "host/cli/json.h"
#include "host/cli/message.h"
#include "host/cli/progress.h"
#include "host/cli/request.h"
#include "host/cli/workload.h"
#include "host/clock.h"
#include "host/code_cache.h"
#include "host/endpoint.h"
#include "host/keep.h"
#include "host/peer_collateral.h"
#include "host/signals.h"
#include "host/usher.h"
#include "net/steward_client.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that one run holds, from the command line to its end. */
struct run {
    struct request request;
    enum port_level level;
    const struct backend *backend;
    struct sgx_sigstruct sigstruct; /* where the backend's technology has one */
    struct workload workload;
    struct bytes collateral;
    struct endpoint *endpoints; /* null: not open */
    struct ushers *ushers;      /* for a steward; null: none is asked. Never freed: theirs */
    struct code_cache cache;
    bool cached;
    struct outcome outcome;
    uint64_t started_us;
    uint64_t duration_ms;
};

/* ---- before the keep ---- */

static int choose_backend(struct run *r)
{
    const char *name = r->request.backend;
    char why[512] = "asked for";
    r->backend = name != NULL ? backend_find(name) : backend_select(why, sizeof(why));
    if (r->backend == NULL)
        return fail("no keep can run here: %s; see 'enarx platform info'", why);
    struct probe failed;
    if (name != NULL && !backend_probe(r->backend, &failed))
        return fail("backend %s does not work here: %s: %s; see 'enarx platform info'", name,
                    failed.what, failed.why);
    debug(r->level, "backend %s: %s", r->backend->name, why);
    return 0;
}

static int open_endpoints(struct run *r)
{
    const struct config *c = &r->workload.config.config;
    struct fault fault;
    struct endpoint *endpoints = calloc(c->stream_count + 1, sizeof(*endpoints));
    if (endpoints == NULL)
        return fail("out of memory");
    int error = endpoints_open(c->streams, c->stream_count, endpoints, &fault);
    if (error == 0) {
        r->endpoints = endpoints;
        return 0;
    }
    free(endpoints);
    return fail("%s", fault.text);
}

/* The keep says what it makes of an error, and the steward why it came to it. */
static int ask_steward(const char *url, const char *at, struct bytes request, struct put *said,
                       struct fault *why)
{
    const int error = steward_client_carry(url, at, request, said, why);
    if (error < 0)
        fail("%s", why->text);
    return error;
}

/* Whom the program's own configuration names may be asked. */
static int make_ushers(struct run *r)
{
    if (r->workload.config.config.steward.size == 0)
        return 0;
    r->ushers = calloc(1, sizeof(*r->ushers));
    if (r->ushers == NULL)
        return fail("out of memory");
    *r->ushers = (struct ushers){.carry = ask_steward, .told_fd = -1, .living_max = 1};
    return 0;
}

/* A run without the cache only takes longer. */
static void open_cache(struct run *r)
{
    struct fault fault;
    const struct code_cache_subject subject = {
        .module_digest = r->workload.plan.module_digest,
        .exec_identity = exec_identity,
        .compiler = r->request.compiler,
        .backend = r->backend->name,
    };
    int error = code_cache_open(&subject, &r->cache, &fault);
    r->cached = error == 0;
    if (error < 0)
        debug(r->level, "no cache of compiled code: %s", fault.text);
}

static int sign(struct run *r)
{
    const struct request *q = &r->request;
    if (r->backend->technology != TECHNOLOGY_SGX)
        return 0;
    return enclave_sign(q->signatures, q->own_signature, r->level, &r->sigstruct);
}

/* For a keep that verifies others. */
static int make_collateral(struct run *r)
{
    const struct backend *maker = peer_collateral_maker(r->backend, backends, backend_count);
    struct fault fault;
    if (r->workload.config.config.policy_count == 0 || maker == NULL)
        return 0;
    return peer_collateral_make(maker, &r->collateral, &fault) < 0 ? fail("%s", fault.text) : 0;
}

static int prepare(struct run *r)
{
    int status = choose_backend(r);
    if (status == 0)
        status = workload_read(&r->request, r->level, &r->workload);
    if (status == 0)
        status = sign(r);
    if (status == 0)
        status = workload_open_output(&r->workload);
    if (status == 0)
        status = make_collateral(r);
    if (status == 0)
        status = open_endpoints(r);
    if (status == 0)
        status = make_ushers(r);
    if (status == 0)
        open_cache(r);
    return status;
}

/* ---- the keep ---- */

static uint32_t count_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

static void remark(const struct run *r)
{
    if (!r->backend->confidential)
        note(r->level, "backend %s: the workload is not confidential, this host could read it",
             r->backend->name);
    else
        config_warn_unencrypted(&r->workload.config.config, r->level);
    workload_check_stdout(r->level);
}

static struct keep describe_keep(struct run *r)
{
    const struct config *c = &r->workload.config.config;
    return (struct keep){
        .boot =
            {
                .magic = BOOT_MAGIC,
                .version = PORT_VERSION,
                .mode = BOOT_LOCAL,
                .cpus = count_cpus(),
                .memory_size = r->request.memory_size,
                .files_size = PLAN_FILES_SIZE_MAX,
                .terminals = workload_terminals(),
            },
        .manifest = r->workload.plan.manifest,
        .module = r->workload.module,
        .files = r->workload.tree.contents,
        .file_count = r->workload.tree.file_count,
        .endpoints = r->endpoints,
        .endpoint_count = c->stream_count,
        .code = r->cache.entry,
        .cache_key = r->cached ? r->cache.key : NULL,
        .code_fd = r->cached ? r->cache.fresh.fd : -1,
        .code_size_max = CODE_CACHE_ENTRY_MAX,
        .ushers = r->ushers,
        .certified = manifest_count_tls(c->streams, c->stream_count) > 0,
        .collateral = r->collateral,
        .signature = {.data = (const uint8_t *)&r->sigstruct, .size = sizeof(r->sigstruct)},
        .timeout_ms = r->request.timeout_ms,
        .started_us = r->started_us,
        .label = r->request.module,
        .log_level = r->level,
        .output = r->workload.output != NULL ? workload_take_output : NULL,
        .output_context = &r->workload,
    };
}

static int execute(struct run *r)
{
    struct keep keep = describe_keep(r);
    remark(r);
    struct progress p = {0};
    if (r->cached && r->cache.entry.size == 0)
        progress_begin(&p, r->level, "compiling the program", r->cache.fresh.fd);
    uint64_t start = clock_ms();
    int error = keep_run(r->backend, &keep, &r->outcome);
    r->duration_ms = clock_ms() - start;
    progress_end(&p);
    if (error == 0)
        return 0;
    r->outcome.ending = ENDED_FAILED;
    if (r->workload.output_fault.text[0] != '\0')
        return fail("%s", r->workload.output_fault.text);
    if (error == -ENOENT)
        return fail("cannot open /proc/self/exe, from which a keep is loaded; mount /proc here");
    return fail("cannot run the keep: %s", strerror(-error));
}

/* ---- after the keep ---- */

/* Only a keep that ended by itself has sent all of its folders. */
static int finish_output(struct run *r)
{
    if (r->workload.output == NULL || r->outcome.ending == ENDED_FAILED)
        return 0;
    if (r->outcome.ending == ENDED_SIGNAL || r->outcome.ending == ENDED_TIMEOUT) {
        warn(r->level, "--dir-out: not all was copied out, since the program was ended early");
        return 0;
    }
    int status = workload_finish_output(&r->workload, r->level);
    if (status != 0)
        r->outcome.ending = ENDED_FAILED;
    return status;
}

static void finish_cache(struct run *r)
{
    bool complete = r->outcome.ending == ENDED_EXIT || r->outcome.ending == ENDED_TRAP;
    if (!r->cached || !complete)
        return;
    int error = code_cache_commit(&r->cache, CODE_CACHE_SIZE_MAX);
    if (error < 0)
        debug(r->level, "cannot keep the compiled code: %s", strerror(-error));
}

static int tell_signal(int number)
{
    if (!signals_has(number))
        fail("the keep was ended by signal %d (%s)", number, strsignal(number));
    return STATUS_SIGNAL + number;
}

static void tell_counters(const struct run *r)
{
    const struct counters *c = &r->outcome.counters;
    char line[1024] = "counted";
#define TEXT(name, text) text,
    static const char *const texts[] = {COUNTERS(TEXT)};
#undef TEXT
    for (uint32_t i = c->first; i < c->first + c->known; i++) {
        const size_t length = strlen(line);
        snprintf(line + length, sizeof(line) - length, "%s %" PRIu64 " %s",
                 i == c->first ? ":" : ",", c->value[i], texts[i]);
    }
    if (c->known > 0)
        debug(r->request.stats ? PORT_LOG_DEBUG : r->level, "%s", line);
    else if (r->request.stats)
        debug(PORT_LOG_DEBUG, "nothing is counted on %s", r->backend->name);
}

static int conclude(struct run *r)
{
    tell_counters(r);
    int status = finish_output(r);
    finish_cache(r);
    if (status != 0)
        return status;
    switch (r->outcome.ending) {
    case ENDED_EXIT:
        return r->outcome.code;
    case ENDED_TRAP:
        return STATUS_TRAP;
    case ENDED_SIGNAL:
        return tell_signal(r->outcome.code);
    case ENDED_TIMEOUT:
        fail("%s was ended after %s; --timeout sets the limit", r->request.module,
             r->request.timeout);
        return STATUS_TIMEOUT;
    default:
        return STATUS_FAILED; /* the keep has said why */
    }
}

/* ---- telling programs ---- */

static json_t *digest_or_null(const struct run *r, const uint8_t digest[static DIGEST_SIZE])
{
    char text[2 * DIGEST_SIZE + 1];
    if (r->workload.plan.manifest.size == 0)
        return json_null();
    hex_put((struct bytes){.data = digest, .size = DIGEST_SIZE}, text);
    return json_string(text);
}

static json_t *counters_or_null(const struct counters *c)
{
    json_t *told = c->known == 0 ? NULL : json_object();
#define NAME(name, text) #name,
    static const char *const names[] = {COUNTERS(NAME)};
#undef NAME
    for (uint32_t i = c->first; told != NULL && i < c->first + c->known; i++)
        (void)!json_object_set_new(told, names[i], json_integer((json_int_t)c->value[i]));
    return told;
}

/* Where it does not get out, the exit status still tells. */
static void tell_json(const struct run *r, int status)
{
    static const char *const names[] = {
        [ENDED_EXIT] = "exit",     [ENDED_TRAP] = "trap",       [ENDED_FAILED] = "failed",
        [ENDED_SIGNAL] = "signal", [ENDED_TIMEOUT] = "timeout",
    };
    json_t *told = json_pack(
        "{s:s, s:i, s:s?, s:o, s:o, s:I, s:o*}", "ending", names[r->outcome.ending], "status",
        status, "backend", r->backend != NULL ? r->backend->name : NULL, "module_digest",
        digest_or_null(r, r->workload.plan.module_digest), "workload_digest",
        digest_or_null(r, r->workload.plan.workload_digest), "duration_ms",
        (json_int_t)r->duration_ms, "counters", counters_or_null(&r->outcome.counters));
    if (json_put(told, stderr) != 0)
        clearerr(stderr);
    json_decref(told);
}

static void run_fini(struct run *r)
{
    if (r->cached)
        code_cache_close(&r->cache);
    if (r->endpoints != NULL)
        endpoints_close(r->endpoints, r->workload.config.config.stream_count);
    free(r->endpoints);
    free((void *)r->collateral.data);
    workload_fini(&r->workload);
    request_fini(&r->request);
}

int run_command(const struct line *line)
{
    struct run r = {.outcome.ending = ENDED_FAILED, .started_us = clock_us()};
    int status = request_read(line, &r.request);
    r.level = message_level(getenv("ENARX_LOG"), r.request.quiet);
    if (status == 0)
        status = prepare(&r);
    if (status == 0)
        status = execute(&r);
    if (status == 0)
        status = conclude(&r);
    if (r.request.json)
        tell_json(&r, status);
    run_fini(&r);
    if (r.ushers != NULL)
        ushers_leave(r.ushers, status);
    return status;
}
