/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent counts, in the text format of Prometheus [Prometheus 0.0.4]. */
#include "svc/agent/agent_parts.h"

#include "host/clock.h"
#include "svc/agent/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void begin(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    begin(out, name, type, help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

/* ---- keeps ---- */

static uint64_t count_keeps(const struct agent *a, const struct backend *backend,
                            enum hosted_state state)
{
    uint64_t count = 0;
    for (const struct hosted *h = a->keeps.list; h != NULL; h = h->next)
        count += h->exit.fd >= 0 && h->backend == backend && hosted_state(h) == state;
    return count;
}

static void put_keeps(FILE *out, const struct agent *a)
{
    static const char *const states[] = {"starting", "ready", "attached", "ending"};
    static const char name[] = "enarx_agent_keeps";
    begin(out, name, "gauge", "Keeps that have a process.");
    for (size_t i = 0; i < a->config->backend_count; i++) {
        for (unsigned s = 0; s < ARRAY_COUNT(states); s++)
            fprintf(out, "%s{backend=\"%s\",state=\"%s\"} %" PRIu64 "\n", name,
                    a->config->backends[i]->name, states[s],
                    count_keeps(a, a->config->backends[i], (enum hosted_state)s));
    }
}

/* Of keeps that are remembered, and those before them. */
static struct keep_numbers sum(const struct agent *a, uint64_t *sessions)
{
    struct keep_numbers n = a->keeps.numbers;
    *sessions = 0;
    for (const struct hosted *h = a->keeps.list; h != NULL; h = h->next) {
        n.received += h->received;
        n.sent += h->sent;
        *sessions += h->sessions;
    }
    return n;
}

static void put_totals(FILE *out, const struct agent *a)
{
    uint64_t sessions;
    const struct keep_numbers n = sum(a, &sessions);
    put(out, "enarx_agent_keeps_limit", "gauge", "Keeps that there may be.", a->config->keeps_max);
    put(out, "enarx_agent_keeps_created_total", "counter", "Keeps whose process was started.",
        n.created);
    put(out, "enarx_agent_keeps_refused_total", "counter", "Keeps that could not be started.",
        n.failed);
    put(out, "enarx_agent_keeps_ended_total", "counter", "Keeps whose process is gone.", n.ended);
    put(out, "enarx_agent_sessions", "gauge", "Channels that are open.", sessions);
    put(out, "enarx_agent_sessions_total", "counter", "Channels that were opened.", n.sessions);
    put(out, "enarx_agent_received_bytes_total", "counter", "Bytes from owners to keeps.",
        n.received);
    put(out, "enarx_agent_sent_bytes_total", "counter", "Bytes from keeps to owners.", n.sent);
}

/* ---- what keeps open ---- */

static void put_streams(FILE *out, const struct agent *a)
{
    static const char name[] = "enarx_agent_streams_total";
    static const char *const kinds[USHER_KINDS] = {[USHER_LISTEN] = "listen",
                                                   [USHER_CONNECT] = "connect",
                                                   [USHER_NONCE] = "nonce",
                                                   [USHER_CERTIFICATE] = "certificate"};
    static const char *const results[STREAM_RESULTS] = {
        [STREAM_OPENED] = "opened", [STREAM_REFUSED] = "refused", [STREAM_FAILED] = "failed"};
    begin(out, name, "counter", "What keeps asked to listen on, to connect to, or of stewards.");
    for (unsigned k = USHER_LISTEN; k < USHER_KINDS; k++) {
        for (unsigned r = 0; r < STREAM_RESULTS; r++)
            fprintf(out, "%s{kind=\"%s\",result=\"%s\"} %" PRIu64 "\n", name, kinds[k], results[r],
                    a->streams.counts[k][r]);
    }
}

/* ---- the server ---- */

static void put_requests(FILE *out, const struct agent *a)
{
    static const char name[] = "enarx_agent_requests_total";
    begin(out, name, "counter", "Requests by the class of their answer.");
    for (unsigned i = 1; i < STATUS_CLASSES; i++)
        fprintf(out, "%s{status=\"%uxx\"} %" PRIu64 "\n", name, i, a->requests[i]);
}

static void put_connections(FILE *out, const struct agent *a)
{
    const struct server_numbers n = server_numbers(a->server);
    put(out, "enarx_agent_connections", "gauge", "Connections that are open.", n.open);
    put(out, "enarx_agent_connections_total", "counter", "Connections that were accepted.",
        n.accepted);
    put(out, "enarx_agent_connections_refused_total", "counter",
        "Connections over what one address may have, or for want of memory.", n.refused);
    put(out, "enarx_agent_handshakes_failed_total", "counter",
        "Connections that ended before their TLS handshake did.", n.insecure);
    put(out, "enarx_agent_connections_late_total", "counter",
        "Connections that were ended because their client took too long.", n.late);
}

/* ---- the process ---- */

static void put_process(FILE *out, const struct agent *a)
{
    begin(out, "enarx_agent_build_info", "gauge", "1, for its labels.");
    fprintf(out, "enarx_agent_build_info{version=\"%s\",measurement=\"%s\"} 1\n", ENARX_VERSION,
            a->config->measurement == NULL ? "" : a->config->measurement);
    put(out, "enarx_agent_draining", "gauge", "1 when it is about to end.", a->draining);
    put(out, "enarx_agent_uptime_seconds", "gauge", "Since it was started.",
        (clock_ms() - a->started_ms) / 1000);
    put(out, "enarx_agent_log_dropped", "gauge", "Lines of its log that nobody has read.",
        a->audit.dropped);
    put(out, "process_resident_memory_bytes", "gauge", "Memory of the agent itself.",
        memory_of_agent());
}

char *agent_metrics(const struct agent *a)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    put_process(out, a);
    put_keeps(out, a);
    put_totals(out, a);
    put_streams(out, a);
    put_requests(out, a);
    put_connections(out, a);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
