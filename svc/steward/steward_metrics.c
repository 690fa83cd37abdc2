/* SPDX-License-Identifier: Apache-2.0 */
/* What the steward counts, in the text format of Prometheus [Prometheus 0.0.4]. */
#include "svc/steward/steward_parts.h"

#include <inttypes.h>
#include <stdio.h>

static const struct number {
    const char *name, *type, *help;
} numbers[] = {
    {"certificates_issued_total", "counter", "Certificates issued."},
    {"nonces_total", "counter", "Nonces given out."},
    {"applications_limited_total", "counter", "Applications put off by --rate."},
    {"applications_unrecorded_total", "counter",
     "Applications put off while the audit log took no more."},
    {"ready", "gauge", "Whether it is ready."},
    {"authority_expires_seconds", "gauge", "When the authority's certificate ends, since 1970."},
    {"collateral_files", "gauge", "Files of collateral."},
    {"collateral_reloads_total", "counter", "Times that collateral was read again."},
    {"collateral_next_update_seconds", "gauge",
     "When the first of the collateral expires, since 1970; 0: none does."},
    {"collateral_alarm", "gauge", "Whether that is less than 72 hours away."},
    {"connections", "gauge", "Connections that are open."},
    {"connections_total", "counter", "Connections that were accepted."},
    {"connections_refused_total", "counter", "Connections of who had too many."},
    {"connections_late_total", "counter", "Connections that took too long."},
};

static void put_numbers(FILE *out, const struct steward *s, int64_t now)
{
    const struct server_numbers server = server_numbers(s->server);
    const int64_t next = store_next_update(s->store);
    const uint64_t values[] = {
        s->issued,
        s->nonces,
        s->limited,
        s->unrecorded,
        steward_unready(s, now) == NULL,
        (uint64_t)s->signer.not_after,
        store_count(s->store),
        s->reloads,
        (uint64_t)next,
        next != 0 && next - now < COLLATERAL_ALARM,
        server.open,
        server.accepted,
        server.refused,
        server.late,
    };
    _Static_assert(ARRAY_COUNT(values) == ARRAY_COUNT(numbers), "a value for each");
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
        fprintf(out,
                "# HELP enarx_steward_%s %s\n# TYPE enarx_steward_%s %s\nenarx_steward_%s %" PRIu64
                "\n",
                numbers[i].name, numbers[i].help, numbers[i].name, numbers[i].type, numbers[i].name,
                values[i]);
}

static void put_refusals(FILE *out, const struct steward *s)
{
    static const char name[] = "enarx_steward_applications_refused_total";
    fprintf(out, "# HELP %s Applications refused, by the check.\n# TYPE %s counter\n", name, name);
    for (int i = STEWARD_PASSED + 1; i < STEWARD_CHECK_COUNT; i++)
        fprintf(out, "%s{check=\"%s\"} %" PRIu64 "\n", name,
                steward_check_name((enum steward_check)i), s->refused[i]);
}

char *steward_metrics(const struct steward *s, int64_t now, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (out == NULL)
        return NULL;
    put_numbers(out, s, now);
    put_refusals(out, s);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
