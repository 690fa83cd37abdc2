/* SPDX-License-Identifier: Apache-2.0 */
/* Network streams; see network.h. Trusts the manifest, which is the workload's own. */
#include "exec/network.h"

#include "conf/manifest_check.h"
#include "exec/check.h"
#include "exec/peer_policy.h"
#include "exec/port.h"
#include "exec/report.h"
#include "exec/stream.h"
#include "exec/tls_listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int told(int error, const char *what)
{
    if (error < 0)
        report(PORT_LOG_ERROR, "cannot prepare %s: %s", what, strerror(-error));
    return error;
}

/* ---- what all TLS streams share ---- */

/* TLS goes on in every wait; the rest is for the surroundings. */
static int wait(void *context, struct wait_row *rows, size_t count, uint64_t timeout_ns)
{
    struct network *n = context;
    return wait_for(&n->streams.company, rows, count, timeout_ns);
}

static uint64_t now(void *context, bool monotonic)
{
    const struct network *n = context;
    return n->outer.now(n->outer.context, monotonic);
}

static void serve(void *context)
{
    struct network *n = context;
    if (n->outer.serve != NULL)
        n->outer.serve(n->outer.context);
    if (n->enrols)
        enrolment_look(&n->enrolment);
}

/* A host that has none, or not enough, only makes peers be refused. */
static void fetch_collateral(struct network *n)
{
    struct bytes blob;
    const size_t most = CHECKED(network_collateral, COLLATERAL_BLOB_MAX, SIZE_MAX);
    if (port_fetch(PORT_BLOB_COLLATERAL, most, &blob) == 0 &&
        collateral_blob_parse(blob, &n->collateral) < 0)
        report(PORT_LOG_WARN, "the host's collateral is malformed");
}

static int make_policies(struct network *n)
{
    const struct manifest *m = n->manifest;
    if (m->policy_count > 0)
        fetch_collateral(n);
    for (size_t i = 0; i < m->policy_count; i++) {
        const int error = peer_policy_init(&n->policies[i], m->policies[i], &n->certificate.claims,
                                           &n->collateral);
        if (error == -ENOTSUP)
            report(PORT_LOG_ERROR, "a policy says measurement = \"self\", and this keep has none "
                                   "that could be proved, or its tees leave out this kind; use "
                                   "another backend");
        if (error < 0)
            return error == -ENOTSUP ? error : told(error, "the policy of a stream");
    }
    return 0;
}

static int make_roots(struct network *n)
{
    const struct manifest *m = n->manifest;
    for (size_t i = 0; i < m->ca_count; i++) {
        const int error = tls_roots_new(m->cas[i], &n->roots[i]);
        if (error < 0)
            return told(error, "the CA certificates of a stream");
    }
    return 0;
}

/* ---- who this keep is ---- */

static int show(void *context, const struct tls_identity *identity)
{
    struct network *n = context;
    const struct manifest *m = n->manifest;
    int error = 0;
    for (size_t i = 0; error == 0 && i < m->stream_count; i++) {
        if (n->contexts[i] != NULL && m->streams[i].tls.verify != VERIFY_ATTESTED)
            error = tls_context_set_identity(n->contexts[i], identity);
    }
    return error;
}

/* Without evidence there is nothing that a steward could go by. */
static int enrol(struct network *n, const struct wait_company **company)
{
    const struct manifest *m = n->manifest;
    if (m->steward.size == 0)
        return 0;
    if (!n->certificate.claims.decoded) {
        report(PORT_LOG_WARN,
               "this kind of keep can prove nothing to the steward %.*s, which is not asked: TLS "
               "shows a certificate that the keep signed itself",
               (int)m->steward.size, (const char *)m->steward.data);
        return 0;
    }
    const struct enrolment_config config = {
        .steward = m->steward,
        .roots = n->roots[m->steward_ca],
        .certificate = &n->certificate,
        .before = *company,
        .show = show,
        .context = n,
    };
    const int error = enrolment_init(&n->enrolment, &config);
    if (error < 0)
        return told(error, "a certificate");
    n->enrols = true;
    *company = &n->enrolment.company;
    return enrolment_first(&n->enrolment);
}

static const struct tls_identity *own_of(const struct network *n, const struct manifest_tls *t)
{
    return n->enrols && t->verify != VERIFY_ATTESTED ? &n->enrolment.own : &n->certificate.own;
}

/* ---- contexts ---- */

static int make_context(struct network *n, size_t index)
{
    const struct manifest_tls *t = &n->manifest->streams[index].tls;
    const struct manifest_stream *s = &n->manifest->streams[index];
    const struct bytes host = t->server_name.size > 0 ? t->server_name : s->host;
    char *name = strndup((const char *)host.data, host.size);
    if (name == NULL)
        return told(-ENOMEM, "TLS");
    const bool attested = t->verify == VERIFY_ATTESTED;
    const struct tls_config config = {
        .server = s->kind == STREAM_LISTEN,
        .own = own_of(n, t),
        .ask_client = CHECKED(network_optional, t->clients == CLIENTS_OPTIONAL, false),
        .require_client = CHECKED(network_required, t->clients == CLIENTS_REQUIRED, false),
        .protocols = CHECKED(network_protocols, t->alpn, (struct bytes){0}),
        .server_name = CHECKED(network_name, s->kind == STREAM_CONNECT, false) ? name : NULL,
        .roots = CHECKED(network_roots, t->verify == VERIFY_CA, false) ? n->roots[t->trust] : NULL,
        .judge = CHECKED(network_attested, attested, false) ? peer_policy_judge : NULL,
        .judge_context = attested ? &n->policies[t->trust] : NULL,
    };
    const int error = tls_context_new(&config, &n->contexts[index]);
    free(name);
    return told(error, "TLS");
}

static int prepare(struct network *n, const uint8_t *digest, const struct wait_company *company)
{
    const struct manifest *m = n->manifest;
    const struct keep_subject subject = {digest, m->cert_names, m->cert_name_count};
    n->policies = calloc(m->policy_count + 1, sizeof(*n->policies));
    n->roots = calloc(m->ca_count + 1, sizeof(struct tls_roots *));
    n->contexts = calloc(m->stream_count + 1, sizeof(struct tls_context *));
    if (n->policies == NULL || n->roots == NULL || n->contexts == NULL)
        return told(-ENOMEM, "TLS");
    int error = keep_certificate_init(&n->certificate, &subject);
    if (error < 0)
        return told(error, "the certificate of this keep");
    error = make_roots(n);
    if (error == 0)
        error = make_policies(n);
    if (error == 0)
        error = enrol(n, &company);
    tls_streams_init(&n->streams, company);
    for (size_t i = 0; error == 0 && i < m->stream_count; i++) {
        if (manifest_stream_is_tls(&m->streams[i]))
            error = make_context(n, i);
    }
    return error;
}

int network_init(struct network *n, const struct manifest *manifest, const uint8_t *digest,
                 const struct wasi_host *outer)
{
    *n = (struct network){.manifest = manifest, .outer = *outer, .host = *outer};
    n->speaks_tls = manifest_count_tls(manifest->streams, manifest->stream_count) > 0;
    if (!n->speaks_tls)
        return 0;
    const int error = prepare(n, digest, outer->context);
    n->host = (struct wasi_host){.wait = wait,
                                 .now = now,
                                 .serve = outer->serve != NULL || n->enrols ? serve : NULL,
                                 .stop = outer->stop,
                                 .context = n};
    return error;
}

/* ---- one stream ---- */

static const char *hint(const struct manifest_tls *t, int error)
{
    if (error == -ETIMEDOUT || error == -ECONNABORTED)
        return "does a server of TLS 1.3 listen there, and take this client?";
    return t->verify == VERIFY_ATTESTED
               ? "if that is the right one, its policy has to say so"
               : "if that is the right one, set its CA with ca and its name with server_name";
}

static int explain(const struct manifest_stream *s, const struct tls_stream *t, int error)
{
    const char *why = tls_session_why(t->wire.tls);
    if (error == -ETIMEDOUT)
        why = "no end of the handshake within 10 s";
    report(PORT_LOG_ERROR, "stream %.*s (%.*s, port %u): no TLS: %s; %s", (int)s->name.size,
           (const char *)s->name.data, (int)s->host.size, (const char *)s->host.data, s->port,
           why[0] != '\0' ? why : strerror(-error), hint(&s->tls, error));
    return error;
}

static int connect_tls(struct network *n, size_t index, int64_t handle, struct object **out)
{
    struct tls_stream *s;
    int error = told(tls_stream_new(&n->streams, n->contexts[index], handle, &s), "a stream");
    if (error < 0)
        return error;
    error = tls_stream_connect(s);
    if (error < 0) {
        explain(&n->manifest->streams[index], s, error);
        tls_stream_drop(s);
        return error;
    }
    *out = &s->waiter.object;
    return 0;
}

static struct object *listen_on(struct network *n, size_t index, int64_t handle)
{
    return n->contexts == NULL || n->contexts[index] == NULL
               ? stream_new_listener(handle)
               : tls_listener_new(&n->streams, n->contexts[index], handle);
}

/* ---- what only the host can open ---- */

#define OPEN_NS       30000000000u /* in all: names are looked up, and hosts may be slow */
#define OPEN_STEP_NS  1000000u     /* between two questions, at first */
#define OPEN_STEPS_NS 50000000u    /* and at last */

/* As the host is asked and users write it. */
struct place_text {
    char text[PORT_ENDPOINT_MAX + 1];
    size_t length;
};

static int put_place(const struct manifest_stream *s, struct place_text *p)
{
    const bool six = memchr(s->host.data, ':', s->host.size) != NULL;
    const int length = snprintf(p->text, sizeof(p->text), six ? "[%.*s]:%u" : "%.*s:%u",
                                (int)s->host.size, (const char *)s->host.data, s->port);
    p->length = (size_t)length;
    return length > 0 && p->length < sizeof(p->text) ? 0 : -ENAMETOOLONG;
}

/* Asks until the host is done with it; meanwhile others are served, as in every wait. The host
 * of a local run has opened all there is, and is told nothing. */
static int64_t open_at_host(const struct network *n, size_t index, const struct place_text *p)
{
    const bool listens = n->manifest->streams[index].kind == STREAM_LISTEN;
    const struct bytes place = {(const uint8_t *)p->text, port_deploys() ? p->length : 0};
    const uint64_t start = port_now(true);
    for (uint64_t step = OPEN_STEP_NS;; step = step < OPEN_STEPS_NS ? 2 * step : step) {
        const int64_t handle = listens ? port_listen(index, place) : port_connect(index, place);
        if (handle != -EAGAIN)
            return handle;
        const int error = n->host.wait(n->host.context, NULL, 0, step);
        if (error < 0)
            return error;
        if (!CHECK(network_patience, port_now(true) - start < OPEN_NS))
            return -ETIMEDOUT;
    }
}

static const char *why_not(int error)
{
    switch (error) {
    case -EADDRINUSE:
        return "another program of the host, or another keep, listens there";
    case -EADDRNOTAVAIL:
        return "the host has no such address; \"::\" stands for all that it has";
    case -ECONNREFUSED:
        return "nothing listens there; is it running?";
    case -EHOSTUNREACH:
        return "the host finds no such address, or no way to it";
    case -ETIMEDOUT:
        return "nobody answered in time";
    case -EMFILE:
        return "this is more than one keep may open on the host";
    case -ENOSYS:
        return "the host opens no streams for keeps";
    default:
        return strerror(-error);
    }
}

/* Below 1024 the host's own system has a say too. */
static void explain_listen_refused(const struct manifest_stream *s, const char *place)
{
    report(PORT_LOG_ERROR,
           "stream %.*s: the host does not let keeps listen on %s: its operator allows that with "
           "'enarx host --allow-listen %u'%s",
           (int)s->name.size, (const char *)s->name.data, place, s->port,
           s->port < 1024 ? ", run as root" : "");
}

static int explain_closed(const struct manifest_stream *s, const char *place, int error)
{
    const bool listens = s->kind == STREAM_LISTEN;
    if (error == -EACCES && listens)
        explain_listen_refused(s, place);
    else if (error == -EACCES)
        report(PORT_LOG_ERROR,
               "stream %.*s: the host does not let keeps connect to %s: its operator allows that "
               "with 'enarx host --allow-connect %s'",
               (int)s->name.size, (const char *)s->name.data, place, place);
    else
        report(PORT_LOG_ERROR, "stream %.*s: cannot %s %s: %s", (int)s->name.size,
               (const char *)s->name.data, listens ? "listen on" : "connect to", place,
               why_not(error));
    return error;
}

int network_open(struct network *n, size_t index, struct object **out)
{
    const struct manifest_stream *s = &n->manifest->streams[index];
    const bool listens = s->kind == STREAM_LISTEN;
    struct place_text place = {.length = 0};
    const int error = put_place(s, &place);
    const int64_t handle = error < 0 ? error : open_at_host(n, index, &place);
    if (handle < 0)
        return explain_closed(s, place.text, (int)handle);
    if (!listens && manifest_stream_is_tls(s))
        return connect_tls(n, index, handle, out);
    *out = listens ? listen_on(n, index, handle) : stream_new_connection(handle);
    return *out == NULL ? told(-ENOMEM, "a stream") : 0;
}

void network_end(struct network *n)
{
    if (n->speaks_tls)
        tls_streams_end(&n->streams);
}
