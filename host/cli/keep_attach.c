/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx keep attach` and `logs`: back to a program left running, which has to prove that it
 * is the one. Trusts what was remembered of it; of its host nothing. */
#define _GNU_SOURCE
#include "host/cli/cli.h"
#include "host/cli/message.h"
#include "host/cli/visit.h"
#include "host/cli/workload.h"
#include "host/deploy/owner_key.h"

#include <stdio.h>
#include <string.h>

struct attach {
    struct visit visit; /* first: sessions call back with it */
    struct keep_record record;
    struct owner_key key;
};

static int prepare(struct attach *a, const struct line *line)
{
    struct visit *v = &a->visit;
    const char *dir = line_value(line, OPTION_COLLATERAL);
    struct fault fault;
    if (keep_record_get(line->args[0], &a->record, &fault) < 0)
        return fail("%s", fault.text);
    int status = visit_begin(line, a->record.host, v);
    if (status == 0 && owner_key_open(&a->key, false, &fault) < 0)
        status = fail("%s", fault.text);
    if (status == 0)
        status = owner_policy_recall(&a->record, &v->policy);
    if (status == 0 && dir != NULL)
        status = source_read_collateral(dir, &v->endorsements);
    if (status == 0 && visit_take_collateral(v, a->record.collateral) < 0)
        status = fail("what is remembered of keep %s is damaged: its collateral", a->record.id);
    v->backend = backend_find(a->record.backend);
    v->program = a->record.program;
    snprintf(v->keep, sizeof(v->keep), "%s", a->record.id);
    return status;
}

static int run(struct attach *a, enum session_role role)
{
    struct session_plan plan = {
        .role = role,
        .terms = {.what = CHANNEL_ATTACH},
        .identity = &a->key.identity,
        .context = &a->visit,
    };
    memcpy(plan.terms.workload, a->record.workload, sizeof(plan.terms.workload));
    memcpy(plan.terms.keep, a->record.key, sizeof(plan.terms.keep));
    visit_hold_signals();
    if (role == SESSION_ATTACHES)
        workload_check_stdout(a->visit.level);
    const int status = visit_run(&a->visit, &plan);
    const struct session_outcome *o = &a->visit.outcome;
    if (o->stop)
        visit_stop(&a->visit);
    if (o->stop || o->ending == SESSION_EXIT || o->ending == SESSION_TRAP)
        keep_record_drop(a->record.id);
    return status;
}

static int attach(const struct line *line, enum session_role role)
{
    struct attach a = {.visit = {.line = line}};
    int status = prepare(&a, line);
    if (status == 0)
        status = run(&a, role);
    visit_fini(&a.visit);
    owner_key_close(&a.key);
    keep_record_fini(&a.record);
    return status;
}

int keep_attach_command(const struct line *line) { return attach(line, SESSION_ATTACHES); }

int keep_logs_command(const struct line *line)
{
    return attach(line, line_has(line, OPTION_FOLLOW) ? SESSION_WATCHES : SESSION_READS);
}
