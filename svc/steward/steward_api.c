/* SPDX-License-Identifier: Apache-2.0 */
/* What the steward answers. Trusts nothing that it is asked. */
#define _GNU_SOURCE
#include "svc/steward/steward_parts.h"

#include "base/der.h"
#include "crypto/pem.h"
#include "host/clock.h"
#include "net/steward_client.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX (CHAIN_SIZE_MAX + BUNDLE_MAX * CERTIFICATE_MAX + 64u)
#define PEM_ROOM   (2 * CHAIN_SIZE_MAX)
#define RETRY      "1" /* seconds */

/* ---- answers ---- */

static void answer_bytes(struct server_response *r, const char *type, struct bytes body)
{
    char *copy = malloc(body.size + 1);
    if (copy == NULL) {
        server_refuse(r, 500, "out of memory");
        return;
    }
    memcpy(copy, body.data, body.size);
    *r = (struct server_response){.status = 200, .type = type, .body = copy, .size = body.size};
}

static unsigned status_of(enum steward_check check)
{
    switch (check) {
    case STEWARD_request_form:
    case STEWARD_claims_form:
    case STEWARD_names_form:
        return 400;
    case STEWARD_evidence_form:
        return 401;
    case STEWARD_order_rate:
        return 429;
    case STEWARD_order_authority:
        return 503;
    default:
        return 403;
    }
}

static void answer_refusal(const struct steward *s, struct server_response *r)
{
    const struct decision *d = &s->decision;
    const struct check_info *evidence =
        d->check == STEWARD_evidence_accepted ? check_info(d->result.reason) : NULL;
    server_answer(r, status_of(d->check),
                  json_pack("{s:s, s:s, s:s*, s:s*}", "error", steward_check_reason(d->check),
                            "check", steward_check_name(d->check), "evidence",
                            evidence == NULL ? NULL : evidence->name, "evidence_reason",
                            evidence == NULL ? NULL : evidence->reason));
}

/* ---- one application ---- */

/* The certificate, behind what `out` holds; or the response is a refusal. */
static bool apply(struct steward *s, const struct server_request *q, struct bytes der,
                  struct put *out, struct server_response *r)
{
    const size_t before = out->size;
    const int64_t now = (int64_t)time(NULL);
    struct decision *d = &s->decision;
    int error = decide(&s->judge, der, now, d);
    if (error == 0 && d->check == STEWARD_PASSED)
        d->check = signer_sign(&s->signer, &d->order, out, &error);
    s->failed = s->failed || error == -EPIPE;
    struct audit_entry entry = {
        .time = now, .from = q->from, .decision = d, .policy = s->judge.policy};
    if (error == 0 && !out->bad && d->check == STEWARD_PASSED)
        entry.cert = (struct bytes){out->data + before, out->size - before};
    const int recorded = error < 0 ? error : audit_put(&s->audit, &entry);
    if (recorded < 0) {
        s->failed = s->failed || (error == 0 && recorded != -EAGAIN);
        s->unrecorded += recorded == -EAGAIN;
        server_refuse(r, 503, "the steward cannot answer now; try again later");
        return false;
    }
    if (entry.cert.size > 0) {
        s->issued++;
        return true;
    }
    s->refused[d->check]++;
    answer_refusal(s, r);
    return false;
}

static void apply_for_one(struct steward *s, const struct server_request *q,
                          struct server_response *r)
{
    static uint8_t room[CERTIFICATE_MAX], answer[ANSWER_MAX];
    struct put cert = put_init(room, sizeof(room)), out = put_init(answer, sizeof(answer));
    if (!apply(s, q, q->body, &cert, r))
        return;
    answer_put_path(&out, s->signer.certs, s->signer.cert_count, put_done(&cert));
    answer_bytes(r, STEWARD_TYPE_PATH, put_done(&out));
}

/* All or none. */
static void apply_for_many(struct steward *s, const struct server_request *q,
                           struct server_response *r)
{
    static uint8_t room[BUNDLE_MAX][CERTIFICATE_MAX], answer[ANSWER_MAX];
    struct bytes requests[BUNDLE_MAX], issued[BUNDLE_MAX];
    struct put out = put_init(answer, sizeof(answer));
    const size_t count = der_parse_list(q->body, requests, BUNDLE_MAX);
    if (count == 0) {
        server_refuse(r, 400, "this is no bundle of 1 to %u certificate requests", BUNDLE_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct put cert = put_init(room[i], sizeof(room[i]));
        if (!apply(s, q, requests[i], &cert, r))
            return;
        issued[i] = put_done(&cert);
    }
    answer_put_bundle(&out, s->signer.certs, s->signer.cert_count, issued, count);
    answer_bytes(r, TYPE_BUNDLE, put_done(&out));
}

static bool type_is(const char *type, const char *wanted)
{
    const size_t length = strlen(wanted);
    return type != NULL && strncasecmp(type, wanted, length) == 0 &&
           (type[length] == '\0' || type[length] == ';' || type[length] == ' ');
}

bool steward_records(struct steward *s)
{
    const int error = audit_flush(&s->audit);
    s->failed = s->failed || (error < 0 && error != -EAGAIN);
    return error == 0;
}

static void put_off(struct server_response *r, unsigned status, const char *why)
{
    server_refuse(r, status, "%s", why);
    r->name = "Retry-After";
    r->value = RETRY;
}

static void post_application(void *context, const struct server_request *q,
                             struct server_response *r)
{
    struct steward *s = context;
    const char *type = server_header(q, "Content-Type");
    const bool bundle = s->judge.legacy && type_is(type, TYPE_BUNDLE);
    if (s->failed) {
        server_refuse(r, 503, "the steward ends");
    } else if (!bundle && !type_is(type, STEWARD_TYPE_REQUEST)) {
        server_refuse(r, 415, "send a certificate request as %s", STEWARD_TYPE_REQUEST);
    } else if (!bundle && q->body.size > APPLICATION_MAX) {
        server_refuse(r, 413, "a request has at most %u bytes", APPLICATION_MAX);
    } else if (!rate_take(&s->rate, clock_ms())) {
        s->limited++;
        put_off(r, 429, "too many requests for now; try again in a second");
    } else if (!steward_records(s)) {
        s->unrecorded++;
        put_off(r, 503, "the steward cannot record what it does now; try again later");
    } else if (bundle) {
        apply_for_many(s, q, r);
    } else {
        apply_for_one(s, q, r);
    }
}

/* ---- the rest ---- */

static void get_nonce(void *context, const struct server_request *q, struct server_response *r)
{
    struct steward *s = context;
    uint8_t random[NONCE_RANDOM_SIZE], nonce[NONCE_SIZE];
    (void)q;
    if (RAND_bytes(random, sizeof(random)) != 1 ||
        nonce_make(s->judge.nonce_key, (int64_t)time(NULL), random, nonce) < 0) {
        server_refuse(r, 500, "no random numbers");
        return;
    }
    s->nonces++;
    answer_bytes(r, "application/octet-stream", (struct bytes){nonce, sizeof(nonce)});
}

static void get_authority(void *context, const struct server_request *q, struct server_response *r)
{
    static char text[PEM_ROOM];
    const struct steward *s = context;
    struct put out = put_init(text, sizeof(text));
    (void)q;
    for (size_t i = 0; i < s->signer.cert_count; i++)
        pem_put(&out, "CERTIFICATE", s->signer.certs[i]);
    answer_bytes(r, "application/x-pem-file", put_done(&out));
}

static void get_health(void *context, const struct server_request *q, struct server_response *r)
{
    (void)context, (void)q;
    server_answer(r, 200, json_pack("{s:b}", "alive", true));
}

const char *steward_unready(const struct steward *s, int64_t now)
{
    const int64_t next = store_next_update(s->store);
    if (s->failed)
        return "it can sign or record no more";
    if (!audit_takes(s->audit.fd))
        return "nobody reads its audit log, which is full";
    if (now >= s->signer.not_after)
        return "the authority's certificate has expired";
    if (store_folder(s->store) >= 0 && store_count(s->store) == 0)
        return "the folder of collateral is empty";
    if (next != 0 && next <= now)
        return "collateral has expired; fetch it anew";
    return NULL;
}

static void get_readiness(void *context, const struct server_request *q, struct server_response *r)
{
    const struct steward *s = context;
    const int64_t now = (int64_t)time(NULL);
    const char *why = steward_unready(s, now);
    const int64_t next = store_next_update(s->store);
    (void)q;
    if (why != NULL)
        server_refuse(r, 503, "not ready: %s", why);
    else
        server_answer(r, 200,
                      json_pack("{s:b, s:I, s:b}", "ready", true, "collateral_next_update",
                                (json_int_t)next, "collateral_alarm",
                                next != 0 && next - now < COLLATERAL_ALARM));
}

static void get_metrics(void *context, const struct server_request *q, struct server_response *r)
{
    size_t size = 0;
    char *text = steward_metrics(context, (int64_t)time(NULL), &size);
    (void)q;
    if (text == NULL) {
        server_refuse(r, 500, "out of memory");
        return;
    }
    *r = (struct server_response){
        .status = 200, .type = "text/plain; version=0.0.4", .body = text, .size = size};
}

#define ROUTES(request_max)                                                           \
    {                                                                                 \
        {"POST", "/", (request_max), post_application}, {"GET", "/", 0, get_health},  \
            {"GET", "/nonce", 0, get_nonce}, {"GET", "/ca", 0, get_authority},        \
            {"GET", "/healthz", 0, get_health}, {"GET", "/readyz", 0, get_readiness}, \
            {"GET", "/metrics", 0, get_metrics},                                      \
    }

const struct server_route steward_routes[STEWARD_ROUTES] = ROUTES(APPLICATION_MAX);
const struct server_route steward_routes_legacy[STEWARD_ROUTES] =
    ROUTES(BUNDLE_MAX * APPLICATION_MAX);
