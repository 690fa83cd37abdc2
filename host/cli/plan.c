/* SPDX-License-Identifier: Apache-2.0 */
/* Building the manifest; see plan.h. Trusts its parts to have been checked. */
#include "host/cli/plan.h"

#include "conf/manifest_check.h"
#include "crypto/digest.h"
#include "host/cli/message.h"
#include "host/cli/plan_secrets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM_NAME "main.wasm" /* argv[0]: the same wherever the file lies */

/* ---- arguments ---- */

static int make_args(const struct request *r, const struct config *c, struct manifest *m)
{
    size_t count = r->arg_count > 0 ? r->arg_count : c->arg_count;
    m->args = calloc(count + 1, sizeof(*m->args));
    if (m->args == NULL)
        return -ENOMEM;
    m->arg_count = count + 1;
    m->args[0] = bytes_of_text(PROGRAM_NAME);
    for (size_t i = 0; i < count; i++)
        m->args[i + 1] = r->arg_count > 0 ? bytes_of_text(r->args[i]) : c->args[i];
    return 0;
}

/* ---- environment ---- */

/* Sets a variable that may be there already. There is room: make_env counted. */
static void set_env(struct manifest *m, struct manifest_env env)
{
    size_t i = 0;
    while (i < m->env_count && !bytes_equal(m->env[i].name, env.name))
        i++;
    m->env[i] = env;
    m->env_count += i == m->env_count;
}

/* "stdin:stdout:web" */
static char *join_names(const struct config *c)
{
    size_t size = 1;
    for (size_t i = 0; i < c->stream_count; i++)
        size += c->streams[i].name.size + 1;
    char *text = malloc(size);
    if (text == NULL)
        return NULL;
    struct put p = put_init(text, size);
    for (size_t i = 0; i < c->stream_count; i++) {
        if (i > 0)
            put_u8(&p, ':');
        put_bytes(&p, c->streams[i].name);
    }
    put_u8(&p, '\0');
    return text;
}

/* What tells the program which descriptor is what. */
struct descriptors {
    char count[24];
    char *names;
};

static int make_env(const struct request *r, const struct config *c, const struct descriptors *d,
                    struct manifest *m)
{
    const struct manifest_env ours[] = {
        {.name = bytes_of_text("FD_COUNT"), .value = bytes_of_text(d->count)},
        {.name = bytes_of_text("FD_NAMES"), .value = bytes_of_text(d->names)},
    };
    m->env = calloc(c->env_count + ARRAY_COUNT(ours) + r->env_count, sizeof(*m->env));
    if (m->env == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < c->env_count; i++) {
        if (!plan_secrets_has_env(r, c->env[i].name))
            m->env[m->env_count++] = c->env[i];
    }
    for (size_t i = 0; i < ARRAY_COUNT(ours); i++)
        m->env[m->env_count++] = ours[i];
    for (size_t i = 0; i < r->env_count; i++)
        set_env(m, r->env[i]);
    return 0;
}

/* ---- all of it ---- */

static int encode(const struct manifest *m, struct plan *plan)
{
    int error = manifest_check(m);
    if (error < 0)
        return error;
    struct put p = put_counter();
    manifest_put(m, &p);
    if (p.size > MANIFEST_SIZE_MAX)
        return -E2BIG;
    size_t size = p.size;
    void *data = malloc(size);
    if (data == NULL)
        return -ENOMEM;
    p = put_init(data, size);
    manifest_put(m, &p);
    plan->manifest = (struct bytes){.data = data, .size = size};
    return sha256(plan->manifest, plan->workload_digest);
}

static int make(const struct request *r, const struct config *c, const struct descriptors *d,
                struct manifest *m, struct plan *plan)
{
    int error = make_args(r, c, m);
    if (error == 0)
        error = make_env(r, c, d, m);
    return error < 0 ? error : encode(m, plan);
}

static int describe(const struct request *r, const struct config *c, struct manifest *m,
                    struct plan *plan)
{
    struct descriptors d = {.names = join_names(c)};
    snprintf(d.count, sizeof(d.count), "%zu", c->stream_count);
    int error = d.names == NULL ? -ENOMEM : make(r, c, &d, m, plan);
    free(d.names);
    free(m->args);
    free(m->env);
    if (error == -E2BIG)
        return fail("the arguments and names of files are too long: more than %u MiB together",
                    MANIFEST_SIZE_MAX >> 20);
    return error < 0 ? fail("cannot describe the workload: %s", strerror(-error)) : 0;
}

int plan_make(const struct request *r, const struct config *c, const struct tree *t,
              struct bytes module, struct plan *plan)
{
    *plan = (struct plan){0};
    struct manifest m = {
        .module_size = module.size,
        .compiler = r->compiler,
        .memory_size = r->memory_size,
        .files_size = PLAN_FILES_SIZE_MAX,
        .streams = c->streams,
        .stream_count = c->stream_count,
        .cas = c->cas,
        .ca_count = c->ca_count,
        .policies = c->policies,
        .policy_count = c->policy_count,
        .cert_names = c->cert_names,
        .cert_name_count = c->cert_name_count,
        .steward = c->steward,
        .steward_ca = c->steward_ca,
        .dirs = t->dirs,
        .dir_count = t->dir_count,
        .files = t->files,
        .file_count = t->file_count,
    };
    struct plan_secrets secrets;
    int error = sha256(module, plan->module_digest);
    if (error < 0)
        return fail("cannot describe the workload: %s", strerror(-error));
    memcpy(m.module_digest, plan->module_digest, DIGEST_SIZE);
    int status = plan_secrets_add(r, &m, &secrets);
    if (status == 0)
        status = describe(r, c, &m, plan);
    if (status == 0)
        status = plan_secrets_values(r, &m, &plan->secrets);
    plan_secrets_fini(&secrets);
    return status;
}

void plan_fini(struct plan *plan)
{
    free((void *)plan->manifest.data);
    plan_secrets_forget(&plan->secrets);
    *plan = (struct plan){0};
}
